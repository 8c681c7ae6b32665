"""From the outcomes of a fetch to its manifest and its error table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from modiste.collect.fetching.listing import ADDRESSES
from modiste.imaging import join_reference
from modiste.manifest import META, PROBLEM_SCHEMA, Manifest

__all__ = ["ERRORS", "build_fetched", "list_errors"]

ERRORS: dict[str, pl.DataType] = {
    "item_id": pl.String(),
    "address": pl.String(),
    "reason": pl.String(),
    "attempts": pl.Int64(),
}
_FACTS = ("address", "final", "sha256", "width", "height")


def build_fetched(
    manifest: Manifest, addresses: pl.DataFrame, outcomes: pl.DataFrame, *, name_shard: Callable[[int], Path]
) -> Manifest:
    """Build the manifest whose pictures lie in the shards.

    Args:
        manifest: Its pictures are addresses.
        addresses: As `list_addresses` gives them.
        outcomes: As `Store.read_outcomes` gives them; some addresses may lack one.
        name_shard: Number of a shard -> its path.

    Returns:
        The items whose picture arrived, and those that needed none; ``meta.address``, ``meta.final`` (where a redirect
        led to, else null), ``meta.sha256``, ``meta.width`` and ``meta.height`` say what was fetched. Boxes fit pictures
        that were resized. The others stand among the problems.
    """
    found = _join(manifest, addresses, outcomes)
    kept = found.filter(pl.col("member").is_not_null() | pl.col("address").is_null())
    shards = {number: join_reference(name_shard(number), "") for number in outcomes["shard"].drop_nulls().unique()}
    place = pl.col("shard").replace_strict(shards, default=None, return_dtype=pl.String)
    moved = pl.when(pl.col("final") != pl.col("address")).then("final")
    items = kept.with_columns(
        image=pl.when(pl.col("member").is_null()).then("image").otherwise(place + pl.col("member")),
        box=pl.when(pl.col("scale").is_null()).then("box").otherwise(pl.col("box") * pl.col("scale")),
        final=moved,
    )
    items = items.with_columns(pl.col(name).alias(META + name) for name in _FACTS)
    columns = list(dict.fromkeys([*manifest.items.columns, *(META + name for name in _FACTS)]))
    lost = list_errors(manifest, addresses, outcomes).select(
        where="address", reason="reason", kind=pl.lit("lost", pl.String)
    )
    problems = pl.concat([manifest.problems, lost.select(*PROBLEM_SCHEMA)])
    opinions = manifest.opinions.filter(pl.col("item_id").is_in(items["item_id"].implode()))
    return Manifest(manifest.taxonomy, items.select(columns), problems, opinions, manifest.rows)


def list_errors(manifest: Manifest, addresses: pl.DataFrame, outcomes: pl.DataFrame) -> pl.DataFrame:
    """Return the items whose picture did not arrive, with the reasons; the columns of `ERRORS`."""
    found = _join(manifest, addresses, outcomes)
    return found.filter(pl.col("member").is_null() & pl.col("address").is_not_null()).select(*ERRORS)


def _join(manifest: Manifest, addresses: pl.DataFrame, outcomes: pl.DataFrame) -> pl.DataFrame:
    """Return a row an item, with its address (null where it has none) and what became of it."""
    numbered = addresses.select(*ADDRESSES).with_row_index("number").with_columns(pl.col("number").cast(pl.Int64))
    known = numbered.join(outcomes, on="number", how="left").drop("expected")
    items = manifest.items
    return items.join(known, left_on="image", right_on="address", how="left", maintain_order="left").with_columns(
        address=pl.when(pl.col("number").is_not_null()).then("image")
    )
