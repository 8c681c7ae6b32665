"""Lists as DeepFashion has them, and what a reader makes of them before a single picture is copied."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import polars as pl

from modiste.errors import UsageError
from modiste.manifest import LABEL, Manifest
from modiste.readers import ReaderOptions
from modiste.writers.base import Prepared
from modiste.writers.columns import read_dry
from modiste.writers.job import Job

__all__ = [
    "Lists",
    "check_list_names",
    "format_corners",
    "list_attribute_values",
    "prepare_by_lists",
    "to_counted_list",
    "write_by_lists",
]

Lists = Mapping[str, str]
"""Path below the output -> the text of a list."""

_DECIMALS = 9


def to_counted_list(columns: Sequence[str], rows: Iterable[str]) -> str:
    r"""Write a list: a line with the count, one with the columns' names, then a row a line.

    Example:
        >>> to_counted_list(("image_name", "category_label"), ["img/1.jpg 3"])
        '1\nimage_name  category_label\nimg/1.jpg 3\n'
    """
    lines = list(rows)
    return "\n".join([str(len(lines)), "  ".join(columns), *lines, ""])


def check_list_names(names: Iterable[str]) -> None:
    """Raise UsageError for a name that takes more than a line, or would lose a blank at its edge."""
    for name in names:
        if name != name.strip() or "\n" in name or "\r" in name:
            raise UsageError(f"a list of names, one a line, can't hold {name!r}. Type: --to table OUT.parquet")


def format_corners(box: Sequence[float]) -> str:
    """Write a box as its two corners, to a billionth of a pixel.

    Args:
        box: Left, top, width, height in pixels.

    Example:
        >>> format_corners([10.0, 20.5, 30.0, 40.0])
        '10 20.5 40 60.5'
    """
    left, top, width, height = box
    return " ".join(map(_to_decimal, (left, top, left + width, top + height)))


def _to_decimal(number: float) -> str:
    return f"{number:.{_DECIMALS}f}".rstrip("0").rstrip(".")


def list_attribute_values(
    items: pl.DataFrame, names: Mapping[str, Sequence[str]], unknown: Mapping[str, pl.Series]
) -> Iterable[str]:
    """Yield a row of attribute labels for each item: 1 for yes, -1 for no, 0 where nobody knows.

    Args:
        items: With a label column for each field.
        names: Field -> its values, in the order of the columns.
        unknown: Field -> for each item the values of which nobody knows, or None.
    """
    columns = [(name, items[LABEL + name].to_list(), unknown.get(name)) for name in names]
    for at in range(len(items)):
        marks: list[str] = []
        for name, labels, open_values in columns:
            has, maybe = labels[at], set() if open_values is None else set(open_values[at] or ())
            marks += (_mark(value, has, maybe) for value in names[name])
        yield " ".join(marks)


def _mark(value: str, has: Sequence[str] | None, maybe: set[str]) -> str:
    if has is None:
        return "0"
    return "1" if value in has else "0" if value in maybe else "-1"


def prepare_by_lists(
    manifest: Manifest,
    paths: Sequence[str],
    make: Callable[[pl.DataFrame, Sequence[str]], Lists],
    *,
    reader: str,
) -> Prepared:
    """Write the lists with empty pictures and read them, so that what is told beforehand is what will happen.

    Args:
        manifest: The data set.
        paths: The path of each item's picture below the output, without a suffix; reading makes it the id.
        make: Makes the lists of items and the whole paths of their pictures.
        reader: The reader's name.

    Raises:
        UsageError: The lists can't be read, or nothing comes back.
    """
    pictures = [path + ".jpg" for path in paths]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_lists(folder, make(manifest.items, pictures))
        with zipfile.ZipFile(folder / "img.zip", "w") as archive:
            for picture in pictures:
                archive.writestr(picture, b"")
        found = read_dry(folder, reader=reader, reading=ReaderOptions())
    places = {path: at for at, path in enumerate(paths)}
    rows = [places[item_id] for item_id in found.items["item_id"]]
    items = found.items.with_columns(manifest.items["image"][rows])
    return Prepared(Manifest(found.taxonomy, items), tuple(rows))


def _write_lists(folder: Path, lists: Lists) -> None:
    for name, text in lists.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def write_by_lists(prepared: Prepared, job: Job, make: Callable[[pl.DataFrame, Sequence[str]], Lists]) -> None:
    """Copy the pictures to where their ids say, and write the lists of those that could be read."""
    items = prepared.manifest.items
    copied = job.copy_pictures(items, job.target, items["item_id"].to_list())
    there = [at for at, name in enumerate(copied) if name is not None]
    _write_lists(job.target, make(items[there], [name for name in copied if name is not None]))
