"""Asking a provider page by page, with its manners and its faults, until a term has enough pictures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from modiste.collect.event_loop import run_to_end
from modiste.collect.fetching.addresses import parse_address
from modiste.collect.fetching.answers import Answer, Moved, Refusal, choose_delay
from modiste.collect.fetching.download import Browser
from modiste.collect.searching.providers import Found, Page, PageRequest, Provider
from modiste.errors import PictureError, SourceError, UsageError
from modiste.readers.json_text import parse_json

__all__ = ["Searcher", "TermResult"]

_MAX_BYTES = 20_000_000
_TIMEOUT = 60.0
_ATTEMPTS = 5
_PATIENCE = 180.0  # seconds; whoever is asked to wait longer had better come back
_MAX_PAGES = 1000
_REFUSED_PAGE = ("400 ", "404 ", "410 ", "416 ", "422 ")


@dataclass(frozen=True)
class TermResult:
    """What a term found.

    Args:
        found: At most as many as were asked for, best first, each address once.
        remarks: What went wrong without ending the search.
    """

    found: tuple[Found, ...]
    remarks: tuple[str, ...]


class Searcher:
    """Asks one provider, one request after the other.

    Args:
        provider: The provider.
        allow_private: Whether it, or what it redirects to, may lie in a private network.
        back_off: Seconds before the second attempt at a page.
    """

    def __init__(self, provider: Provider, *, allow_private: bool, back_off: float = 1.0) -> None:
        self._provider = provider
        self._allow_private = allow_private
        self._back_off = back_off
        self._next = 0.0

    def search(self, term: str, count: int, *, advance: Callable[[int], None]) -> TermResult:
        """Find the first pictures of a term.

        Args:
            term: What is asked.
            count: How many pictures.
            advance: Told how many more are found.

        Raises:
            UsageError: The provider can't be reached, refuses, or answers something else; what was found for earlier
                terms is kept, so that the same command goes on.
        """
        return run_to_end(self._search(term, count, advance))

    async def _search(self, term: str, count: int, advance: Callable[[int], None]) -> TermResult:
        found: dict[str, Found] = {}
        remarks: list[str] = []
        async with Browser(
            allow_private=self._allow_private, max_bytes=_MAX_BYTES, timeout=_TIMEOUT, concurrency=1, obey=False
        ) as browser:
            for number in range(_MAX_PAGES):
                page = await self._load(browser, term, number)
                if isinstance(page, Refusal):
                    remarks.append(f"page {number + 1} was refused: {page.reason}")
                    break
                before = len(found)
                for item in page.found:
                    if len(found) < count:
                        found.setdefault(item.address, item)
                advance(len(found) - before)
                remarks += [f"{page.skipped} results without an address"] if page.skipped else []
                if page.is_last or len(found) >= count:
                    break
        return TermResult(tuple(found.values()), tuple(remarks))

    async def _load(self, browser: Browser, term: str, number: int) -> Page | Refusal:
        """Return a page, or a refusal that concerns this term or page only."""
        request = self._provider.request_page(term, number)
        for attempt in range(1, _ATTEMPTS + 1):
            await self._keep_distance()
            answer = await self._follow(browser, request)
            page = self._understand(answer, number) if isinstance(answer, Answer) else answer
            if isinstance(page, Page):
                return page
            if page.reason.removeprefix("the server answered ").startswith(_REFUSED_PAGE):
                return page
            if not page.again or attempt == _ATTEMPTS or (page.wait or 0) > _PATIENCE:
                raise UsageError(self._explain(page))
            await asyncio.sleep(max(page.wait or 0, choose_delay(attempt, base=self._back_off)))
        raise AssertionError("the last attempt returns or raises")

    async def _keep_distance(self) -> None:
        await asyncio.sleep(max(0.0, self._next - time.monotonic()))
        self._next = time.monotonic() + self._provider.interval

    async def _follow(self, browser: Browser, request: PageRequest) -> Answer | Refusal:
        """Send a request; a redirect is followed once, and to the same host only, because of the headers."""
        target = parse_address(request.address)
        answer = await browser.get(target, headers=request.headers)
        if isinstance(answer, Moved):
            try:
                moved = parse_address(answer.address, base=target.url)
            except PictureError as error:
                return Refusal(f"it redirects to a wrong place: {error}")
            if moved.origin != target.origin:
                return Refusal(f"it redirects to another host, {moved.host}")
            answer = await browser.get(moved, headers=request.headers)
        return Refusal("it redirects again and again") if isinstance(answer, Moved) else answer

    def _understand(self, answer: Answer, number: int) -> Page | Refusal:
        try:
            content: Any = parse_json(answer.data.decode("utf-8", "replace"))
            return self._provider.read_page(content, number)
        except ValueError:
            return Refusal("the answer is not JSON", again=True)
        except SourceError as error:
            return Refusal(str(error), again=True)

    def _explain(self, refusal: Refusal) -> str:
        name = self._provider.name
        wait = "" if refusal.wait is None else f", and asks to wait {refusal.wait / 60:.0f} minutes"
        return f"{name} can't be searched: {refusal.reason}{wait}. Later, the same command goes on where it stopped"
