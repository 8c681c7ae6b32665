"""A folder for each class, or a level of folders for each of several fields, below train / validation / test."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from modiste.errors import UsageError
from modiste.manifest import LABEL, Manifest
from modiste.readers import ReaderOptions
from modiste.readers.building import Problems, build_manifest
from modiste.readers.class_folders import CLASS_FOLDERS as READER
from modiste.readers.identifiers import standardise_split
from modiste.taxonomy import Taxonomy
from modiste.writers.base import Keeps, Prepared, Writer, WriterOptions
from modiste.writers.job import Job
from modiste.writers.names import make_file_names

__all__ = ["CLASS_FOLDERS"]

_SPLITS = ("train", "validation", "test", "control")


def _prepare(manifest: Manifest, options: WriterOptions, name: str) -> Prepared:
    levels = options.fields or manifest.taxonomy.names
    if len(levels) != 1 and not options.fields:
        raise UsageError(_ask_for_levels(manifest.taxonomy))
    first = manifest.labels(levels[0])
    rows = [at for at, value in enumerate(first) if value is not None]
    if not rows:
        raise UsageError(f"no item has a label of {levels[0]!r}, so there is no class folder to put it in")
    items = manifest.items[rows]
    paths = _make_folders(items, levels)
    _check_uppermost(paths, levels)
    splits = items["split"] if not items["split"].null_count() else pl.Series("split", [None] * len(rows), pl.String)
    names = make_file_names(items["item_id"].to_list())
    parts = zip(splits, paths, names, strict=True)
    ids = ["/".join([*([split] if split else []), *path, item]) for split, path, item in parts]
    columns = [pl.Series("item_id", ids, pl.String), items["image"], splits]
    for depth, level in enumerate(levels):
        values = [path[depth] if depth < len(path) else None for path in paths]
        columns.append(pl.Series(LABEL + level, values, pl.String))
    reading = ReaderOptions(fields=tuple(levels))
    parents = dict(zip(levels[1:], levels, strict=False))
    built = build_manifest(pl.DataFrame(columns), Problems(), reader=READER.name, options=reading, parents=parents)
    return Prepared(built, tuple(rows), reading)


def _ask_for_levels(taxonomy: Taxonomy) -> str:
    names = [field.name for field in taxonomy]
    if not names:
        return "class folders are named for the values of a single field, and there is none. Type: --to table OUT.csv"
    return (
        f"class folders hold one field, or one a level of folders; there are {len(names)}: {', '.join(names)}. "
        f"Name them, the uppermost first. Type: --keep {','.join(_find_chain(taxonomy))}"
    )


def _find_chain(taxonomy: Taxonomy) -> list[str]:
    """Return the longest line of parents and children."""
    lines: dict[str, list[str]] = {}
    for field in taxonomy:
        lines[field.name] = [*lines.get(field.parent or "", []), field.name]
    return max(lines.values(), key=len)


def _make_folders(items: pl.DataFrame, levels: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the class folders of each item, down to the first level that says nothing."""
    names = [_name_classes(items[LABEL + level]) for level in levels]
    folders = []
    for values in items.select(LABEL + level for level in levels).iter_rows():
        known = values[: values.index(None)] if None in values else values
        folders.append(tuple(names[depth][value] for depth, value in enumerate(known)))
    return folders


def _name_classes(column: pl.Series) -> dict[str, str]:
    """Return value -> folder; a class that is called like a part of a data set is encoded."""
    values = sorted(column.drop_nulls().unique())
    named = dict(zip(values, make_file_names(values), strict=True))
    return {
        value: name if standardise_split(name) is None else f"%{ord(name[0]):02X}{name[1:]}"
        for value, name in named.items()
    }


def _check_uppermost(paths: Sequence[tuple[str, ...]], levels: Sequence[str]) -> None:
    if len(levels) > 1 and len({path[0] for path in paths}) == 1 and all(len(path) > 1 for path in paths):
        raise UsageError(
            f"every item has the same {levels[0]}, and a single folder that holds all others reads as no class. "
            f"Leave it out. Type: --keep {','.join(levels[1:])}"
        )


def _write(prepared: Prepared, job: Job) -> None:
    items = prepared.manifest.items
    job.copy_pictures(items, job.target, items["item_id"].to_list())


CLASS_FOLDERS = Writer(
    name="class-folders",
    description="A folder for each class, below train / validation / test / control where every item has a part",
    reader=READER.name,
    keeps=Keeps(
        item_id=False,
        product_id=False,
        splits=_SPLITS,
        box=False,
        title=False,
        multi=(),
        values=False,
        blanks=False,
        opinions=False,
        meta=(),
        order=False,
    ),
    prepare=_prepare,
    write=_write,
)
