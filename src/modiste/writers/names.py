"""Ids as names of files and as cells of tables: safe everywhere, and to be undone by percent-decoding."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import quote

from modiste.errors import UsageError
from modiste.imaging import PICTURE_SUFFIXES
from modiste.readers.cells import is_blank

__all__ = ["make_cell_ids", "make_file_names"]

# Without the suffix of a picture; the shortest limit of a usual file system is 255 bytes.
_LONGEST_NAME = 240
_HIDDEN_EDGES = r"^\s|\s$"
_READS_AS_CODE = r"%(?=[0-9A-Fa-f]{2})"
_UNSAFE_IN_CELL = re.compile(f"{_HIDDEN_EDGES}|{_READS_AS_CODE}")
_UNSAFE_IN_FILE = re.compile(
    rf"""{_HIDDEN_EDGES}|{_READS_AS_CODE}|^\.|\.$|[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u2028\u2029]"""
)
_UNSAFE_IN_LIST = re.compile(rf"\s|{_UNSAFE_IN_FILE.pattern}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?|__macosx", re.IGNORECASE | re.DOTALL)


def make_file_names(ids: Sequence[str], *, spaces: bool = True) -> list[str]:
    r"""Make names of files or folders out of ids: the id itself wherever that is safe, else percent-encoded.

    Encoded are what leads out of a folder or hides a file (slashes, leading dots), what Windows refuses, blanks at
    the edges, a percent sign that reads as a code, and ids that differ from an earlier one only in case or in the
    way Unicode composes letters. `urllib.parse.unquote` gives the id again.

    Args:
        ids: The ids, all different.
        spaces: Whether a name may hold blanks; a list whose columns are divided by them can't have it so.

    Returns:
        One name an id, all different, also without their case.

    Raises:
        UsageError: An id is empty or too long for the name of a file.

    Example:
        >>> make_file_names(["1163", "../etc", ".a", "A", "a", "x.jpg", "CON"])
        ['1163', '%2E.%2Fetc', '%2Ea', 'A', '%61', 'x%2Ejpg', '%43ON']
    """
    taken: set[str] = set()
    names = []
    for item_id in ids:
        name = _encode_for_file(item_id, _UNSAFE_IN_FILE if spaces else _UNSAFE_IN_LIST)
        if _fold(name) in taken:
            name = _encode_whole(item_id)
        taken.add(_fold(name))
        _check_name(item_id, name)
        names.append(name)
    return names


def make_cell_ids(ids: Sequence[str]) -> list[str]:
    """Make cells of a table out of ids: percent-encoded where a reader would take them for blank or cut their edges.

    Args:
        ids: The ids.

    Returns:
        One text an id; equal ids give equal texts.

    Raises:
        UsageError: An id is empty.

    Example:
        >>> make_cell_ids(["1163", "NA", " x", "50%", "%41"])
        ['1163', '%4EA', '%20x', '50%', '%2541']
    """
    if "" in ids:
        raise UsageError("an id is empty, which no table can hold; give the items ids first")
    encoded = [_encode(item_id, _UNSAFE_IN_CELL) for item_id in ids]
    return [_encode_first(text) if is_blank(text) else text for text in encoded]


def _encode_for_file(item_id: str, unsafe: re.Pattern[str]) -> str:
    name = _encode(item_id, unsafe)
    if _RESERVED.fullmatch(name):
        name = _encode_first(name)
    ending = name.rpartition(".")
    if ending[1] and f".{ending[2].lower()}" in PICTURE_SUFFIXES:  # would be taken for the suffix of the picture
        name = f"{ending[0]}%2E{ending[2]}"
    return name


def _encode(text: str, unsafe: re.Pattern[str]) -> str:
    return unsafe.sub(lambda match: quote(match[0], safe="").replace(".", "%2E"), text)


def _encode_first(text: str) -> str:
    return _encode_whole(text[:1]) + text[1:]


def _encode_whole(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _fold(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _check_name(item_id: str, name: str) -> None:
    if not item_id:
        raise UsageError("an item's id is empty, so its picture can have no name; give the items ids first")
    length = len(name.encode())
    if length > _LONGEST_NAME:
        raise UsageError(
            f"the id {item_id[:60]!r}... would give a file name of {length} bytes; at most {_LONGEST_NAME} fit. "
            "A format that does not name pictures by id takes it: --to manifest"
        )
