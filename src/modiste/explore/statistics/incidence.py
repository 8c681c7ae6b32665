"""Which item has which value: a field's labels as pairs of numbers, the form that everything else counts."""

from __future__ import annotations

import polars as pl

from modiste.manifest import LABEL
from modiste.taxonomy import Field

__all__ = ["list_incidences"]


def list_incidences(items: pl.DataFrame, field: Field) -> pl.DataFrame:
    """List the labels of a field, one row a label of an item.

    Args:
        items: The items of a manifest.
        field: The field; a label that an item has twice counts once.

    Returns:
        ``item`` (the row in ``items``) and ``value``, ordered by item; items without a label don't occur.

    Example:
        >>> items = pl.DataFrame({"label.style": [["a", "b", "a"], None, ["b"]]})
        >>> list_incidences(items, Field("style", "multi", ("a", "b"))).rows()
        [(0, 'a'), (0, 'b'), (2, 'b')]
    """
    labels = items.select(value=pl.col(LABEL + field.name)).with_row_index("item")
    if field.kind == "multi":
        labels = labels.with_columns(pl.col("value").list.unique(maintain_order=True))
        labels = labels.explode("value", empty_as_null=True)
    return labels.drop_nulls("value")
