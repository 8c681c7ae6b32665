"""Copies of items: over-sampled and augmented ones, which stay in the part of the item they were made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from modiste.manifest import COPY_OF, Manifest

__all__ = ["find_sources", "join_copies", "replace_parts"]


def find_sources(manifest: Manifest) -> list[str]:
    """Return for every item the id of the item it was copied from, for an original its own id.

    Example:
        >>> rows = [{"item_id": "a", "image": "a", "source": "x", "meta.copy_of": None}]
        >>> rows += [{"item_id": "a~1", "image": "b", "source": "x", "meta.copy_of": "a"}]
        >>> find_sources(Manifest.from_rows(rows))
        ['a', 'a']
    """
    if COPY_OF not in manifest.items.columns:
        return manifest.items["item_id"].to_list()
    return manifest.items.select(pl.coalesce(pl.col(COPY_OF).cast(pl.String), "item_id"))[COPY_OF].to_list()


def join_copies(manifest: Manifest, parts: Mapping[str, str]) -> dict[str, str]:
    """Give every copy the part of its source.

    Args:
        manifest: Originals and copies.
        parts: Item id -> part, of originals.

    Returns:
        Item id -> part for each item whose source has one.
    """
    sources = zip(manifest.items["item_id"], find_sources(manifest), strict=True)
    return {item: parts[source] for item, source in sources if source in parts}


def replace_parts(manifest: Manifest, parts: Sequence[str | None]) -> Manifest:
    """Return the manifest with another ``split`` column.

    Args:
        manifest: The items.
        parts: [n], one part an item, in the order of the items.
    """
    items = manifest.items.with_columns(pl.Series("split", parts, dtype=pl.String))
    return Manifest(manifest.taxonomy, items, manifest.problems, manifest.opinions, manifest.rows)
