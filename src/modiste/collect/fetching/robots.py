"""What the hosts ask of robots: their robots.txt, read once (RFC 9309)."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from typing import NamedTuple
from urllib.robotparser import RobotFileParser

from modiste.collect.fetching.addresses import Target, parse_address
from modiste.collect.fetching.answers import Answer, Moved, Refusal, choose_delay
from modiste.collect.fetching.download import USER_AGENT, Browser
from modiste.errors import PictureError

__all__ = ["RobotsRules", "Verdict"]

_MAX_BYTES = 512_000  # RFC 9309, section 2.5
_MAX_REDIRECTS = 5
_ATTEMPTS = 3
_RESTRICTION = re.compile(r"^\s*(disallow|crawl-delay)\s*:", re.IGNORECASE | re.MULTILINE)
_KEPT = 10_000
_LONGEST_DELAY = 30.0
_FORBIDDEN = "the host's robots.txt forbids it; add --ignore-robots if you may fetch it all the same"
_UNREADABLE = "the host's robots.txt can't be read, and that forbids everything: {reason}; or add --ignore-robots"


class Verdict(NamedTuple):
    """What a host says about an address.

    Args:
        refusal: Why it must not be fetched, or None if it may be.
        delay: Seconds between two requests that the host asks for, at most 30; 0 where it asks for none.
    """

    refusal: Refusal | None
    delay: float = 0.0


_ALLOWED = Verdict(None)
_Rules = RobotFileParser | Refusal | None  # None where nothing is restricted


class RobotsRules:
    """Remembers what the robots.txt of each host says.

    Args:
        browser: Fetches them.
        back_off: Seconds before a second attempt at one.
    """

    def __init__(self, browser: Browser, *, back_off: float) -> None:
        self._browser = browser
        self._back_off = back_off
        self._known: OrderedDict[str, asyncio.Future[_Rules]] = OrderedDict()

    async def check(self, target: Target) -> Verdict:
        """Say whether an address may be fetched, and how often its host."""
        rules = await self._find(target)
        if rules is None:
            return _ALLOWED
        if isinstance(rules, Refusal):
            return Verdict(rules)
        if not rules.can_fetch(USER_AGENT, target.url):
            return Verdict(Refusal(_FORBIDDEN))
        return Verdict(None, min(float(rules.crawl_delay(USER_AGENT) or 0), _LONGEST_DELAY))

    async def _find(self, target: Target) -> _Rules:
        known = self._known.get(target.origin)
        if known is None:
            known = self._known[target.origin] = asyncio.ensure_future(self._fetch(target.origin))
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        # Shielded, because others wait for the same answer.
        return known.result() if known.done() else await asyncio.shield(known)

    async def _fetch(self, origin: str) -> _Rules:
        found = await self._follow(f"{origin}/robots.txt")
        for attempt in range(1, _ATTEMPTS):
            if not (isinstance(found, Refusal) and found.again):
                break
            await asyncio.sleep(choose_delay(attempt, base=self._back_off))
            found = await self._follow(f"{origin}/robots.txt")
        if isinstance(found, Refusal) and found.again:
            return Refusal(_UNREADABLE.format(reason=found.reason))
        # Section 2.3.1.3: a host without the file, or one that refuses it, allows everything.
        text = found.data.decode("utf-8", "replace") if isinstance(found, Answer) else ""
        if not _RESTRICTION.search(text):
            return None
        rules = RobotFileParser()
        rules.parse(text.splitlines())
        return rules

    async def _follow(self, address: str) -> Answer | Refusal:
        url = address
        for _ in range(1 + _MAX_REDIRECTS):
            try:
                target = parse_address(address, base=url)
            except PictureError as error:
                return Refusal(str(error))
            found = await self._browser.get(target, max_bytes=_MAX_BYTES)
            if not isinstance(found, Moved):
                return found
            address, url = found.address, target.url
        return Refusal("too many redirects")
