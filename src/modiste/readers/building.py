"""From the columns that a reader found to a manifest; and the list of what it left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

import polars as pl

from modiste.errors import SourceError
from modiste.manifest import LABEL, OPINION_SCHEMA, PROBLEM_SCHEMA, Manifest, build_taxonomy
from modiste.readers.base import ReaderOptions
from modiste.readers.source import Source
from modiste.taxonomy import Taxonomy

__all__ = ["Problems", "build_manifest", "note_unreadable"]

# Looking for what can't be opened lists the source a second time, which six missing pictures of 40,000 don't deserve.
_COMPLETE = 0.99


class Problems:
    """What a reader left out, in the order it was found: where it stands, and why.

    Example:
        >>> problems = Problems()
        >>> problems.add("styles.csv line 7", "no picture with this id")
        >>> len(problems)
        1
    """

    def __init__(self) -> None:
        self._where: list[str] = []
        self._reasons: list[str] = []
        self._kinds: list[str] = []

    def __len__(self) -> int:
        return len(self._where)

    def add(self, where: str, reason: str) -> None:
        """Note one thing that is left out; ``reason`` is the same text for the same reason, so it can be counted."""
        self._note(where, reason, "lost")

    def remark(self, where: str, reason: str) -> None:
        """Note one thing that is wrong, but because of which no picture is left out."""
        self._note(where, reason, "remark")

    def extend(self, others: Problems) -> None:
        """Note everything that others hold, behind what is noted already."""
        self._where += others._where
        self._reasons += others._reasons
        self._kinds += others._kinds

    def _note(self, where: str, reason: str, kind: str) -> None:
        self._where.append(where)
        self._reasons.append(reason)
        self._kinds.append(kind)

    def summarise(self) -> str:
        """Say which reason is the commonest, with an example; for a source of which nothing is left."""
        if not self._reasons:
            return "the source is empty"
        reason, count = Counter(self._reasons).most_common(1)[0]
        return f"{reason} ({count} times, first at {self._where[self._reasons.index(reason)]})"

    def to_frame(self) -> pl.DataFrame:
        """Return the table that `Manifest.problems` holds."""
        columns = {"where": self._where, "reason": self._reasons, "kind": self._kinds}
        return pl.DataFrame(columns, schema=PROBLEM_SCHEMA)


def note_unreadable(source: Source, *, kept: int, rows: int, problems: Problems) -> None:
    """Note what can't be opened to look for pictures, where so many are missing that a whole batch may be in it."""
    if kept < _COMPLETE * rows:
        for file in source.find_unreadable():
            problems.add(file.name, "can't be opened to look for pictures")


def build_manifest(
    items: pl.DataFrame,
    problems: Problems,
    *,
    reader: str,
    options: ReaderOptions,
    parents: Mapping[str, str] | None = None,
    opinions: pl.DataFrame | None = None,
    rows: int | None = None,
    taxonomy: Taxonomy | None = None,
) -> Manifest:
    """Build a manifest from the columns that a reader found.

    Args:
        items: ``item_id``, ``image``, and any other columns of a manifest; ``product_id`` defaults to what
            ``options.product_pattern`` finds in ``item_id``, else to ``item_id``.
        problems: What was left out.
        reader: The reader's name, for the column ``source``.
        options: What the user told the reader.
        parents: Field -> its parent field.
        opinions: What annotators said, see `Manifest`.
        rows: How many rows, or pictures, the source had before anything was left out.
        taxonomy: The fields, for a source that says what its values are; by default the values that occur.

    Raises:
        SourceError: There is no item at all; the text gives the commonest reason.
    """
    if not len(items):
        raise SourceError(f"no item can be used: {problems.summarise()}")
    if "product_id" not in items.columns:
        items = items.with_columns(product_id=_find_products(items["item_id"], options.product_pattern))
    items = items.with_columns(source=pl.lit(reader), product_id=pl.coalesce("product_id", "item_id"))
    fields = {column.removeprefix(LABEL) for column in items.columns if column.startswith(LABEL)}
    present = {child: parent for child, parent in (parents or {}).items() if {child, parent} <= fields}
    opinions = pl.DataFrame(schema=OPINION_SCHEMA) if opinions is None else opinions
    taxonomy = build_taxonomy(items, present) if taxonomy is None else taxonomy
    return Manifest(taxonomy, items, problems.to_frame(), opinions, rows)


def _find_products(ids: pl.Series, pattern: str | None) -> pl.Series:
    if pattern is None:
        return ids
    compiled = re.compile(pattern)
    found = [match[1] if (match := compiled.search(item_id)) else None for item_id in ids]
    return pl.Series(found, dtype=pl.String)
