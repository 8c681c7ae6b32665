"""Any image search that answers with JSON, described in a TOML file."""

from __future__ import annotations

import os
import re
import string
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from modiste.collect.searching.providers import Found, Page, PageRequest
from modiste.errors import SourceError, UsageError
from modiste.readers.cells import is_url, to_text

__all__ = ["JsonSearch"]

_PLACES = frozenset({"term", "page", "offset", "size"})
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Paging(_Strict):
    size: int = Field(20, ge=1)
    first: int = 1
    pages: str | None = None


class _Fields(_Strict):
    results: str = ""
    address: str
    title: str | None = None
    meta: dict[str, str] = Field(default_factory=dict)


class _Description(_Strict):
    name: str = Field(min_length=1)
    address: str
    interval: float = Field(1.0, ge=0)
    parameters: dict[str, str]
    paging: _Paging = _Paging()
    headers: dict[str, str] = Field(default_factory=dict)
    fields: _Fields

    @field_validator("address")
    @classmethod
    def _check_address(cls, address: str) -> str:
        if not is_url(address) or urlsplit(address).query:
            raise ValueError("expected http:// or https:// and no query; it belongs into [parameters]")
        return address

    @field_validator("parameters")
    @classmethod
    def _check_places(cls, parameters: dict[str, str]) -> dict[str, str]:
        used = {name for text in parameters.values() for _, name, _, _ in string.Formatter().parse(text) if name}
        if used - _PLACES:
            raise ValueError(f"unknown {{{min(used - _PLACES)}}}; known are {{term}}, {{page}}, {{offset}}, {{size}}")
        if "term" not in used:
            raise ValueError("none of them holds {term}")
        return parameters


class JsonSearch:
    """An image search that a TOML file describes.

    ``address`` and ``parameters`` make a request: ``{term}``, ``{page}``, ``{offset}`` and ``{size}`` are filled in.
    ``fields`` says where things stand in the answer: names and numbers with dots between, such as ``data.items`` or
    ``urls.0.href``. ``${NAME}`` in a header is taken from the environment. docs/collecting.md has an example.

    Args:
        description: The TOML, as Python has it.

    Raises:
        UsageError: It says something wrong, or an environment variable is missing.
    """

    def __init__(self, description: Mapping[str, Any]) -> None:
        try:
            self._told = _Description.model_validate(description)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "it"
            raise UsageError(f"the description of the search is wrong: {place}: {first['msg']}") from error
        self._headers = tuple((name, _fill_in(text)) for name, text in self._told.headers.items())

    @classmethod
    def read(cls, path: Path) -> JsonSearch:
        """Read a TOML file.

        Raises:
            UsageError: There is no such file, it is no TOML, or says something wrong.
        """
        try:
            description = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(f"the search described in {path} can't be read: {error}") from error
        try:
            return cls(description)
        except UsageError as error:
            raise UsageError(f"{path}: {error}") from error

    @property
    def name(self) -> str:
        """What it is called."""
        return self._told.name

    @property
    def interval(self) -> float:
        """Seconds between two requests."""
        return self._told.interval

    def describe(self) -> dict[str, Any]:
        """Return all that changes what is found; headers, which may hold secrets, by their names only."""
        told = self._told.model_dump(mode="json", exclude={"interval", "headers"})
        return {"--provider": told, "headers": sorted(self._told.headers)}

    def request_page(self, term: str, page: int) -> PageRequest:
        """Say how a page is asked for; the first one is 0."""
        paging = self._told.paging
        places = {"term": term, "page": page + paging.first, "offset": page * paging.size, "size": paging.size}
        query = {name: text.format(**places) for name, text in self._told.parameters.items()}
        return PageRequest(f"{self._told.address}?{urlencode(query)}", self._headers)

    def read_page(self, content: Any, page: int) -> Page:
        """Understand an answer.

        Raises:
            SourceError: There is no list where the results should be.
        """
        fields, paging = self._told.fields, self._told.paging
        results = _find(content, fields.results)
        if not isinstance(results, list):
            raise SourceError(f"the answer of {self.name} has no list at {fields.results!r}")
        found = tuple(self._read_result(result) for result in results if is_url(_to_line(result, fields.address)))
        pages = None if paging.pages is None else _find(content, paging.pages)
        is_last = page + 1 >= pages if isinstance(pages, int) else len(results) < paging.size
        return Page(found, is_last or not results, len(results) - len(found))

    def _read_result(self, result: Any) -> Found:
        fields = self._told.fields
        title = None if fields.title is None else _to_line(result, fields.title) or None
        meta = {name: _to_line(result, path) or None for name, path in fields.meta.items()}
        return Found(_to_line(result, fields.address), title, meta)


def _find(content: Any, path: str) -> Any:
    """Return what stands at a path; None if nothing does."""
    for name in path.split(".") if path else []:
        if isinstance(content, Mapping):
            content = content.get(name)
        elif isinstance(content, list) and name.isdecimal() and int(name) < len(content):
            content = content[int(name)]
        else:
            return None
    return content


def _to_line(result: Any, path: str) -> str:
    value = _find(result, path)
    return "" if isinstance(value, (Mapping, list)) else to_text(value) or ""


def _fill_in(text: str) -> str:
    missing = [name for name in _VARIABLE.findall(text) if not os.environ.get(name)]
    if missing:
        raise UsageError(f"a header needs the environment variable {missing[0]}, which is not set")
    return _VARIABLE.sub(lambda match: os.environ[match[1]], text)
