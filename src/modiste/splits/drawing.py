"""Drawing the parts of a manifest: one door to plain, stratified, iterative and grouped divisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from modiste.errors import UsageError
from modiste.manifest import Manifest
from modiste.splits.copies import join_copies
from modiste.splits.fingerprints import Fingerprints
from modiste.splits.grouped import connect_rows
from modiste.splits.hashing import encode_keys
from modiste.splits.iterative import make_iterative_parts
from modiste.splits.labels import LabelPairs, list_label_pairs
from modiste.splits.shares import make_equal_shares
from modiste.splits.stratified import make_proportional_parts

__all__ = ["GROUP_KEYS", "Drawing", "draw_five_by_two", "draw_folds", "draw_parts"]

GROUP_KEYS = ("product", "title", "picture")
_REPLICATES = 5
_SEEDS_APART = 1000  # so that replicates of neighbouring seeds differ


@dataclass(frozen=True)
class Drawing:
    """How parts are drawn.

    Args:
        by: The single field, or free column, whose every value gives each part its share.
        labels: Several fields or columns at once, by iterative stratification (`list_label_pairs`); instead of ``by``.
        min_count: Labels that fewer items have are not looked after.
        pairs: Also look after pairs of labels.
        groups: What must not be torn apart: any of ``"product"``, ``"title"`` and ``"picture"``.
        seed: The same seed gives the same parts.

    Raises:
        UsageError: Both ``by`` and ``labels`` are given, or a group is unknown.

    Example:
        >>> Drawing(by="articleType", groups=("title",)).seed
        1
    """

    by: str | None = None
    labels: tuple[str, ...] = ()
    min_count: int = 1
    pairs: bool = False
    groups: tuple[str, ...] = ()
    seed: int = 1

    def __post_init__(self) -> None:
        if self.by is not None and self.labels:
            raise UsageError("stratify by one field or by several labels, not both; leave out --by or --by-labels")
        strangers = [name for name in self.groups if name not in GROUP_KEYS]
        if strangers:
            raise UsageError(f"there is no group {strangers[0]!r}; expected any of {', '.join(GROUP_KEYS)}")


def draw_parts(
    manifest: Manifest, shares: Mapping[str, float], drawing: Drawing, *, fingerprints: Fingerprints | None = None
) -> dict[str, str]:
    """Divide a data set.

    Args:
        manifest: The items; their present parts do not matter. Copies join the part of their source.
        shares: Part -> share, in (0, 1]; together 1.
        drawing: How.
        fingerprints: Needed where pictures are grouped (`read_fingerprints`).

    Returns:
        Item id -> part, for every item.

    Raises:
        UsageError: There are no items, a field does not fit, or the fingerprints are missing.
        UnknownNameError: There is no such field or column.
        ValueError: The shares do not add up to 1.

    Example:
        >>> rows = [{"item_id": str(i), "image": "x", "source": "x", "label.hue": "rb"[i % 2]} for i in range(8)]
        >>> parts = draw_parts(Manifest.from_rows(rows), {"train": 0.5, "test": 0.5}, Drawing(by="hue"))
        >>> sorted(parts[str(i)] for i in range(0, 8, 2))
        ['test', 'test', 'train', 'train']
    """
    items = manifest.without_copies()
    if not len(items):
        raise UsageError("there are no items to divide; modiste data inspect SOURCE says what a reader found")
    ids = items.items["item_id"].to_list()
    groups = _find_groups(items, drawing, fingerprints)
    if groups is None and not drawing.labels:
        drawn = make_proportional_parts(ids, _find_strata(items, drawing.by), shares, seed=drawing.seed)
    else:
        found = _find_labels(items, drawing)
        drawn = make_iterative_parts(
            ids, found.rows, found.labels, shares, seed=drawing.seed, groups=groups, pairs=drawing.pairs
        )
    return join_copies(manifest, dict(zip(ids, drawn, strict=True)))


def draw_folds(
    manifest: Manifest, count: int, drawing: Drawing, *, fingerprints: Fingerprints | None = None
) -> dict[str, str]:
    """Divide a data set into folds of equal size.

    Args:
        manifest: The items.
        count: How many folds, 2 or more.
        drawing: How.
        fingerprints: Needed where pictures are grouped.

    Returns:
        Item id -> ``"fold-1"``, ``"fold-2"`` ...

    Raises:
        UsageError: As `draw_parts`, or there are fewer than 2 folds.
    """
    return draw_parts(manifest, make_equal_shares("fold-", count), drawing, fingerprints=fingerprints)


def draw_five_by_two(
    manifest: Manifest, drawing: Drawing, *, fingerprints: Fingerprints | None = None
) -> dict[str, dict[str, str]]:
    """Divide a data set into halves, five times over, for the paired test of five times two trainings.

    Dietterich, "Approximate Statistical Tests for Comparing Supervised Classification Learning Algorithms", Neural
    Computation 1998.

    Args:
        manifest: The items.
        drawing: How; the five replicates take their own seeds from its seed.
        fingerprints: Needed where pictures are grouped.

    Returns:
        ``"replicate-1"`` to ``"replicate-5"`` -> (item id -> ``"half-1"`` or ``"half-2"``).

    Raises:
        UsageError: As `draw_parts`.
    """
    halves = make_equal_shares("half-", 2)
    splits = {}
    for number in range(1, _REPLICATES + 1):
        own = replace(drawing, seed=drawing.seed * _SEEDS_APART + number)
        splits[f"replicate-{number}"] = draw_parts(manifest, halves, own, fingerprints=fingerprints)
    return splits


def _find_groups(items: Manifest, drawing: Drawing, fingerprints: Fingerprints | None) -> NDArray[np.int64] | None:
    if not drawing.groups:
        return None
    columns: dict[str, Sequence[str | None]] = {
        "product": items.items["product_id"].to_list(),
        "title": items.items["title"].to_list(),
    }
    if "picture" in drawing.groups:
        if fingerprints is None:
            raise UsageError("grouping by picture needs the pictures' fingerprints: read_fingerprints(...)")
        columns["picture"] = [fingerprints.digests.get(image) for image in items.items["image"]]
    return connect_rows([columns[name] for name in drawing.groups])


def _find_labels(items: Manifest, drawing: Drawing) -> LabelPairs:
    """Return the labels to look after; a field's null is a stratum too, but no label among several."""
    if drawing.labels:
        return list_label_pairs(items, drawing.labels, min_count=drawing.min_count)
    if drawing.by is None:
        nothing = np.empty(0, dtype=np.int64)
        return LabelPairs(nothing, nothing, ())
    codes, names = encode_keys(_find_strata(items, drawing.by))
    return LabelPairs(np.arange(len(codes)), codes, tuple((drawing.by, str(name)) for name in names))


def _find_strata(items: Manifest, by: str | None) -> list[str | None]:
    if by is None:
        return [None] * len(items)
    pairs = list_label_pairs(items, [by])
    if len(np.unique(pairs.rows)) < len(pairs.rows):
        raise UsageError(f"{by!r} has several values an item; stratify by its labels instead: --by-labels {by}")
    strata: list[str | None] = [None] * len(items)
    for row, label in zip(pairs.rows.tolist(), pairs.labels.tolist(), strict=True):
        strata[row] = pairs.names[label][1]
    return strata
