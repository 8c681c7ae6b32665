"""From the outcomes of a fetch to its manifest and its error table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import polars as pl

from modiste.collect.fetching.listing import number_images
from modiste.imaging import join_reference
from modiste.manifest import META, PROBLEM_SCHEMA, Manifest

__all__ = ["ERRORS", "build_fetched"]

ERRORS: dict[str, pl.DataType] = {
    "item_id": pl.String(),
    "address": pl.String(),
    "reason": pl.String(),
    "attempts": pl.Int64(),
}
_SLICE = 65_536  # items
_FACTS = ("address", "final", "sha256", "width", "height")


def build_fetched(
    manifest: Manifest, addresses: pl.DataFrame, outcomes: pl.DataFrame, *, name_shard: Callable[[int], Path]
) -> tuple[Manifest, pl.DataFrame]:
    """Build the manifest whose pictures lie in the shards, and the table of what did not arrive.

    Args:
        manifest: Its pictures are addresses.
        addresses: As `list_addresses` gives them.
        outcomes: As `Store.read_outcomes` gives them; some addresses may lack one.
        name_shard: Number of a shard -> its path.

    Returns:
        The items whose picture arrived, and those that needed none; ``meta.address``, ``meta.final`` (where a redirect
        led to, else null), ``meta.sha256``, ``meta.width`` and ``meta.height`` say what was fetched. Boxes fit pictures
        that were resized. The others stand among the problems, and with their reasons in the table, whose columns are
        those of `ERRORS`.
    """
    shards = {number: join_reference(name_shard(number), "") for number in outcomes["shard"].drop_nulls().unique()}
    columns = list(dict.fromkeys([*manifest.items.columns, *(META + name for name in _FACTS)]))
    arrived, failed = [], []
    for found in _match(manifest.items, addresses, outcomes):
        arrived.append(_place(found, shards).select(columns))
        failed.append(found.filter(pl.col("member").is_null() & pl.col("address").is_not_null()).select(*ERRORS))
    items, errors = pl.concat(arrived), pl.concat(failed)
    lost = errors.select(where="address", reason="reason", kind=pl.lit("lost", pl.String))
    problems = pl.concat([manifest.problems, lost.select(*PROBLEM_SCHEMA)])
    opinions = manifest.opinions.filter(pl.col("item_id").is_in(items["item_id"].implode()))
    return Manifest(manifest.taxonomy, items, problems, opinions, manifest.rows), errors


def _match(items: pl.DataFrame, addresses: pl.DataFrame, outcomes: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield slices of the items, with their ``address`` (null where they have none) and what became of it.

    A join would hold a million items four times over, so rows are picked by their number, a slice at a time.
    """
    rows = np.full(addresses.height, -1)
    rows[outcomes["number"].to_numpy()] = np.arange(outcomes.height)
    known = outcomes.drop("number")
    for part in items.with_columns(number_images(items["image"], addresses)).iter_slices(_SLICE):
        row = pl.Series(rows).gather(part["number"])
        picked = known.select(pl.all().gather(row.set(row < 0, None)))
        found = pl.concat([part, picked], how="horizontal")
        yield found.with_columns(address=pl.when(pl.col("number").is_not_null()).then("image"))


def _place(found: pl.DataFrame, shards: Mapping[int, str]) -> pl.DataFrame:
    """Return the items with a picture, or without need of one, and what was fetched."""
    place = pl.col("shard").replace_strict(shards, default=None, return_dtype=pl.String)
    kept = found.filter(pl.col("member").is_not_null() | pl.col("address").is_null()).with_columns(
        image=pl.when(pl.col("member").is_null()).then("image").otherwise(place + pl.col("member")),
        box=pl.when(pl.col("scale").is_null()).then("box").otherwise(pl.col("box") * pl.col("scale")),
    )
    return kept.with_columns(pl.col(name).alias(META + name) for name in _FACTS)
