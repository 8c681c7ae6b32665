"""DeepFashion's in-shop retrieval: several pictures of each product, split into train, query and gallery."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial

import polars as pl

from modiste.errors import UsageError
from modiste.manifest import LABEL, META, Manifest
from modiste.readers.deepfashion_inshop import ATTRIBUTE_FIELD, COLOUR_FIELD, GENDER_FIELD, POSE_FIELD
from modiste.readers.deepfashion_inshop import DEEPFASHION_INSHOP as READER
from modiste.readers.deepfashion_layout import (
    ATTRIBUTE_ITEMS,
    ATTRIBUTE_NAMES,
    CATEGORY_FIELD,
    CATEGORY_TYPE_FIELD,
    CATEGORY_TYPES,
    COLUMNS,
    INSHOP_BOXES,
    INSHOP_COLOURS,
    INSHOP_DESCRIPTIONS,
    INSHOP_ITEMS,
    INSHOP_PARTITION_COLUMNS,
    INSHOP_POSES,
    PARTITION,
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

__all__ = ["DEEPFASHION_INSHOP"]

_DESCRIPTION = "description"
_PARTS = ("train", "query", "gallery")


def _prepare(manifest: Manifest, options: WriterOptions, name: str) -> Prepared:
    items = manifest.items
    unplaced = items["split"].null_count()
    if unplaced:
        raise UsageError(
            f"in-shop retrieval needs a part of each item ({', '.join(_PARTS)}); {unplaced:,} of {len(items):,} "
            "have none. Split the set first, or write another format: --to deepfashion"
        )
    listed = [name for name in (ATTRIBUTE_FIELD, COLOUR_FIELD) if name in manifest.taxonomy]
    check_list_names(value for name in listed for value in manifest.taxonomy[name].values)
    products = items["product_id"].unique(maintain_order=True).to_list()
    codes = dict(zip(products, make_file_names(products, spaces=False), strict=True))
    coded = items.with_columns(product_id=items["product_id"].replace_strict(codes, return_dtype=pl.String))
    manifest = Manifest(manifest.taxonomy, coded)
    return prepare_by_lists(manifest, _make_paths(coded), partial(_make_lists, manifest.taxonomy), reader=READER.name)


def _make_paths(items: pl.DataFrame) -> list[str]:
    """Return where the pictures go: below gender and category, from which a reader takes both."""
    names = make_file_names(items["item_id"].to_list(), spaces=False)
    products = items["product_id"].rank("dense").cast(pl.Int64)
    folders = [_name_folders(items, field) for field in (GENDER_FIELD, CATEGORY_FIELD)]
    known = all(folders)
    places = zip(*(folder for folder in folders if folder), strict=True) if known else iter([()] * len(items))
    return [
        "/".join(["img", *place, f"id_{product:08}", name]) if known else f"img/id_{product:08}/{name}"
        for place, product, name in zip(places, products, names, strict=True)
    ]


def _name_folders(items: pl.DataFrame, field: str) -> list[str]:
    """Return a folder for each item's value; none at all if an item has none, as a folder always says something."""
    column = LABEL + field
    if column not in items.columns or items[column].null_count():
        return []
    values = sorted(items[column].unique())
    names = dict(zip(values, make_file_names(values, spaces=False), strict=True))
    return [names[value] for value in items[column]]


def _make_lists(taxonomy: Taxonomy, items: pl.DataFrame, pictures: Sequence[str]) -> Lists:
    products = items["product_id"].to_list()
    parts = zip(pictures, products, items["split"], strict=True)
    lists = {
        f"Eval/{PARTITION}": to_counted_list(INSHOP_PARTITION_COLUMNS, map(" ".join, parts)),
        f"Anno/{INSHOP_ITEMS}": "\n".join(_count(dict.fromkeys(products))),
    }
    boxes = list(_list_boxes(items, pictures))
    if boxes:
        lists[f"Anno/{INSHOP_BOXES}"] = to_counted_list(COLUMNS[INSHOP_BOXES], boxes)
    if COLOUR_FIELD in taxonomy:
        colours = zip(pictures, items[LABEL + COLOUR_FIELD], strict=True)
        rows = (f"{picture} {colour}" for picture, colour in colours if colour is not None)
        lists[f"Anno/{INSHOP_COLOURS}"] = to_counted_list(("image_name", "color"), rows)
    if ATTRIBUTE_FIELD in taxonomy and len(taxonomy[ATTRIBUTE_FIELD]):
        values = taxonomy[ATTRIBUTE_FIELD].values
        first = items.unique("product_id", keep="first", maintain_order=True)
        marks = list_attribute_values(first, {ATTRIBUTE_FIELD: values}, {})
        rows = (f"{product} {row}" for product, row in zip(first["product_id"], marks, strict=True))
        lists[f"Anno/{ATTRIBUTE_NAMES}"] = to_counted_list(("attribute_name",), values)
        lists[f"Anno/{ATTRIBUTE_ITEMS}"] = to_counted_list(("item_id", "attribute_labels"), rows)
    if META + _DESCRIPTION in items.columns:
        lists[f"Anno/{INSHOP_DESCRIPTIONS}"] = json.dumps(list(_list_descriptions(items)), ensure_ascii=False, indent=1)
    return lists


def _count(names: dict[str, None]) -> Iterator[str]:
    yield str(len(names))
    yield from names
    yield ""


def _list_boxes(items: pl.DataFrame, pictures: Sequence[str]) -> Iterator[str]:
    """Yield the rows of boxes; a row says clothes type and pose as well, so it is written where all are known."""
    columns = [LABEL + CATEGORY_TYPE_FIELD, LABEL + POSE_FIELD]
    if not set(columns) <= set(items.columns):
        return
    rows = zip(pictures, *(items[column] for column in columns), items["box"].to_list(), strict=True)
    for picture, kind, pose, box in rows:
        if kind in CATEGORY_TYPES and pose in INSHOP_POSES and box is not None:
            yield f"{picture} {CATEGORY_TYPES.index(kind) + 1} {INSHOP_POSES.index(pose) + 1} {format_corners(box)}"


def _list_descriptions(items: pl.DataFrame) -> Iterator[dict[str, object]]:
    first = items.unique("product_id", keep="first", maintain_order=True)
    for product, text in first.select("product_id", META + _DESCRIPTION).iter_rows():
        if isinstance(text, str):
            yield {"item": product, "description": text.split("\n")}


def _write(prepared: Prepared, job: Job) -> None:
    write_by_lists(prepared, job, partial(_make_lists, prepared.manifest.taxonomy))


DEEPFASHION_INSHOP = Writer(
    name="deepfashion-inshop",
    description="DeepFashion, in-shop retrieval: list_eval_partition.txt, list_bbox_inshop.txt ... and img/",
    reader=READER.name,
    keeps=Keeps(
        item_id=False,
        title=False,
        single=(GENDER_FIELD, CATEGORY_FIELD, CATEGORY_TYPE_FIELD, COLOUR_FIELD, POSE_FIELD),
        multi=(ATTRIBUTE_FIELD,),
        hierarchy=False,
        values=False,
        opinions=False,
        meta=(_DESCRIPTION,),
    ),
    prepare=_prepare,
    write=_write,
)
