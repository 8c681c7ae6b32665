"""The first step of every writer: leave out what its format has no room for, as it declares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from modiste.errors import UsageError
from modiste.manifest import LABEL, META, OPINION_SCHEMA, Manifest
from modiste.taxonomy import Field, Taxonomy
from modiste.writers.base import Keeps, Names

__all__ = ["choose_fields", "keep_declared", "rename_fields"]


def choose_fields(manifest: Manifest, keeps: Keeps, chosen: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the fields that a format has room for, in the taxonomy's order or in that of ``chosen``.

    Raises:
        UnknownNameError: There is no such field.
        UsageError: A field that was chosen does not fit the format.
    """
    fields = [manifest.taxonomy[name] for name in chosen] or list(manifest.taxonomy)
    fitting = tuple(field.name for field in fields if _has_room(keeps, field))
    strangers = [field for field in fields if field.name not in fitting]
    if chosen and strangers:
        room = keeps.single if strangers[0].kind == "single" else keeps.multi
        raise UsageError(
            f"the format has no room for the {strangers[0].kind} field {strangers[0].name!r}; "
            f"it takes: {', '.join(room or ()) or 'none of this kind'}"
        )
    return fitting


def _has_room(keeps: Keeps, field: Field) -> bool:
    return _fits(field.name, keeps.single if field.kind == "single" else keeps.multi)


def _fits(name: str, room: Names) -> bool:
    return room is None or name in room


def keep_declared(manifest: Manifest, keeps: Keeps, fields: Sequence[str]) -> Manifest:
    """Return the manifest without what a format does not declare.

    Args:
        manifest: The data set.
        keeps: What the format keeps.
        fields: The fields to keep.

    Example:
        >>> rows = [{"item_id": "1", "image": "1.jpg", "source": "x", "title": "Shoe", "label.type": "Shoes"}]
        >>> kept = keep_declared(Manifest.from_rows(rows), Keeps(title=False), ["type"])
        >>> kept.items["title"].to_list(), kept.labels("type").to_list()
        ([None], ['Shoes'])
    """
    items = manifest.items
    columns = [pl.col("item_id", "image", "source")]
    columns.append(pl.col("product_id") if keeps.product_id else pl.col("item_id").alias("product_id"))
    columns.append(_keep_splits(keeps.splits))
    columns += [pl.col(name) if getattr(keeps, name) else _blank(items, name) for name in ("box", "title")]
    columns += [pl.col(LABEL + name) for name in fields]
    free = [name for name in items.columns if name.startswith(META)]
    columns += [pl.col(name) for name in free if _fits(name.removeprefix(META), keeps.meta)]
    opinions = manifest.opinions if keeps.opinions else pl.DataFrame(schema=OPINION_SCHEMA)
    taxonomy = _select(manifest.taxonomy, fields, keeps)
    opinions = opinions.filter(pl.col("field").is_in(fields))
    return Manifest(taxonomy, items.select(columns), manifest.problems, opinions, manifest.rows)


def _keep_splits(room: Names) -> pl.Expr:
    split = pl.col("split")
    return split if room is None else pl.when(split.is_in(room)).then(split).alias("split")


def _blank(items: pl.DataFrame, name: str) -> pl.Expr:
    return pl.lit(None, dtype=items.schema[name]).alias(name)


def _select(taxonomy: Taxonomy, fields: Sequence[str], keeps: Keeps) -> Taxonomy:
    selected = taxonomy.select(tuple(fields))
    if keeps.hierarchy:
        return selected
    return Taxonomy(tuple(Field(field.name, field.kind, field.values) for field in selected))


def rename_fields(manifest: Manifest, names: Sequence[tuple[str, str]]) -> Manifest:
    """Return the manifest with some fields called otherwise.

    Args:
        manifest: The data set.
        names: Pairs of the old and the new name.

    Raises:
        UnknownNameError: There is no such field.
        ManifestError: Two fields would have one name.
    """
    if not names:
        return manifest
    new = {manifest.taxonomy[old].name: name for old, name in names}
    fields = [
        replace(field, name=new.get(field.name, field.name), parent=new.get(field.parent or "", field.parent))
        for field in manifest.taxonomy
    ]
    items = manifest.items.rename({LABEL + old: LABEL + name for old, name in new.items()})
    opinions = manifest.opinions.with_columns(pl.col("field").replace(new))
    return Manifest(Taxonomy(tuple(fields)), items, manifest.problems, opinions, manifest.rows)
