"""DeepFashion's category and attribute prediction benchmark: lists of categories, attributes, boxes and landmarks."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import polars as pl

from modiste.errors import SourceError, UnknownNameError
from modiste.manifest import LABEL, Manifest
from modiste.readers.base import Reader, ReaderOptions
from modiste.readers.building import Problems, build_manifest, note_unreadable
from modiste.readers.deepfashion_layout import (
    ATTRIBUTE_IMAGES,
    ATTRIBUTE_NAMES,
    BOXES,
    CATEGORY_IMAGES,
    CATEGORY_NAMES,
    CATEGORY_TYPE_FIELD,
    CATEGORY_TYPES,
    FINE_PARTS,
    LANDMARKS,
    PARTITION,
    find_list,
)
from modiste.readers.deepfashion_lists import (
    PART_ENDINGS,
    Lists,
    read_attributes,
    read_boxes,
    read_categories,
    read_landmarks,
    read_splits,
)
from modiste.readers.identifiers import make_item_ids
from modiste.readers.listed_pictures import find_listed
from modiste.readers.source import Source
from modiste.taxonomy import Field, Taxonomy

__all__ = ["DEEPFASHION"]

_AT_A_TIME = 2  # lists: the attributes take as long as all others together
_LABELS = (CATEGORY_IMAGES, ATTRIBUTE_IMAGES)
_PART_LABELS = tuple(
    f"{part}{PART_ENDINGS[name]}.txt" for name in (CATEGORY_IMAGES, ATTRIBUTE_IMAGES) for part in FINE_PARTS
)


def _find_folders(source: Source) -> list[str]:
    """Return the folders with labels of pictures: the nearest to the root first, coarse before fine."""
    names = [file.name for file in source.files if file.name.endswith(".txt")]
    listed = {posixpath.dirname(name) for name in names if posixpath.basename(name) in _LABELS}
    parted = {posixpath.dirname(name) for name in names if posixpath.basename(name) in _PART_LABELS}
    folders = listed | {folder for folder in parted if posixpath.join(folder, "train.txt") in set(names)}
    return sorted(folders, key=lambda folder: (folder.count("/"), "fine" in folder.lower(), folder))


def _match_folders(source: Source, options: ReaderOptions) -> list[str]:
    """Return the folders with labels, of them the one that the user named."""
    folders = _find_folders(source)
    if options.table is None:
        return folders
    wanted = options.table.rstrip("/")
    return [folder for folder in folders if folder == wanted or folder.endswith("/" + wanted)]


def _find_obstacle(source: Source, options: ReaderOptions) -> str | None:
    if _match_folders(source, options):
        return None
    return f"a list {CATEGORY_IMAGES} or {ATTRIBUTE_IMAGES} (or train.txt with train_cate.txt or train_attr.txt)"


def _find_lists(source: Source, folder: str, problems: Problems) -> Lists:
    """Find the lists in a folder; names of categories, and the parts, may also lie elsewhere."""
    listed = [file for file in source.files if file.name.endswith(".txt")]
    found = {posixpath.basename(file.name): file for file in listed if posixpath.dirname(file.name) == folder}
    parts = [f"{part}{ending}.txt" for part in FINE_PARTS for ending in ("", *PART_ENDINGS.values())]
    wanted = (CATEGORY_NAMES, CATEGORY_IMAGES, ATTRIBUTE_NAMES, ATTRIBUTE_IMAGES, BOXES, LANDMARKS, PARTITION, *parts)
    files = {name: found[name] for name in wanted if name in found}
    for name in (CATEGORY_NAMES, PARTITION):
        elsewhere = find_list(source.files, name, near=folder)
        if name not in files and elsewhere is not None:
            files[name] = elsewhere
    return Lists(source, files, problems)


def _choose_folder(source: Source, options: ReaderOptions, problems: Problems) -> str:
    folders = _match_folders(source, options)
    for other in folders[1:] if options.table is None else ():
        problems.remark(other, "more labels of the same benchmark; name the folder as the table to read these instead")
    return folders[0]


def _read(source: Source, options: ReaderOptions) -> Manifest:
    source = Source(source.path.parent) if source.is_file else source
    if options.table is not None and not _match_folders(source, options):
        raise UnknownNameError("folder of lists", options.table, _find_folders(source))
    obstacle = _find_obstacle(source, options)
    if obstacle is not None:
        raise SourceError(f"{source.path} is not laid out as DeepFashion is: it lacks {obstacle}")
    problems = Problems()
    lists = _find_lists(source, _choose_folder(source, options, problems), problems)
    fields, table = _read_lists(lists)
    rows = len(table)
    table = _select(table, options, problems)
    table = find_listed(table, source.files, problems)
    note_unreadable(source, kept=len(table), rows=len(table) + len(problems), problems=problems)
    items = table.with_columns(item_id=pl.Series(make_item_ids(table["listed"].to_list()), dtype=pl.String))
    return build_manifest(
        items.drop("listed"),
        problems,
        reader=DEEPFASHION.name,
        options=options,
        rows=rows,
        taxonomy=Taxonomy(tuple(fields)),
    )


def _read_lists(lists: Lists) -> tuple[list[Field], pl.DataFrame]:
    """Read all lists, two at a time; the table begins with the pictures of the first one that names any."""
    fields: list[Field] = []
    table = None
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        # Each notes its problems apart, so that they come in the same order whichever list is read first.
        apart = [(name, read, replace(lists, problems=Problems())) for name, read in _list_readings(lists)]
        pending = [(name, own, pool.submit(read, own)) for name, read, own in apart]
        for name, own, reading in pending:
            more, found = reading.result()
            lists.problems.extend(own.problems)
            fields += more
            table = found if table is None else _add(lists, table, found, name)
    return fields, pl.DataFrame(schema={"image": pl.String}) if table is None else table


def _list_readings(lists: Lists) -> Iterator[tuple[str, Callable[[Lists], tuple[list[Field], pl.DataFrame]]]]:
    """Yield what is to be read and how, in the order in which it is put together."""
    if lists.in_parts:
        yield PARTITION, lambda own: ([], read_splits(own))
    for name, read in ((CATEGORY_IMAGES, read_categories), (ATTRIBUTE_IMAGES, read_attributes)):
        if name in lists.files or (lists.in_parts and _has_part(lists, name)):
            yield name, read
    yield BOXES, lambda own: ([], read_boxes(own))
    yield LANDMARKS, lambda own: ([], read_landmarks(own))
    if not lists.in_parts:
        yield PARTITION, lambda own: ([], read_splits(own))


def _has_part(lists: Lists, name: str) -> bool:
    return any(part + PART_ENDINGS[name] + ".txt" in lists.files for part in FINE_PARTS)


def _add(lists: Lists, table: pl.DataFrame, more: pl.DataFrame, name: str) -> pl.DataFrame:
    """Join another list's columns; its pictures that the first list does not name are noted."""
    if table["image"].equals(more["image"]):  # as the published lists do; no picture has to be looked for then
        return table.hstack(more.drop("image"))
    for image in more.join(table, on="image", how="anti", maintain_order="left")["image"]:
        lists.problems.add(f"{name} ({image})", "a picture that the list of labels does not name")
    return table.join(more, on="image", how="left", maintain_order="left")


def _select(table: pl.DataFrame, options: ReaderOptions, problems: Problems) -> pl.DataFrame:
    """Keep the clothes that the user asked for, such as the upper-body ones."""
    if not options.category_types:
        return table
    for kind in options.category_types:
        if kind not in CATEGORY_TYPES:
            raise UnknownNameError("category type", kind, CATEGORY_TYPES)
    column = LABEL + CATEGORY_TYPE_FIELD
    if column not in table.columns:
        raise SourceError(f"category_types selects by {CATEGORY_IMAGES}, and there is none")
    return table.filter(pl.col(column).is_in(options.category_types))


DEEPFASHION = Reader(
    name="deepfashion",
    description="DeepFashion, category and attribute prediction: list_category_img.txt ..., coarse or fine",
    options=frozenset({"category_types", "table", "product_pattern"}),
    find_obstacle=_find_obstacle,
    read=_read,
)
