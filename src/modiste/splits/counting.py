"""How many items of each value are in each part."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from modiste.manifest import Manifest
from modiste.splits.labels import list_label_pairs

__all__ = ["count_parts"]


def count_parts(
    manifest: Manifest, parts: Mapping[str, str], *, by: str | None = None, rest: str = "train"
) -> pl.DataFrame:
    """Count the items of each value in each part; copies do not count.

    Args:
        manifest: The items.
        parts: Item id -> part.
        by: A field or column; without one all items are counted together.
        rest: The part of the items that ``parts`` does not name.

    Returns:
        ``value`` (null where nothing is known), the commonest first, and a column for each part, by name.

    Raises:
        UnknownNameError: There is no such field or column.

    Example:
        >>> rows = [{"item_id": i, "image": "x", "source": "x", "label.hue": "red"} for i in "ab"]
        >>> count_parts(Manifest.from_rows(rows), {"a": "test"}, by="hue").rows()
        [('red', 1, 1)]
    """
    items = manifest.without_copies()
    ids = items.items["item_id"]
    table = pl.DataFrame({"row": pl.int_range(len(ids), dtype=pl.Int64, eager=True)})
    table = table.with_columns(pl.Series("part", [parts.get(item, rest) for item in ids], dtype=pl.String))
    table = table.join(_list_values(items, by), on="row", how="left")
    names = sorted(table["part"].unique())
    counted = table.group_by("value").agg(*((pl.col("part") == name).sum().alias(name) for name in names), pl.len())
    return counted.sort(["len", "value"], descending=[True, False]).select("value", *names)


def _list_values(items: Manifest, by: str | None) -> pl.DataFrame:
    if by is None:
        return pl.DataFrame(schema={"row": pl.Int64, "value": pl.String})
    pairs = list_label_pairs(items, [by])
    values = [pairs.names[label][1] for label in pairs.labels.tolist()]
    return pl.DataFrame({"row": pairs.rows, "value": pl.Series(values, dtype=pl.String)})
