"""The labels of a manifest as pairs of row and number: what iterative stratification reads."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.errors import UnknownNameError, UsageError
from modiste.manifest import LABEL, META, Manifest

__all__ = ["LabelPairs", "list_label_pairs"]


class LabelPairs(NamedTuple):
    """Which item has which label.

    Args:
        rows: int64 [pairs]; the item's row.
        labels: int64 [pairs]; the label's number.
        names: (column, value) of each number, sorted.
    """

    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    names: tuple[tuple[str, str], ...]


def list_label_pairs(manifest: Manifest, columns: Sequence[str], *, min_count: int = 1) -> LabelPairs:
    """List the labels of some columns; the same value in two columns is two labels.

    Args:
        manifest: The items.
        columns: Fields of the taxonomy, free columns (``meta.NAME``), or patterns of either (``meta.attribute.*``).
        min_count: Values that fewer items have are left out.

    Returns:
        Each pair once, sorted by row; what is null has no label.

    Raises:
        UnknownNameError: There is no such column.
        UsageError: A column can't serve as labels, or no value is frequent enough.

    Example:
        >>> rows = [{"item_id": "a", "image": "a", "source": "x", "label.hue": "red", "label.style": ["b", "a"]}]
        >>> list_label_pairs(Manifest.from_rows(rows), ["hue", "style"]).names
        (('hue', 'red'), ('style', 'a'), ('style', 'b'))
    """
    names = list(dict.fromkeys(name for column in columns for name in _find_columns(manifest, column)))
    table = pl.concat([_list_values(manifest, name) for name in names]).unique()
    table = table.filter(pl.len().over("column", "value") >= min_count).sort("column", "value", "row")
    if not table.height:
        raise UsageError(f"no value of {', '.join(columns)} occurs {min_count} times or more; lower the minimum")
    known = table.select("column", "value").unique(maintain_order=True)
    table = table.join(known.with_row_index("label"), on=["column", "value"]).sort("row", "label")
    rows, labels = (table[name].cast(pl.Int64).to_numpy() for name in ("row", "label"))
    return LabelPairs(rows, labels, tuple((column, value) for column, value in known.iter_rows()))


def _find_columns(manifest: Manifest, wanted: str) -> list[str]:
    known = [*manifest.taxonomy.names, *(name for name in manifest.items.columns if name.startswith(META))]
    found = [wanted] if wanted in known else fnmatch.filter(known, wanted)
    if not found:
        raise UnknownNameError("field or column", wanted, known)
    return found


def _list_values(manifest: Manifest, name: str) -> pl.DataFrame:
    column = manifest.items[name if name.startswith(META) else LABEL + name]
    inner = column.dtype.inner if isinstance(column.dtype, pl.List) else column.dtype
    if inner.is_nested():
        raise UsageError(f"{name} holds {column.dtype}, no labels; name a field, or a column of texts or numbers")
    table = pl.DataFrame({"row": pl.int_range(len(column), dtype=pl.Int64, eager=True), "value": column})
    if isinstance(column.dtype, pl.List):
        table = table.explode("value", empty_as_null=True)
    return table.drop_nulls("value").select("row", pl.lit(name).alias("column"), pl.col("value").cast(pl.String))
