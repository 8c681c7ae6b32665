"""The entries of a product feed in XML, one after another, read as a stranger's file deserves.

The parser is expat itself: document types, and with them entities of every kind, are refused, and depth, text and
number of elements are bounded. No tree is built.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NoReturn
from xml.parsers import expat

from modiste.errors import SourceError
from modiste.readers.delimited import decode_text

__all__ = ["Entry", "iterate_entries", "looks_like_feed"]

Entry = Mapping[str, list[str]]
_CHUNK = 1 << 16
_HEAD_BYTES = 65_536
_DEEPEST = 32
_LONGEST_TEXT = 200_000
_MOST_CHILDREN = 1000
_ITEMS = ("item", "entry")
_SYNONYMS = {"summary": "description", "content": "description"}


def looks_like_feed(data: bytes, namespace: str) -> bool:
    """Tell whether an XML file speaks of a namespace in its first 64 kB.

    Example:
        >>> looks_like_feed(b'<rss xmlns:g="http://base.google.com/ns/1.0">', "http://base.google.com/ns/1.0")
        True
    """
    return namespace in decode_text(data[:_HEAD_BYTES])[0]


def iterate_entries(name: str, data: bytes, namespace: str) -> Iterator[Entry]:
    r"""Read the items of an RSS feed or the entries of an Atom feed.

    Args:
        name: The file's name, for errors.
        data: Its bytes, in any encoding that it declares.
        namespace: The namespace of the attributes. Elements of others (``title``, ``link``, ``description``, Atom's
            ``summary`` and ``id``) count only where the namespace's own element is missing.

    Yields:
        Attribute -> its texts, in the file's order, blanks left out.

    Raises:
        SourceError: It is not well-formed, declares a document type, or is beyond the bounds.

    Example:
        >>> text = b'<rss xmlns:g="urn:g"><item><g:id>7</g:id><title>Shoe</title></item></rss>'
        >>> list(iterate_entries("feed.xml", text, "urn:g"))
        [{'title': ['Shoe'], 'id': ['7']}]
    """
    collector = _Collector(namespace)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = collector.start
    parser.EndElementHandler = collector.end
    parser.CharacterDataHandler = collector.hear
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        for position in range(0, len(data), _CHUNK):
            parser.Parse(data[position : position + _CHUNK], False)
            yield from collector.take()
        parser.Parse(b"", True)
    except SourceError as error:
        raise SourceError(f"{name} line {parser.CurrentLineNumber}: {error}") from error
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise SourceError(f"{name} is no well-formed XML: {error}") from error
    yield from collector.take()


def _refuse(*_: object) -> NoReturn:
    raise SourceError("a document type or an entity is declared, which no feed needs; remove the declaration")


class _Collector:
    """Gathers the direct children of each item."""

    def __init__(self, namespace: str) -> None:
        self._own = namespace + " "
        self._depth = 0
        self._item_depth = 0  # 0 outside of items
        self._item: dict[str, list[str]] = {}
        self._plain: dict[str, list[str]] = {}
        self._text: list[str] = []
        self._length = 0
        self._children = 0
        self._done: list[Entry] = []

    def take(self) -> list[Entry]:
        done, self._done = self._done, []
        return done

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise SourceError(f"elements are nested more than {_DEEPEST} deep")
        if not self._item_depth and name.rpartition(" ")[2] in _ITEMS:
            self._item_depth, self._children = self._depth, 0
            self._item, self._plain = {}, {}
        elif self._depth == self._item_depth + 1 and self._item_depth:
            self._text, self._length = [attributes.get("href", "")], 0

    def hear(self, text: str) -> None:
        if self._item_depth and self._depth > self._item_depth:
            self._length += len(text)
            if self._length > _LONGEST_TEXT:
                raise SourceError(f"a text of more than {_LONGEST_TEXT:,} characters")
            self._text.append(text)

    def end(self, name: str) -> None:
        if self._item_depth and self._depth == self._item_depth:
            self._done.append(self._plain | self._item)
            self._item_depth = 0
        elif self._item_depth and self._depth == self._item_depth + 1:
            self._keep(name, "".join(self._text).strip())
        self._depth -= 1

    def _keep(self, name: str, text: str) -> None:
        self._children += 1
        if self._children > _MOST_CHILDREN:
            raise SourceError(f"an item of more than {_MOST_CHILDREN:,} elements")
        local = name.rpartition(" ")[2].lower()
        if not text:
            return
        if name.startswith(self._own):
            self._item.setdefault(local.replace("colour", "color"), []).append(text)
        else:
            self._plain.setdefault(_SYNONYMS.get(local, local), []).append(text)
