"""Splits that others published by id: used as they are, or extended to a sealed test part of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from modiste.errors import SourceError, UsageError
from modiste.manifest import Manifest
from modiste.splits.copies import join_copies
from modiste.splits.stratified import make_stratified_parts

__all__ = ["OUTSIDE", "extend_published_split", "find_published_parts", "read_published_split"]

OUTSIDE = "outside"


def read_published_split(path: Path) -> dict[str, str]:
    """Read a CSV with the columns ``id`` and ``split`` as a mapping of id to part.

    Raises:
        SourceError: The file is not there or lacks a column.
    """
    try:
        table = pl.read_csv(path, infer_schema=False)
        return dict(zip(table["id"], table["split"], strict=True))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"{path} is not a CSV with the columns id and split: {error}") from error


def find_published_parts(manifest: Manifest, published: Mapping[str, str]) -> dict[str, str]:
    """Return the parts of a published split as they are.

    Args:
        manifest: The data set.
        published: Item id -> part; ids that the data set lacks are left out.

    Returns:
        Item id -> part; ``"outside"`` for items that the published split does not name, copies with their source.

    Raises:
        UsageError: It names none of the items.
    """
    ids = manifest.without_copies().items["item_id"].to_list()
    if published and not any(item in published for item in ids):
        raise UsageError(
            f"the published split names none of the items: {list(published)[:2]} against {ids[:2]}; "
            "is it of another data set?"
        )
    return join_copies(manifest, {item: published.get(item, OUTSIDE) for item in ids})


def extend_published_split(
    manifest: Manifest, published: Mapping[str, str], *, stratum: str, test: float, validation: float, seed: int
) -> dict[str, str]:
    """Make a sealed test part and a validation part around a published split.

    The test part is the published one plus a share of the items that the published split does not name; the
    validation part is a share of all that is left.

    Args:
        manifest: The data set.
        published: Item id -> part; only the part ``"test"`` counts.
        stratum: The single field by whose values shares are taken.
        test: Share of the items outside the published split, in (0, 1).
        validation: Share of the items outside the test part, in (0, 1).
        seed: Another seed gives other parts.

    Returns:
        Item id -> ``"test"`` or ``"validation"``; the rest is for training.
    """
    originals = manifest.without_copies()
    ids, strata = originals.items["item_id"].to_list(), originals.labels(stratum).to_list()
    of_item = dict(zip(ids, strata, strict=True))
    outside = [item for item in ids if item not in published]
    chosen = {item for item in ids if published.get(item) == "test"}
    chosen |= _draw(outside, of_item, test, seed)
    rest = [item for item in ids if item not in chosen]
    drawn = dict.fromkeys(chosen, "test") | dict.fromkeys(_draw(rest, of_item, validation, seed), "validation")
    return join_copies(manifest, drawn)


def _draw(items: Sequence[str], strata: Mapping[str, str | None], share: float, seed: int) -> set[str]:
    parts = make_stratified_parts(items, [strata[item] for item in items], {"drawn": share}, seed=seed)
    return {item for item, part in zip(items, parts, strict=True) if part is not None}
