"""Several fields learnt as one of many values: season and usage as "attributes"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from modiste.errors import RecipeError, UnknownNameError
from modiste.manifest import LABEL, Manifest
from modiste.taxonomy import Field, Taxonomy

__all__ = ["combine_fields"]


def combine_fields(manifest: Manifest, combine: Mapping[str, Sequence[str]]) -> Manifest:
    """Return the manifest with fields of many values in place of the fields that they are made of.

    A combined field holds all values of its parts. An item's labels are known if those of every part are: what is not
    labelled would else be learnt as absent.

    Args:
        manifest: The items.
        combine: Name of a combined field -> the names of its parts. A new name stands behind the other fields.

    Raises:
        RecipeError: A part is missing, is combined twice, shares a value with another part, or the new name is taken.

    Example:
        >>> row = {"item_id": "a", "image": "a", "source": "x", "label.season": "Fall", "label.usage": "Casual"}
        >>> shop = combine_fields(Manifest.from_rows([row]), {"attributes": ["season", "usage"]})
        >>> shop.taxonomy.names, shop.labels("attributes").to_list()
        (('attributes',), [['Fall', 'Casual']])
    """
    if not combine:
        return manifest
    taxonomy = _check(manifest.taxonomy, combine)
    items = manifest.items.with_columns(
        _join(manifest.taxonomy, parts).alias(LABEL + name) for name, parts in combine.items()
    )
    gone = [LABEL + name for name in manifest.taxonomy.names if name not in taxonomy]
    opinions = manifest.opinions.filter(pl.col("field").is_in(list(taxonomy.names)))
    return Manifest(taxonomy, items.drop(gone), manifest.problems, opinions, manifest.rows)


def _check(taxonomy: Taxonomy, combine: Mapping[str, Sequence[str]]) -> Taxonomy:
    """Return the taxonomy after combining."""
    parts = [part for names in combine.values() for part in names]
    try:
        fields = [taxonomy[part] for part in parts]
    except UnknownNameError as error:
        raise RecipeError(f"change data.combine: {error}") from error
    rest = [name for name in taxonomy.names if name not in parts]
    if len(set(parts)) < len(parts) or set(combine) & set(rest):
        raise RecipeError(
            f"data.combine uses a field twice, or gives a combined field a name that the data has: {dict(combine)}"
        )
    values = {
        name: tuple(value for part in names for value in taxonomy[part].values) for name, names in combine.items()
    }
    shared = [value for field in fields for value in field.values if sum(value in other.values for other in fields) > 1]
    if shared:
        raise RecipeError(
            f"data.combine: several of {', '.join(parts)} have the value {shared[0]!r}, which would become one; rename "
            "it in the data"
        )
    kept = taxonomy.select(tuple(rest)).fields
    return Taxonomy((*kept, *(Field(name, "multi", found) for name, found in values.items())))


def _join(taxonomy: Taxonomy, parts: Sequence[str]) -> pl.Expr:
    columns = [pl.col(LABEL + part) for part in parts]
    lists = [
        column if taxonomy[part].kind == "multi" else pl.concat_list(column)
        for part, column in zip(parts, columns, strict=True)
    ]
    known = pl.all_horizontal(column.is_not_null() for column in columns)
    return pl.when(known).then(pl.concat_list(lists))
