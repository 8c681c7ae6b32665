"""Small classes merged: by a map of one's own, or below a count into "other" or into their parent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from modiste.collect.balancing.classes import count_classes, name_column
from modiste.errors import SourceError, UnknownNameError, UsageError
from modiste.manifest import LABEL, Manifest, build_taxonomy
from modiste.taxonomy import Field, Taxonomy

__all__ = ["OTHER", "merge_classes", "merge_small_classes", "read_merge_map"]

OTHER = "other"


def read_merge_map(path: Path) -> dict[str, str]:
    """Read a CSV with the columns ``value`` and ``into``.

    Raises:
        SourceError: The file is not there, lacks a column, has an empty cell, or a value twice.
    """
    try:
        table = pl.read_csv(path, infer_schema=False)
        pairs = list(zip(table["value"], table["into"], strict=True))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"{path} is not a CSV with the columns value and into: {error}") from error
    found = dict(pairs)
    if len(found) < len(pairs) or any(not cell for pair in pairs for cell in pair):
        raise SourceError(f"{path} has an empty cell, or a value twice; expected one line value,into for each value")
    return found


def merge_classes(manifest: Manifest, field: str, into: Mapping[str, str]) -> Manifest:
    """Replace values of a field by others.

    Args:
        manifest: The items.
        field: A single field.
        into: Value -> the value it becomes, which may be new. Values it does not name stay.

    Returns:
        The items with their new labels, and a taxonomy in which the merged values are gone; a new value takes the
        place of the first one merged into it. What annotators said of the field is replaced alike.

    Raises:
        UnknownNameError: There is no such field or value.
        UsageError: The items have several values.

    Example:
        >>> rows = [{"item_id": i, "image": "x", "source": "x", "label.hue": h} for i, h in ("1a", "2b", "3c")]
        >>> merge_classes(Manifest.from_rows(rows), "hue", {"a": "c"}).labels("hue").to_list()
        ['c', 'b', 'c']
    """
    name_column(manifest, field)
    values = manifest.taxonomy[field].values
    for value in into:
        if value not in values:
            raise UnknownNameError(f"value of {field}", value, values)
    return _relabel(manifest, field, manifest.labels(field).replace(dict(into)), into)


def merge_small_classes(manifest: Manifest, field: str, min_count: int, *, into: str = OTHER) -> Manifest:
    """Merge the values that few items have.

    Args:
        manifest: The items.
        field: A single field.
        min_count: Values that fewer items have are merged.
        into: The value they become; ``"parent"`` is the item's value of the parent field, or ``"other"`` where that is
            not known.

    Returns:
        As `merge_classes`.

    Raises:
        UnknownNameError: There is no such field.
        UsageError: The items have several values, or the field has no parent.
    """
    small = [value for value, count in count_classes(manifest, field).items() if count < min_count]
    if into != "parent":
        return merge_classes(manifest, field, {value: into for value in small if value != into})
    parent = manifest.taxonomy[field].parent
    if parent is None:
        raise UsageError(f"{field!r} has no parent field; merge its small values into 'other' or a name of your own")
    columns = pl.DataFrame({"label": manifest.labels(field), "above": manifest.labels(parent).fill_null(OTHER)})
    chosen = pl.when(pl.col("label").is_in(small)).then("above").otherwise("label").alias("label")
    return _relabel(manifest, field, columns.select(chosen)["label"], dict.fromkeys(small, OTHER))


def _relabel(manifest: Manifest, field: str, labels: pl.Series, into: Mapping[str, str]) -> Manifest:
    items = manifest.items.with_columns(labels.alias(LABEL + field))
    said = manifest.opinions.with_columns(
        pl.when(pl.col("field") == field).then(pl.col("value").replace(dict(into))).otherwise("value").alias("value")
    )
    renamed = [into.get(value, value) for value in manifest.taxonomy[field].values]
    strangers = said.filter(pl.col("field") == field)["value"].to_list()
    values = tuple(dict.fromkeys([*renamed, *sorted(set(labels.drop_nulls())), *strangers]))
    return Manifest(_rebuild(manifest.taxonomy, items, field, values), items, manifest.problems, said, manifest.rows)


def _rebuild(taxonomy: Taxonomy, items: pl.DataFrame, field: str, values: tuple[str, ...]) -> Taxonomy:
    """Return the taxonomy with other values of a field; what may stand under what is counted anew where it changed."""
    parents = {item.name: item.parent for item in taxonomy if item.parent is not None}
    counted = build_taxonomy(items.select(LABEL + name for name in taxonomy.names), parents)
    used = set(items[LABEL + field].drop_nulls())
    fields = []
    for item in taxonomy:
        if item.name == field:
            kept = tuple(value for value in values if value in used or value in item.values)
            fields.append(Field(field, item.kind, kept, item.parent, counted[field].allowed))
        elif item.parent == field:
            fields.append(Field(item.name, item.kind, item.values, field, counted[item.name].allowed))
        else:
            fields.append(item)
    return Taxonomy(tuple(fields))
