"""Copies of one picture that say different things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.collect.checking.findings import Finding, build_findings
from modiste.collect.checking.groups import list_members
from modiste.manifest import Manifest

__all__ = ["Vote", "count_votes", "find_conflicts"]


@dataclass(frozen=True)
class Vote:
    """What the copies of one picture say of one field.

    Args:
        counts: Each label that occurs, as text, with how often; the most frequent first, ties by name.
    """

    counts: tuple[tuple[str, int], ...]

    @property
    def divided(self) -> bool:
        """Whether two copies say different things."""
        return len(self.counts) > 1

    @property
    def majority(self) -> str | None:
        """The label that more copies have than any other; None where there is a tie, or no label."""
        if not self.counts or (self.divided and self.counts[0][1] == self.counts[1][1]):
            return None
        return self.counts[0][0]


def count_votes(labels: Sequence[str | None]) -> Vote:
    """Count what copies say; None is no vote.

    Example:
        >>> count_votes(["Red", "Pink", "Red", None]).majority
        'Red'
    """
    counts = Counter(label for label in labels if label is not None)
    return Vote(tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))))


def find_conflicts(manifest: Manifest, groups: NDArray[np.int64], fields: Sequence[str]) -> pl.DataFrame:
    """Find items whose label differs from another label that a copy of their picture has.

    Args:
        manifest: The items.
        groups: int64 [n]; items of one group show the same picture.
        fields: The fields to compare; of a multi field the whole list counts.

    Returns:
        One row an item and field. An item is named if it does not have the majority's label; where there is no
        majority, all items are. The score is the share of the other copies' votes that say something else.
    """
    ids = manifest.items["item_id"].to_list()
    together = list_members(groups)
    findings = []
    for name in fields:
        texts = _to_texts(manifest, name)
        for rows in together:
            vote = count_votes([texts[row] for row in rows])
            if vote.divided:
                findings += [_tell(ids, texts, row, rows, name, vote) for row in rows if _is_named(texts[row], vote)]
    return build_findings("label-conflict", findings)


def _to_texts(manifest: Manifest, name: str) -> list[str | None]:
    if manifest.taxonomy[name].kind == "single":
        return manifest.labels(name).to_list()
    return [None if labels is None else "; ".join(sorted(labels)) for labels in manifest.labels(name).to_list()]


def _is_named(label: str | None, vote: Vote) -> bool:
    return label is not None and label != vote.majority


def _tell(
    ids: Sequence[str], texts: Sequence[str | None], row: int, rows: Sequence[int], name: str, vote: Vote
) -> Finding:
    others = {ids[other]: texts[other] for other in rows if texts[other] not in (None, texts[row])}
    agree = sum(texts[other] == texts[row] for other in rows) - 1
    said = ", ".join(f"{label!r} {count}" for label, count in vote.counts[:3])
    return Finding(
        ids[row],
        len(others) / (len(others) + agree),
        f"{len(rows)} copies of this picture say of {name}: {said}",
        partner=next(item for item, label in others.items() if vote.majority in (None, label)),
        field=name,
        stated=texts[row],
        expected=vote.majority,
    )
