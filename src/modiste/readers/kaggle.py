"""The layout of Kaggle's "Fashion Product Images": styles.csv (or labels.csv), and pictures named by product id."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from modiste.errors import SourceError
from modiste.manifest import LABEL, META, Manifest
from modiste.readers.base import Reader, ReaderOptions
from modiste.readers.building import Problems, build_manifest, note_unreadable
from modiste.readers.delimited import read_delimited, read_header
from modiste.readers.kaggle_details import read_details
from modiste.readers.source import File, Source, has_picture_suffix

__all__ = [
    "KAGGLE",
    "KAGGLE_FIELDS",
    "KAGGLE_ID",
    "KAGGLE_PARENTS",
    "KAGGLE_TITLE",
    "add_kaggle_details",
    "convert_cells",
]

KAGGLE_FIELDS = ("gender", "masterCategory", "subCategory", "articleType", "baseColour", "season", "usage")
KAGGLE_PARENTS = {"subCategory": "masterCategory", "articleType": "subCategory"}
KAGGLE_ID, KAGGLE_TITLE = "id", "productDisplayName"
_YEAR = "year"
_TABLES = ("styles.csv", "labels.csv")
_BLANKS = ("", "NA")


@dataclass(frozen=True)
class _Styles:
    """The rows of styles.csv that are whole: the line of each, its cells by column; how many rows there were."""

    name: str
    lines: list[int]
    columns: dict[str, list[str]]
    rows: int


def _enter(source: Source) -> Source:
    """Return the folder of a styles.csv that is given by itself."""
    return Source(source.path.parent) if source.is_file and source.path.name in _TABLES else source


def _find_table(source: Source) -> File | None:
    ending = [file for file in source.files if file.name.endswith(_TABLES)]
    found = [file for file in ending if posixpath.basename(file.name) in _TABLES]
    return min(found, key=lambda file: (file.name.count("/"), not file.name.endswith(_TABLES[0])), default=None)


def _find_obstacle(source: Source, options: ReaderOptions) -> str | None:
    table = _find_table(_enter(source))
    if table is None:
        return "a file styles.csv or labels.csv"
    header = read_header(source.read_table(table))
    if KAGGLE_ID not in header or not set(KAGGLE_FIELDS) & set(header):
        return f"the columns id and articleType (or another of its fields) in {table.name}"
    return None


def _read(source: Source, options: ReaderOptions) -> Manifest:
    obstacle = _find_obstacle(source, options)
    source = _enter(source)
    table = _find_table(source)
    if obstacle is not None or table is None:
        raise SourceError(f"{source.path} is not laid out as Kaggle's set is: it lacks {obstacle}")
    problems = Problems()
    styles = _read_styles(source, table, problems)
    pictures = _find_pictures(source, problems)
    items = _match(styles, pictures, problems)
    note_unreadable(source, kept=len(items), rows=styles.rows, problems=problems)
    if options.details:
        items = read_details(source, items, problems)
    return build_manifest(
        items, problems, reader=KAGGLE.name, parents=KAGGLE_PARENTS, options=options, rows=styles.rows
    )


def add_kaggle_details(source: Source, items: pl.DataFrame) -> pl.DataFrame:
    """Add what ``styles/<id>.json`` says to items that were read without: what takes most of the time can wait.

    Args:
        source: The source that the items were read from.
        items: A table with ``item_id``.

    Returns:
        The items with the columns that the option ``details`` brings; a record that is missing or damaged leaves nulls.
    """
    return read_details(_enter(source), items, Problems())


def _read_styles(source: Source, table: File, problems: Problems) -> _Styles:
    text = read_delimited(source.read_table(table))
    width = len(text.header)
    title = text.header.index(KAGGLE_TITLE) if KAGGLE_TITLE in text.header else width - 1
    lines: list[int] = []
    rows: list[list[str]] = []
    for row in text.rows:
        if len(row.cells) < width:
            problems.add(f"{table.name} line {row.line}", f"fewer than {width} cells")
            continue
        lines.append(row.line)
        rows.append(_join_title(row.cells, title, len(row.cells) - width, text.separator))
    columns = {name: [row[at] for row in rows] for at, name in enumerate(text.header)}
    return _Styles(table.name, lines, columns, len(text.rows))


def _join_title(cells: list[str], title: int, surplus: int, separator: str) -> list[str]:
    """Undo the splitting of a title that holds separators and was not quoted."""
    if not surplus:
        return cells
    end = title + surplus + 1
    return [*cells[:title], separator.join(cells[title:end]), *cells[end:]]


def _find_pictures(source: Source, problems: Problems) -> dict[str, File]:
    """Return id -> picture; of several pictures with one id the one nearest to the root is kept."""
    pictures: dict[str, File] = {}
    found = [file for file in source.files if has_picture_suffix(file.name)]
    for file in sorted(found, key=lambda file: file.name.count("/")):
        stem = posixpath.splitext(posixpath.basename(file.name))[0]
        if stem in pictures:
            problems.remark(file.name, "a second picture with the same id (the one nearest to the root is kept)")
        else:
            pictures[stem] = file
    return pictures


def _match(styles: _Styles, pictures: dict[str, File], problems: Problems) -> pl.DataFrame:
    ids = [value.strip() for value in styles.columns[KAGGLE_ID]]
    seen: set[str] = set()
    kept: list[int] = []
    for at, item_id in enumerate(ids):
        reason = _find_fault(item_id, seen, pictures)
        if reason is None:
            kept.append(at)
        else:
            note = problems.remark if item_id and item_id in seen else problems.add
            note(f"{styles.name} line {styles.lines[at]} (id {item_id})", reason)
        seen.add(item_id)
    for stem, picture in pictures.items():
        if stem not in seen:
            problems.remark(picture.name, f"no row in {styles.name} for this picture")
    images = [pictures[ids[at]].reference for at in kept]
    items = pl.DataFrame(
        [pl.Series("item_id", [ids[at] for at in kept], pl.String), pl.Series("image", images, pl.String)]
    )
    return items.with_columns(_convert(styles, kept))


def _find_fault(item_id: str, seen: set[str], pictures: dict[str, File]) -> str | None:
    if not item_id:
        return "no id"
    if item_id in seen:
        return "the id stands in an earlier row (the first one is kept)"
    return None if item_id in pictures else "no picture with this id"


def _convert(styles: _Styles, kept: list[int]) -> list[pl.Series]:
    columns = {name: cells for name, cells in styles.columns.items() if name != KAGGLE_ID}
    return [convert_cells(name, [cells[at] for at in kept]) for name, cells in columns.items()]


def convert_cells(name: str, cells: Sequence[str]) -> pl.Series:
    """Make the column of a manifest out of the cells of a column of styles.csv.

    Args:
        name: The column of styles.csv, but not ``id``.
        cells: Its cells.

    Returns:
        Texts without blanks at their edges, whole numbers for ``year``; null where a cell says nothing.

    Example:
        >>> convert_cells("season", ["Summer ", "NA"]).to_list()
        ['Summer', None]
    """
    series = pl.Series(_rename(name), [cell.strip() for cell in cells], pl.String)
    blank = series.is_in(_BLANKS if name != KAGGLE_TITLE else ("",))
    series = series.set(blank, None)
    return series.cast(pl.Float64, strict=False).cast(pl.Int32, strict=False) if name == _YEAR else series


def _rename(name: str) -> str:
    if name == KAGGLE_TITLE:
        return "title"
    return (LABEL if name in KAGGLE_FIELDS else META) + name


KAGGLE = Reader(
    name="kaggle",
    description="Kaggle's Fashion Product Images: styles.csv or labels.csv, pictures named by id (folder, zip, nested)",
    options=frozenset({"details", "product_pattern"}),
    find_obstacle=_find_obstacle,
    read=_read,
)
