"""The classes of a single field, and choosing some of their items in an order that follows from the ids alone."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import polars as pl

from modiste.errors import UsageError
from modiste.manifest import LABEL, Manifest
from modiste.splits import find_sources, order_ids

__all__ = ["count_classes", "leave_out", "list_members", "name_column"]


def name_column(manifest: Manifest, field: str) -> str:
    """Return the column of a single field.

    Raises:
        UnknownNameError: There is no such field.
        UsageError: Its items have several values.
    """
    if manifest.taxonomy[field].kind != "single":
        raise UsageError(f"{field!r} has several values an item; name a field with one value to balance by")
    return LABEL + field


def count_classes(manifest: Manifest, field: str) -> dict[str, int]:
    """Return value -> items, the commonest first, then by name; copies count too, items without a value do not.

    Example:
        >>> rows = [{"item_id": i, "image": "x", "source": "x", "label.hue": h} for i, h in ("1a", "2b", "3b")]
        >>> count_classes(Manifest.from_rows(rows), "hue")
        {'b': 2, 'a': 1}
    """
    name = name_column(manifest, field)
    counts = manifest.items[name].drop_nulls().value_counts().sort(["count", name], descending=[True, False])
    return dict(counts.iter_rows())


def list_members(manifest: Manifest, field: str, *, seed: int) -> dict[str, list[int]]:
    """Return value -> the rows that have it, in the order of their ids' hashes.

    Args:
        manifest: The items.
        field: A single field.
        seed: Another seed gives another order.
    """
    order = np.argsort(order_ids(manifest.items["item_id"], seed=seed), kind="stable")
    labels = manifest.items[name_column(manifest, field)].to_list()
    members: dict[str, list[int]] = {}
    for row in order.tolist():
        if labels[row] is not None:
            members.setdefault(labels[row], []).append(row)
    return members


def leave_out(manifest: Manifest, item_ids: Collection[str]) -> Manifest:
    """Return the items but for some, and for the copies made from them; taxonomy and problems stay as they are."""
    kept = [source not in item_ids for source in find_sources(manifest)]
    return manifest.where(pl.lit(pl.Series(kept, dtype=pl.Boolean)))
