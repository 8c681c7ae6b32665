"""DeepFashion's attribute labels: a row a picture, -1, 0 or 1 for each of up to 1,000 attributes.

The real list is 900 MB of text, nearly all of it "-1", so blocks of lines are read as arrays of bytes, and only what is
not -1 is ever looked at singly. Where each value takes three letters, as in the published list, such are found by
comparing a block with nothing but " -1"; other blocks are taken apart letter by letter, which takes five times as long.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.manifest import LABEL, META
from modiste.readers.building import Problems

__all__ = ["UNKNOWN", "Attribute", "read_attribute_rows"]

UNKNOWN = META + "unknown."
"""Column of those of a field's values of which nobody knows whether a picture has them."""

_BLOCK = 1 << 18  # letters; what fits into a core's cache is read several times quicker
_BLANKS, _LETTERS = b" \t\r", b"-01\n"
_VALUE = re.compile(b"-1|0|1")  # values may also stand without a blank between them
_NO = b" -1"  # as the published list writes it, each value in three letters
_BLANK, _MINUS, _YES, _MAYBE, _END = b" -10\n"

_Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Attribute:
    """One attribute: its name, which no other of its type has, and its type, which is the name of a field."""

    name: str
    type: str


@dataclass(frozen=True)
class _Cells:
    """Cells of the table by row and column."""

    rows: _Numbers
    columns: _Numbers

    def select(self, wanted: NDArray[np.bool_]) -> _Cells:
        return _Cells(self.rows[wanted], self.columns[wanted])


@dataclass(frozen=True)
class _Block:
    """Some rows: their lines' numbers, their pictures, and their cells that are 1 or 0."""

    lines: list[int]
    images: list[bytes]
    yes: _Cells
    maybe: _Cells
    signed: bool  # whether any value, be it of a row that is left out, is -1


def read_attribute_rows(
    rows: Iterable[bytes], attributes: Sequence[Attribute], *, name: str, first_line: int, problems: Problems
) -> pl.DataFrame:
    """Read rows of a picture's name and its attribute labels.

    A value that is 1 is a label. Where the list says -1 at all, 0 means that nobody knows: the values that are unknown
    go into a column of their own, and if that is all of a type, the field is null. In a list without -1, 0 is a no.

    Args:
        rows: The lines, with or without their ends; they are read block by block.
        attributes: What the values of a row stand for, in order.
        name: Of the file, for the problems.
        first_line: The number of its first row in the file.
        problems: Told of rows with another number of values, or other values.

    Returns:
        ``line``, ``image``; for each type ``label.TYPE`` and, if there is anything in it, ``meta.unknown.TYPE``.

    Example:
        >>> names = [Attribute("floral", "texture"), Attribute("lace", "fabric"), Attribute("knit", "fabric")]
        >>> rows = [b"1.jpg -1 1 0", b"2.jpg 0 -1 1"]
        >>> table = read_attribute_rows(rows, names, name="x", first_line=3, problems=Problems())
        >>> table["label.fabric"].to_list(), table["meta.unknown.fabric"].to_list()
        ([['lace'], ['knit']], [['knit'], None])
        >>> table["label.texture"].to_list()
        [[], None]
    """
    blocks = [
        _read_regular(lines, number, len(attributes)) or _read_block(lines, number, len(attributes), name, problems)
        for number, lines in _cut_blocks(rows, first_line, len(attributes))
    ]
    lines = [line for block in blocks for line in block.lines]
    images = [image.decode("utf-8", "replace") for block in blocks for image in block.images]
    table = pl.DataFrame({"line": lines, "image": images}, schema={"line": pl.UInt32, "image": pl.String})
    starts = np.cumsum([0, *(len(block.lines) for block in blocks)])
    yes = _join([block.yes for block in blocks], starts)
    maybe = _join([block.maybe for block in blocks] if any(block.signed for block in blocks) else [], starts)
    for kind in dict.fromkeys(attribute.type for attribute in attributes):
        table = _add_labels(table, kind, attributes, yes, maybe)
    return table


def _cut_blocks(rows: Iterable[bytes], number: int, width: int) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the number of the first line of each block, and its lines."""
    rest, count = iter(rows), 1 + _BLOCK // (len(_NO) * width + 1)
    while lines := [row.rstrip(b" \t\r\n") for row in islice(rest, count)]:
        yield number, lines
        number += len(lines)


def _read_regular(lines: list[bytes], number: int, width: int) -> _Block | None:
    """Read lines whose values take three letters each: `` -1`` or ``  1`` or ``  0``; None if one is anything else."""
    span = len(_NO) * width
    images = [line[:-span].split() for line in lines]
    if not all(len(words) == 1 for words in images):
        return None
    values = b"".join([line[-span:] for line in lines])
    letters = np.frombuffer(values, np.uint8)
    odd = np.flatnonzero(letters.reshape(-1, span) != np.frombuffer(_NO * width, np.uint8))
    signs, digits = odd[odd % len(_NO) == 1], odd[odd % len(_NO) == 2]
    blanks, noughts = letters[np.concatenate([signs, digits - 1])], letters[digits]
    if len(signs) + len(digits) < len(odd) or (blanks != _BLANK).any() or (noughts != _MAYBE).any():
        return None
    cells, kinds = _Cells(signs // span, signs % span // len(_NO)), letters[signs + 1]
    numbers = list(range(number, number + len(lines)))
    images_of = [words[0] for words in images]
    signed = len(signs) < len(lines) * width
    return _Block(numbers, images_of, cells.select(kinds == _YES), cells.select(kinds == _MAYBE), signed)


def _read_block(lines: list[bytes], number: int, width: int, name: str, problems: Problems) -> _Block:
    numbered = [(at, parts) for at, line in enumerate(lines, number) if (parts := line.split(None, 1))]
    signed = any(b"-1" in parts[1] for _, parts in numbered if len(parts) == 2)
    cells = _parse([parts[-1] for _, parts in numbered], width)
    if cells is None or not all(len(parts) == 2 for _, parts in numbered):
        for at, parts in numbered:
            if not _is_whole(parts, width):
                problems.remark(f"{name} line {at}", f"not a picture and {width:,} values of -1, 0 or 1")
        numbered = [(at, parts) for at, parts in numbered if _is_whole(parts, width)]
        cells = _parse([parts[1] for _, parts in numbered], width)
    assert cells is not None  # noqa: S101  (each of its rows was looked at)
    return _Block([at for at, _ in numbered], [parts[0] for _, parts in numbered], *cells, signed)


def _is_whole(parts: list[bytes], width: int) -> bool:
    if len(parts) != 2:
        return False
    text = parts[1].translate(None, _BLANKS)
    return len(_VALUE.findall(text)) == width and not _VALUE.sub(b"", text)


def _parse(rows: list[bytes], width: int) -> tuple[_Cells, _Cells] | None:
    """Return the cells that are 1 and those that are 0; None if a row has other values, or another number of them.

    Without its blanks a row is ``-1-1-11-1``: a negative value takes two letters, any other takes one. So a value that
    is not negative, with p letters and m values that are not negative before it, stands in column (p + m) / 2.
    """
    text = b"\n".join([*rows, b""]).translate(None, _BLANKS)
    if text.translate(None, _LETTERS):
        return None
    letters = np.frombuffer(b"\n" + text, np.uint8)
    minus = letters == _MINUS
    if (minus[:-1] & (letters[1:] != _YES)).any():
        return None
    single = np.flatnonzero(~(minus[1:] | minus[:-1]))  # neither a sign nor a digit behind one, in ``text``
    kinds = letters[single + 1]
    ends = np.flatnonzero(kinds == _END)
    rows_of = np.repeat(np.arange(len(rows)), np.diff(ends, prepend=-1))
    before = np.arange(len(single)) - (np.concatenate([[-1], ends[:-1]]) + 1)[rows_of]
    columns = (single - (np.concatenate([[-1], single[ends][:-1]]) + 1)[rows_of] + before) // 2
    if not (columns[ends] == width).all():
        return None
    cells = _Cells(rows_of, columns)
    return cells.select(kinds == _YES), cells.select(kinds == _MAYBE)


def _join(parts: Sequence[_Cells], starts: _Numbers) -> _Cells:
    """Join the cells of blocks whose first rows are ``starts``."""
    none = np.empty(0, np.int64)
    rows = [part.rows + start for part, start in zip(parts, starts, strict=False)]
    return _Cells(np.concatenate([none, *rows]), np.concatenate([none, *(part.columns for part in parts)]))


def _add_labels(
    table: pl.DataFrame, kind: str, attributes: Sequence[Attribute], yes: _Cells, maybe: _Cells
) -> pl.DataFrame:
    wanted = np.array([attribute.type == kind for attribute in attributes])
    names = pl.Series([attribute.name for attribute in attributes], dtype=pl.String)
    labels = _list_names(yes.select(wanted[yes.columns]), names, len(table))
    maybe = maybe.select(wanted[maybe.columns])
    silent = np.bincount(maybe.rows, minlength=len(table)) == wanted.sum()
    table = table.with_columns(labels.set(pl.Series(silent), None).alias(LABEL + kind))
    partly = maybe.select(~silent[maybe.rows])
    if not len(partly.rows):
        return table
    unknown = _list_names(partly, names, len(table))
    return table.with_columns(unknown.set(unknown.list.len() == 0, None).alias(UNKNOWN + kind))


def _list_names(cells: _Cells, names: pl.Series, count: int) -> pl.Series:
    """Return for each of ``count`` rows the names of the columns of its cells, which stand row by row."""
    frame = pl.DataFrame({"row": pl.Series(cells.rows).set_sorted(), "name": names.gather(cells.columns)})
    lists = frame.group_by("row", maintain_order=True).agg("name")
    every = pl.DataFrame({"row": pl.int_range(count, eager=True, dtype=pl.Int64)})
    return every.join(lists, on="row", how="left", maintain_order="left")["name"].fill_null([])
