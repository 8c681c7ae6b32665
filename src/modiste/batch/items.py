"""Which pictures a job is about: files, folders, archives and tables, listed once and in order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import polars as pl

from modiste.errors import SourceError, UsageError
from modiste.imaging import PICTURE_SUFFIXES, find_pictures, is_archive, join_reference, split_reference
from modiste.imaging.references import encode_part
from modiste.imaging.table_members import has_picture_table_suffix

__all__ = ["ITEMS", "ListingOptions", "list_items"]

ITEMS: dict[str, pl.DataType] = {
    "image": pl.String(),  # a picture reference
    "item_id": pl.String(),
    "product_id": pl.String(),  # null where nothing says which product it is
    "box": pl.List(pl.Float64()),
    "reason": pl.String(),  # why it can't be read, where that is known beforehand
}
# Folders that are one table: a manifest, a Hugging Face set or one part of it.
_FOLDER_MARKS = ("taxonomy.json", "dataset_dict.json", "dataset_info.json")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_IS_ADDRESS = "is an address; modiste tag reads files: fetch it first. Type: modiste data fetch LIST FOLDER"


@dataclass(frozen=True)
class ListingOptions:
    """How the inputs are read.

    Args:
        box_columns: Of tables: four columns (left, top, width, height in pixels), or one that holds all four.
        product_pattern: A regular expression with one group, searched in ``item_id``: the group is the product.

    Raises:
        UsageError: The pattern is no regular expression, or has not one group.
    """

    box_columns: tuple[str, ...] = ()
    product_pattern: str | None = None

    def __post_init__(self) -> None:
        if not self.box_columns and self.product_pattern is None:
            return
        from modiste.readers import ReaderOptions

        # The same checks, with the same texts, as every other door to tables has.
        ReaderOptions(box_columns=self.box_columns, product_pattern=self.product_pattern)


def list_items(paths: Sequence[str], options: ListingOptions = ListingOptions()) -> pl.DataFrame:
    """List every picture that some paths lead to.

    Args:
        paths: Pictures, folders, archives, ARCHIVE::MEMBER references, tables and manifests.
        options: How they are read.

    Returns:
        A table with the columns of `ITEMS`, in the order of the paths; within a folder or an archive in natural
        order of names. A picture that several folders or archives lead to is listed once; a table keeps its rows,
        also those whose picture is missing, with the reason. What else a reader remarks, such as a row that stands
        twice or a label that annotators are divided about, is no picture and not listed.

    Raises:
        UsageError: A path leads nowhere, or there is no picture at all.
        SourceError: A table can't be understood.
    """
    tables = [_list_path(path, options) for path in paths]
    items = pl.concat([pl.DataFrame(schema=ITEMS), *tables])
    if not items.height:
        kinds = " ".join(sorted(PICTURE_SUFFIXES))
        raise UsageError(f"there are no pictures in {', '.join(paths)}; looked for files that end in {kinds}")
    items = _drop_repeated(items, [table.height for table in tables], list(map(_is_table, paths)))
    return _find_products(items, options.product_pattern)


def _list_path(path: str, options: ListingOptions) -> pl.DataFrame:
    if _ADDRESS.match(path):
        raise UsageError(f"{path} {_IS_ADDRESS}")
    if _is_table(path):
        return _list_table(path, options)
    root, members = (Path(path), ()) if Path(path).exists() else split_reference(path)
    if not root.exists():
        raise UsageError(f"there is no file or folder {path!r}; check its name, or quote it if it has spaces")
    return _list_pictures(root, members)


def _is_table(path: str) -> bool:
    found = Path(path)
    if found.is_dir():
        return any((found / name).is_file() for name in _FOLDER_MARKS)
    if found.suffix.lower() in PICTURE_SUFFIXES:
        return False
    # Late, because a single picture is tagged sooner without the readers.
    from modiste.readers.raw_table import TABLE_SUFFIXES

    return found.suffix.lower() in TABLE_SUFFIXES or has_picture_table_suffix(path)


def _list_table(path: str, options: ListingOptions) -> pl.DataFrame:
    from modiste.readers import ReaderOptions, read_source

    manifest = read_source(path, options=ReaderOptions(box_columns=options.box_columns))
    address = pl.col("image").str.contains(f"^{_ADDRESS.pattern}")
    rows = manifest.items.select(
        "image", "item_id", "product_id", "box", reason=pl.when(address).then(pl.lit("it " + _IS_ADDRESS))
    )
    lost = manifest.problems.filter(kind="lost")
    problems = lost.select(image="where", item_id="where", reason="reason")
    return pl.concat([rows, problems], how="diagonal").select(*ITEMS)


def _list_pictures(root: Path, members: tuple[str, ...]) -> pl.DataFrame:
    rows, reason = [], None
    try:
        rows = list(_name_pictures(root, members))
    except SourceError as error:
        # Damaged, but given by hand: it gets its own line among the errors, and the other paths go on.
        rows, reason = [(join_reference(root, *members), _to_text(root.stem))], str(error)
    table = pl.DataFrame(rows, schema=["image", "item_id"], orient="row")
    return table.select("image", "item_id", _empty("product_id"), _empty("box"), reason=pl.lit(reason, pl.String))


def _empty(name: str) -> pl.Expr:
    return pl.lit(None, ITEMS[name]).alias(name)


def _name_pictures(root: Path, members: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield each picture's reference and its path below the root, without its suffix."""
    if members or not (root.is_dir() or is_archive(root)):
        yield join_reference(root, *members), _to_text(PurePosixPath((members or (root.name,))[-1]).stem)
        return
    for reference in find_pictures(root):
        found, inside = split_reference(reference)
        below = [] if found == root else [found.relative_to(root).as_posix()]
        name = "/".join([*below, *inside])
        yield reference, _to_text(name.removesuffix(PurePosixPath(name).suffix))


def _to_text(name: str) -> str:
    """Return a name as valid Unicode: bytes that are not UTF-8 are percent-encoded, as in references."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return encode_part(name)
    return name


def _drop_repeated(items: pl.DataFrame, heights: list[int], from_table: list[bool]) -> pl.DataFrame:
    if len(heights) == 1:
        return items
    kept = pl.concat([pl.repeat(flag, height, eager=True) for flag, height in zip(from_table, heights, strict=True)])
    return items.filter(kept | items["image"].is_first_distinct())


def _find_products(items: pl.DataFrame, pattern: str | None) -> pl.DataFrame:
    if pattern is None:
        return items
    search = re.compile(pattern).search
    found = [match[1] if (match := search(item_id)) else item_id for item_id in items["item_id"]]
    return items.with_columns(pl.Series("product_id", found, pl.String))
