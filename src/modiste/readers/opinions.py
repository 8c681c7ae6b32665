"""The labels of a table; where several annotators spoke of an item, by majority, with every opinion kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import polars as pl

from modiste.manifest import LABEL, OPINION_SCHEMA
from modiste.readers.base import ReaderOptions
from modiste.readers.building import Problems
from modiste.readers.cells import split_labels, to_text
from modiste.readers.raw_table import RawTable
from modiste.readers.table_columns import Roles
from modiste.readers.table_rows import Item

__all__ = ["decide_by_majority", "decide_each_by_majority", "merge_labels"]

_Answer = list[str] | None  # what one row says; None where its cell is blank
_TIE = "annotators are divided evenly (the label is left open)"


def merge_labels(
    table: RawTable, items: Sequence[Item], roles: Roles, options: ReaderOptions, problems: Problems
) -> tuple[list[pl.Series], pl.DataFrame]:
    """Return the label columns of the items, and what each annotator said.

    A single field takes the value that more annotators gave than any other, null where the leaders are level; a multi
    field takes the values that more than half of those who answered gave.
    """
    columns: list[pl.Series] = []
    opinions: list[tuple[str, str, str, str]] = []
    for name in roles.labels:
        multi = _is_multi(name, table.columns[name], options)
        answers = [_collect(table, name, item, options.separator if multi else None) for item in items]
        columns.append(_merge_multi(name, answers) if multi else _merge_single(name, items, answers, problems))
        if roles.annotator is not None:
            opinions += _list_opinions(name, items, answers, table.columns[roles.annotator])
    return columns, pl.DataFrame(opinions, schema=OPINION_SCHEMA, orient="row")


def _is_multi(name: str, cells: Sequence[Any], options: ReaderOptions) -> bool:
    if any(isinstance(cell, list) for cell in cells) or name in options.multi_fields:
        return True
    separator = None if options.multi_fields else options.separator
    return separator is not None and any(isinstance(cell, str) and separator in cell for cell in cells)


def _collect(table: RawTable, name: str, item: Item, separator: str | None) -> list[_Answer]:
    return [split_labels(table.columns[name][row.at], separator) for row in item.rows]


def _merge_single(name: str, items: Sequence[Item], answers: Sequence[list[_Answer]], problems: Problems) -> pl.Series:
    merged = []
    for item, answer in zip(items, answers, strict=True):
        values = [value for given in answer if given for value in given]
        merged.append(decide_by_majority(values))
        if values and merged[-1] is None:
            problems.remark(f"{name} of {item.item_id}", _TIE)
    return pl.Series(LABEL + name, merged, pl.String)


def _merge_multi(name: str, answers: Sequence[list[_Answer]]) -> pl.Series:
    given = [[values for values in answer if values is not None] for answer in answers]
    merged = [decide_each_by_majority(answer) if answer else None for answer in given]
    return pl.Series(LABEL + name, merged, pl.List(pl.String))


def _list_opinions(
    name: str, items: Sequence[Item], answers: Sequence[list[_Answer]], annotators: Sequence[Any]
) -> Iterator[tuple[str, str, str, str]]:
    for item, answer in zip(items, answers, strict=True):
        for row, values in zip(item.rows, answer, strict=True):
            for value in values or ():
                yield item.item_id, name, to_text(annotators[row.at]) or "", value


def decide_by_majority(values: Iterable[str]) -> str | None:
    """Return the value that more annotators gave than any other; None if there is none or the leaders are level.

    Example:
        >>> decide_by_majority(["red", "blue", "red"]), decide_by_majority(["red", "blue"])
        ('red', None)
    """
    leaders = Counter(values).most_common(2)
    if not leaders or (len(leaders) == 2 and leaders[0][1] == leaders[1][1]):
        return None
    return leaders[0][0]


def decide_each_by_majority(answers: Sequence[Sequence[str]]) -> list[str]:
    """Return the values that more than half of the annotators gave, in the order in which they first occur.

    Args:
        answers: One list of values for each annotator who spoke of the item.

    Example:
        >>> decide_each_by_majority([["dots", "lace"], ["dots"], ["lace", "dots"]])
        ['dots', 'lace']
    """
    counts = Counter(value for answer in answers for value in dict.fromkeys(answer))
    return [value for value, count in counts.items() if count > len(answers) / 2]
