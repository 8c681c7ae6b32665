"""Even years train, odd years judge: the shift of a shop's range over time."""

from __future__ import annotations

import polars as pl

from modiste.errors import UnknownNameError, UsageError
from modiste.manifest import META, Manifest
from modiste.splits.copies import join_copies
from modiste.splits.published import OUTSIDE

__all__ = ["make_year_parts"]

_YEAR = META + "year"


def make_year_parts(
    manifest: Manifest, *, column: str = _YEAR, by: str | None = None, commonest: int | None = None
) -> dict[str, str]:
    """Put the items of even years into ``train`` and those of odd years into ``test``.

    With ``commonest``, only items of the commonest values of a field are taken, and the others go into ``rare-train``
    and ``rare-test`` (the protocol of uditarora/fashion-product-classification: the 20 commonest article types first,
    the others as a second, harder task). The values are counted over both years.

    Args:
        manifest: The items.
        column: The column that holds the year.
        by: The single field whose values are counted; needed with ``commonest``.
        commonest: How many values; of equally common ones those that come first by name.

    Returns:
        Item id -> part; items without a year, and with ``commonest`` those without a value, are ``outside``. Copies
        are in the part of their source.

    Raises:
        UnknownNameError: There is no such column or field.
        UsageError: The column does not hold whole numbers, ``by`` is missing, or one of the parts is empty.

    Example:
        >>> rows = [{"item_id": str(y), "image": "x", "source": "x", "meta.year": y} for y in (2011, 2012, None)]
        >>> make_year_parts(Manifest.from_rows(rows))
        {'2011': 'test', '2012': 'train', 'None': 'outside'}
    """
    items = manifest.without_copies().items
    if column not in items.columns:
        raise UnknownNameError("column", column, [name for name in items.columns if name.startswith(META)])
    years = items[column].cast(pl.Int64, strict=False)
    if years.null_count() == len(years):
        raise UsageError(f"{column} holds no year, but such as {items[column].head(2).to_list()}; name another column")
    parts = (years % 2).replace_strict([0, 1], ["train", "test"], default=None, return_dtype=pl.String)
    if commonest is not None:
        parts = _part_by_frequency(manifest.without_copies(), parts, by, commonest)
    if not {"train", "test"} <= set(parts.drop_nulls()):
        raise UsageError(f"{column} has no even or no odd years: {sorted(set(years.drop_nulls()))[:10]}")
    return join_copies(manifest, dict(zip(items["item_id"], parts.fill_null(OUTSIDE), strict=True)))


def _part_by_frequency(manifest: Manifest, parts: pl.Series, by: str | None, commonest: int) -> pl.Series:
    if by is None or commonest < 1:
        raise UsageError("name the field whose commonest values are taken, such as --commonest 20 --by articleType")
    if manifest.taxonomy[by].kind != "single":
        raise UsageError(f"{by!r} has several values an item; name a field with one")
    labels = manifest.labels(by)
    names, counts = labels.name, labels.filter(parts.is_not_null()).drop_nulls().value_counts()
    common = counts.sort(["count", names], descending=[True, False])[names].head(commonest)
    table = pl.DataFrame({"part": parts, "label": labels})
    rare = "rare-" + pl.col("part")
    chosen = pl.when(pl.col("label").is_in(common.implode())).then("part").otherwise(rare)
    return table.select(pl.when(pl.col("label").is_not_null()).then(chosen).alias("part"))["part"]
