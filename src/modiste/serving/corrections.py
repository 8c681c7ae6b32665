"""Corrections as a table that readers take: for the next training, for ``modiste adapt`` and ``modiste data``."""

from __future__ import annotations

from typing import Any

import polars as pl

from modiste.catalogue import Catalogue, CatalogueItem
from modiste.serving.picture_names import PictureNames
from modiste.taxonomy import Taxonomy

__all__ = ["tabulate_corrections"]


def tabulate_corrections(catalogue: Catalogue, names: PictureNames | None = None) -> pl.DataFrame:
    """Return a table of the items that people corrected.

    Args:
        catalogue: The catalogue.
        names: What pictures are called in the table; None for the references of the catalogue, which are of use on
            this machine alone.

    Returns:
        ``item_id``, ``product_id``, ``image``, and each field that was corrected of any item: the value of a single
        field, a list for a multi field, null where nobody said anything.
    """
    taxonomy = catalogue.info.head.taxonomy
    rows = [row for item in catalogue if (row := _to_row(item, taxonomy)) is not None]
    used = [name for name in taxonomy.names if any(name in row for row in rows)]
    schema: dict[str, Any] = {"item_id": pl.String, "product_id": pl.String, "image": pl.String}
    schema |= {name: pl.String if taxonomy[name].kind == "single" else pl.List(pl.String) for name in used}
    if names is not None:
        rows = [{**row, "image": names.find(row["image"])} for row in rows]
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def _to_row(item: CatalogueItem, taxonomy: Taxonomy) -> dict[str, Any] | None:
    said: dict[str, list[str]] = {}
    for tag in item.tags:
        if tag.origin == "corrected" and tag.field in taxonomy:
            said.setdefault(tag.field, []).append(tag.value)
    if not said:
        return None
    labels = {name: values[0] if taxonomy[name].kind == "single" else values for name, values in said.items()}
    return {"item_id": item.item_id, "product_id": item.product_id, "image": item.image, **labels}
