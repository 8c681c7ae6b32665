"""Addresses of catalogues in Milvus."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from modiste.errors import UsageError

__all__ = ["INDEX_KINDS", "MilvusAddress"]

# The kinds of vector index, with what a search of each takes at least; what scores by shortened vectors is scored anew.
INDEX_KINDS: Final = ("FLAT", "HNSW", "IVF_FLAT", "IVF_SQ8", "DISKANN", "AUTOINDEX")
_FORM: Final = "milvus://HOST:PORT/NAME, or milvus:///FOLDER/FILE.db for Milvus Lite"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,200}")
_OPTIONS: Final = ("database", "index", "name", "secure")


@dataclass(frozen=True)
class MilvusAddress:
    """Where a catalogue in Milvus is kept.

    Args:
        uri: What pymilvus connects to: ``http://HOST:PORT``, or the path of a file of Milvus Lite.
        name: Of the collection.
        database: Of the server; "" is its default.
        index: The kind of vector index, when it is made: one of `INDEX_KINDS`.
        token: ``USER:PASSWORD``, or "".

    Example:
        >>> address = MilvusAddress.parse("milvus://10.0.0.7:19530/shop?index=DISKANN")
        >>> address.uri, address.name, address.index
        ('http://10.0.0.7:19530', 'shop', 'DISKANN')
        >>> MilvusAddress.parse("milvus:///data/shop.db").uri
        '/data/shop.db'
    """

    uri: str
    name: str
    database: str = ""
    index: str = "HNSW"
    token: str = field(default="", repr=False)

    @classmethod
    def parse(cls, text: str) -> MilvusAddress:
        """Read an address.

        Args:
            text: ``milvus://[USER:PASSWORD@]HOST[:PORT]/NAME[?index=KIND&database=NAME&secure=yes]``, or
                ``milvus:///FOLDER/FILE.db[?index=KIND&name=NAME]``.

        Raises:
            UsageError: It is none.
        """
        try:
            parts = urlsplit(text)
            port = parts.port or 19530
        except ValueError as error:
            raise UsageError(f"{text} is no address of Milvus ({error}); expected {_FORM}") from error
        options = _read_options(text, parts.query)
        if parts.scheme != "milvus" or parts.fragment:
            raise UsageError(f"{text} is no address of Milvus; expected {_FORM}")
        if parts.hostname is None:
            path = unquote(parts.path)
            if not path.endswith(".db"):
                raise UsageError(f"{text} names neither a host nor a file of Milvus Lite; expected {_FORM}")
            return cls(path, _check_name(text, options.get("name", "catalogue")), index=options.get("index", "FLAT"))
        scheme = "https" if options.get("secure") in {"1", "yes", "true"} else "http"
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        token = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}" if parts.username else ""
        name = _check_name(text, options.get("name", parts.path.strip("/")))
        return cls(f"{scheme}://{host}:{port}", name, options.get("database", ""), options.get("index", "HNSW"), token)

    @property
    def is_file(self) -> bool:
        """Whether it is a file of Milvus Lite."""
        return "://" not in self.uri

    def __str__(self) -> str:
        """Return the address without its password."""
        if self.is_file:
            return f"milvus://{self.uri}" + ("" if self.name == "catalogue" else f"?name={self.name}")
        return f"milvus://{self.uri.partition('://')[2]}/{self.name}"


def _read_options(text: str, query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := next((name for name in options if name not in _OPTIONS), None):
        raise UsageError(f"{text} has the option {unknown!r}; expected one of {', '.join(_OPTIONS)}")
    if options.get("index", "HNSW") not in INDEX_KINDS:
        raise UsageError(f"{text} asks for the index {options['index']!r}; expected one of {', '.join(INDEX_KINDS)}")
    return options


def _check_name(text: str, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{text} names the collection {name!r}; expected a letter, then letters, digits and _: {_FORM}"
        )
    return name
