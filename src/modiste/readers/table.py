"""A table with a column of picture paths or addresses: CSV, Excel, Parquet or JSON lines."""

from __future__ import annotations

from dataclasses import fields
from pathlib import PurePosixPath

from modiste.errors import ModisteError, SourceError, UnknownNameError
from modiste.manifest import Manifest
from modiste.readers.base import Reader, ReaderOptions
from modiste.readers.building import Problems
from modiste.readers.raw_table import FOLDER_SUFFIXES, TABLE_SUFFIXES, load_table
from modiste.readers.source import File, Source
from modiste.readers.table_building import build_from_table
from modiste.readers.table_columns import find_image_column
from modiste.readers.table_pictures import PictureFinder

__all__ = ["TABLE"]


def _find_obstacle(source: Source, options: ReaderOptions) -> str | None:
    try:
        file = _find_table(source, options)
        if options.image_column is not None:
            return None
        table = load_table(file.name, source.read_table(file), Problems())
    except ModisteError as error:
        return str(error)
    found = find_image_column(table.columns, taken=options.fields)
    return None if found else f"a column of picture paths or URLs in {file.name}"


def _find_table(source: Source, options: ReaderOptions) -> File:
    """Return the table to read: the one that was named, the source itself, or the only one nearest to the root."""
    names = {file.name: file for file in source.files}
    if options.table is not None:
        if options.table not in names:
            raise UnknownNameError("table", options.table, [name for name in names if _has_suffix(name)])
        return names[options.table]
    if source.is_file:
        if PurePosixPath(source.path).suffix.lower() not in TABLE_SUFFIXES:
            raise SourceError(f"a name that ends like a table's ({' '.join(sorted(TABLE_SUFFIXES))})")
        return source.files[0]
    found = [file for file in source.files if _has_suffix(file.name)]
    depth = min((file.name.count("/") for file in found), default=0)
    nearest = [file for file in found if file.name.count("/") == depth]
    if len(nearest) != 1:
        listed = ", ".join(file.name for file in nearest[:5])
        raise SourceError(
            f"one table of several; name one: table ({listed})" if nearest else "a table (.csv, .xlsx ...)"
        )
    return nearest[0]


def _has_suffix(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in FOLDER_SUFFIXES


def _read(source: Source, options: ReaderOptions) -> Manifest:
    file = _find_table(source, options)
    problems = Problems()
    table = load_table(file.name, source.read_table(file), problems)
    finder = _make_finder(source, file, options)
    listed = None if source.is_file else source
    return build_from_table(table, finder, options, problems, reader=TABLE.name, source=listed)


def _make_finder(source: Source, file: File, options: ReaderOptions) -> PictureFinder:
    if options.root is not None:
        return PictureFinder(Source(options.root), search=True)
    if source.is_file:
        return PictureFinder(Source(source.path.parent), search=False)
    return PictureFinder(source, base=file.name.rpartition("/")[0], search=True)


TABLE = Reader(
    name="table",
    description="A table with a column of picture paths or URLs: CSV, Excel, Parquet or JSON lines",
    options=frozenset(item.name for item in fields(ReaderOptions)) - {"details", "category_types", "label_map"},
    find_obstacle=_find_obstacle,
    read=_read,
)
