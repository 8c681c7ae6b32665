"""DeepFashion's category and attribute prediction: lists of categories, attributes, boxes and parts, and img/."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import polars as pl

from modiste.errors import UsageError
from modiste.manifest import LABEL, Manifest
from modiste.readers.attribute_lists import UNKNOWN
from modiste.readers.deepfashion import DEEPFASHION as READER
from modiste.readers.deepfashion_layout import (
    ATTRIBUTE_IMAGES,
    ATTRIBUTE_NAMES,
    ATTRIBUTE_TYPES,
    BOXES,
    CATEGORY_FIELD,
    CATEGORY_IMAGES,
    CATEGORY_NAMES,
    CATEGORY_TYPE_FIELD,
    CATEGORY_TYPES,
    COLUMNS,
    FINE_ATTRIBUTE_TYPES,
    PARTITION,
    SPLITS,
)
from modiste.taxonomy import Taxonomy
from modiste.writers.base import Keeps, Prepared, Writer, WriterOptions
from modiste.writers.counted_lists import (
    Lists,
    check_list_names,
    format_corners,
    list_attribute_values,
    prepare_by_lists,
    to_counted_list,
    write_by_lists,
)
from modiste.writers.job import Job
from modiste.writers.names import make_file_names

__all__ = ["DEEPFASHION"]

_TYPES = tuple(dict.fromkeys((*ATTRIBUTE_TYPES, *FINE_ATTRIBUTE_TYPES)))
_META = tuple(UNKNOWN.partition(".")[2] + name for name in _TYPES)
_PARTS = {part: status for status, part in SPLITS.items()}


def _prepare(manifest: Manifest, options: WriterOptions, name: str) -> Prepared:
    taxonomy = manifest.taxonomy
    if CATEGORY_FIELD in taxonomy:
        _check_categories(taxonomy)
    elif not any(kind in taxonomy for kind in _TYPES):
        raise UsageError(
            f"DeepFashion's lists hold the fields {CATEGORY_FIELD} (in {CATEGORY_TYPE_FIELD}), {', '.join(_TYPES)}; "
            f"none of them is there. Give yours such a name: --rename articleType={CATEGORY_FIELD}"
        )
    _find_types(taxonomy)
    check_list_names(value for field in taxonomy for value in field.values)
    paths = [f"img/{name}" for name in make_file_names(manifest.items["item_id"].to_list(), spaces=False)]
    return prepare_by_lists(manifest, paths, partial(_make_lists, taxonomy), reader=READER.name)


def _check_categories(taxonomy: Taxonomy) -> None:
    category = taxonomy[CATEGORY_FIELD]
    homeless = [value for value in category.values if len(category.allowed.get(value, ())) != 1]
    strange = set(taxonomy[category.parent].values) - set(CATEGORY_TYPES) if category.parent else {"none"}
    if homeless or strange or category.parent != CATEGORY_TYPE_FIELD:
        raise UsageError(
            f"each {CATEGORY_FIELD} stands in one {CATEGORY_TYPE_FIELD} ({', '.join(CATEGORY_TYPES)}) in DeepFashion's "
            f"lists; {', '.join([*homeless, *sorted(strange)][:3])} does not. Leave it out: --keep"
        )


def _find_types(taxonomy: Taxonomy) -> tuple[str, ...]:
    """Return the attribute types, of the coarse or the fine variant, that have room for the fields."""
    used = [name for name in _TYPES if name in taxonomy]
    for types in (ATTRIBUTE_TYPES, FINE_ATTRIBUTE_TYPES):
        if set(used) <= set(types):
            return types
    raise UsageError(
        f"the attributes {', '.join(used)} belong to two variants of DeepFashion: {', '.join(ATTRIBUTE_TYPES)}, or "
        f"{', '.join(FINE_ATTRIBUTE_TYPES)}. Choose with --keep"
    )


def _make_lists(taxonomy: Taxonomy, items: pl.DataFrame, pictures: Sequence[str]) -> Lists:
    types = _find_types(taxonomy)
    folder = "Anno_fine" if types == FINE_ATTRIBUTE_TYPES else "Anno_coarse"
    lists: dict[str, str] = {}
    if CATEGORY_FIELD in taxonomy:
        lists[CATEGORY_NAMES] = to_counted_list(COLUMNS[CATEGORY_NAMES], _list_categories(taxonomy))
        numbers = {value: at for at, value in enumerate(taxonomy[CATEGORY_FIELD].values, 1)}
        labels = (numbers.get(value, 0) for value in items[LABEL + CATEGORY_FIELD])
        lists[CATEGORY_IMAGES] = to_counted_list(COLUMNS[CATEGORY_IMAGES], _pair(pictures, labels))
    names = {kind: taxonomy[kind].values for kind in types if kind in taxonomy and len(taxonomy[kind])}
    if names:
        numbered = (f"{value} {types.index(kind) + 1}" for kind, values in names.items() for value in values)
        lists[ATTRIBUTE_NAMES] = to_counted_list(COLUMNS[ATTRIBUTE_NAMES], numbered)
        unknown = {kind: items[UNKNOWN + kind] for kind in names if UNKNOWN + kind in items.columns}
        values = list_attribute_values(items, names, unknown)
        lists[ATTRIBUTE_IMAGES] = to_counted_list(COLUMNS[ATTRIBUTE_IMAGES], _pair(pictures, values))
    boxes = [None if box is None else format_corners(box) for box in items["box"].to_list()]
    if any(boxes):
        lists[BOXES] = to_counted_list(COLUMNS[BOXES], _pair(pictures, boxes))
    placed = {f"{folder}/{name}": text for name, text in lists.items()}
    if items["split"].count():
        parts = (None if split is None else _PARTS.get(split, split) for split in items["split"])
        placed[f"Eval/{PARTITION}"] = to_counted_list(COLUMNS[PARTITION], _pair(pictures, parts))
    return placed


def _list_categories(taxonomy: Taxonomy) -> Iterator[str]:
    category = taxonomy[CATEGORY_FIELD]
    for value in category.values:
        (kind,) = category.allowed[value]
        yield f"{value} {CATEGORY_TYPES.index(kind) + 1}"


def _pair(pictures: Sequence[str], values: Iterable[object]) -> Iterator[str]:
    return (f"{picture} {value}" for picture, value in zip(pictures, values, strict=True) if value is not None)


def _write(prepared: Prepared, job: Job) -> None:
    write_by_lists(prepared, job, partial(_make_lists, prepared.manifest.taxonomy))


DEEPFASHION = Writer(
    name="deepfashion",
    description="DeepFashion, category and attribute prediction: list_category_img.txt, list_attr_img.txt ... and img/",
    reader=READER.name,
    keeps=Keeps(
        item_id=False,
        product_id=False,
        title=False,
        single=(CATEGORY_TYPE_FIELD, CATEGORY_FIELD),
        multi=_TYPES,
        values=False,
        opinions=False,
        meta=_META,
    ),
    prepare=_prepare,
    write=_write,
)
