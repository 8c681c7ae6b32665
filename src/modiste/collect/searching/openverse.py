"""Openverse: pictures under Creative Commons licences and in the public domain (https://docs.openverse.org/api/).

Without an account it answers 20 requests a minute and 200 a day, with 20 results each. ``OPENVERSE_TOKEN`` may hold the
access token of a registered application: 100 requests a minute and 10,000 a day, with up to 50 results each. Either way
a search ends after 240 results: who asks for more, of a page or of a search, is answered 401. The source of these
figures, and of the names of parameters and fields, is Openverse's own code: ``restricted_features.py``,
``licenses.py``, ``media_serializers.py`` and the settings of its REST framework.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from modiste.collect.searching.providers import Found, Page, PageRequest
from modiste.errors import SourceError, UnknownNameError
from modiste.readers.cells import is_url

__all__ = ["LICENCES", "LICENCE_TYPES", "TOKEN_VARIABLE", "Openverse"]

LICENCES = ("by", "by-nc", "by-nc-nd", "by-nc-sa", "by-nd", "by-sa", "cc0", "nc-sampling+", "pdm", "sampling+")
LICENCE_TYPES = ("all", "all-cc", "commercial", "modification")
TOKEN_VARIABLE = "OPENVERSE_TOKEN"  # noqa: S105  (the name, not the token)
_ADDRESS = "https://api.openverse.org/v1/images/"
_META = (
    *("id", "license", "license_version", "license_url", "creator", "creator_url", "attribution"),
    *("foreign_landing_url", "provider", "source"),
)
_DEPTH = 240  # results of a search
_ANONYMOUS_SIZE, _SIZE = 20, 48  # the largest allowed parts of the depth: with 50, the last page would reach beyond it
_ANONYMOUS_INTERVAL, _INTERVAL = 3.0, 0.6  # seconds: 20 and 100 requests a minute
_LONGEST_TERM = 200


@dataclass(frozen=True)
class Openverse:
    """Openverse's image search.

    Args:
        licences: Only these, such as ``("cc0", "by")``; all by default.
        licence_types: Only licences that allow all of these: ``"commercial"`` use, ``"modification"``.
        token: The access token of a registered application.
        address: Of the API.
        seconds: Between two requests; by default what Openverse allows.

    Raises:
        UnknownNameError: There is no such licence, or type of licence.

    Example:
        >>> Openverse(licences=("cc0",)).request_page("red dress", 0).address
        'https://api.openverse.org/v1/images/?q=red+dress&page=1&page_size=20&license=cc0'
    """

    licences: tuple[str, ...] = ()
    licence_types: tuple[str, ...] = ()
    token: str | None = None
    address: str = _ADDRESS
    seconds: float | None = None

    def __post_init__(self) -> None:
        for name in self.licences:
            if name not in LICENCES:
                raise UnknownNameError("licence of Openverse", name, LICENCES)
        for name in self.licence_types:
            if name not in LICENCE_TYPES:
                raise UnknownNameError("type of licence", name, LICENCE_TYPES)

    @classmethod
    def from_environment(cls, *, licences: tuple[str, ...] = (), licence_types: tuple[str, ...] = ()) -> Openverse:
        """Make the search with the token of the environment, if there is one."""
        return cls(licences, licence_types, os.environ.get(TOKEN_VARIABLE) or None)

    @property
    def name(self) -> str:
        """What it is called."""
        return "openverse"

    @property
    def interval(self) -> float:
        """Seconds between two requests."""
        if self.seconds is not None:
            return self.seconds
        return _INTERVAL if self.token else _ANONYMOUS_INTERVAL

    @property
    def _size(self) -> int:
        return _SIZE if self.token else _ANONYMOUS_SIZE

    def describe(self) -> dict[str, Any]:
        """Return all that changes what is found."""
        return {
            "--provider": self.name,
            "address": self.address,
            "--licences": list(self.licences),
            "--licence-types": list(self.licence_types),
        }

    def request_page(self, term: str, page: int) -> PageRequest:
        """Say how a page is asked for; the first one is 0."""
        query = {"q": term[:_LONGEST_TERM], "page": str(page + 1), "page_size": str(self._size)}
        query |= {"license": ",".join(self.licences)} if self.licences else {}
        query |= {"license_type": ",".join(self.licence_types)} if self.licence_types else {}
        headers = (("Authorization", f"Bearer {self.token}"),) if self.token else ()
        return PageRequest(f"{self.address}?{urlencode(query)}", headers)

    def read_page(self, content: Any, page: int) -> Page:
        """Understand an answer: ``page_count`` and ``results``.

        Raises:
            SourceError: It is not what Openverse answers.
        """
        results = content.get("results") if isinstance(content, Mapping) else None
        if not isinstance(results, list):
            raise SourceError("the answer is not Openverse's: it has no list of 'results'")
        found = tuple(_read_result(result) for result in results if _has_address(result))
        pages = content.get("page_count")
        is_last = not results or not isinstance(pages, int) or page + 1 >= min(pages, _DEPTH // self._size)
        return Page(found, is_last, len(results) - len(found))


def _has_address(result: Any) -> bool:
    return isinstance(result, Mapping) and isinstance(result.get("url"), str) and is_url(result["url"])


def _read_result(result: Mapping[str, Any]) -> Found:
    texts = {name: None if result.get(name) is None else str(result[name]) for name in (*_META, "title")}
    title = texts.pop("title")
    return Found(result["url"].strip(), title, texts)
