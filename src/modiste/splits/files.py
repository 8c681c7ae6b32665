"""Split files: which item is in which part, as hashes of ids.

A split file names every item of a part by a hash of its id, so that it can be committed and checked by anybody who
has the data, and tells nothing to somebody who has not:

    item,split
    1f0d2c...,test

A file of several splits at once (five times two halves) has a column for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from modiste.errors import SourceError, UnknownNameError
from modiste.manifest import Manifest
from modiste.splits.copies import find_sources, replace_parts
from modiste.splits.hashing import hash_id

__all__ = ["apply_split_file", "list_recipe_folders", "write_split_file", "write_split_files"]


def list_recipe_folders() -> tuple[Path, ...]:
    """Return the folders where the recipes that modiste brings may be; their split files are in ``splits`` below.

    An installed package carries them; a checkout has them at its top.
    """
    package = Path(__file__).resolve().parent.parent
    return package / "recipes", package.parent.parent / "recipes"


def write_split_file(path: Path, parts: Mapping[str, str]) -> None:
    """Write the parts of items as hashes of their ids, sorted, whole or not at all.

    Args:
        path: The CSV file to write.
        parts: Item id -> part. Leave out the training part: an item that no line names belongs to it.
    """
    rows = sorted((part, hash_id(item)) for item, part in parts.items())
    _write(path, pl.DataFrame({"item": [row[1] for row in rows], "split": [row[0] for row in rows]}))


def write_split_files(path: Path, splits: Mapping[str, Mapping[str, str]]) -> None:
    """Write several splits of the same items into one file, whole or not at all.

    Args:
        path: The CSV file to write.
        splits: Column -> (item id -> part); every split names the same items. `apply_split_file` takes the column.

    Raises:
        ValueError: The splits name different items, or there are none.
    """
    items = [set(parts) for parts in splits.values()]
    if not items or any(other != items[0] for other in items):
        raise ValueError("expected one or more splits of the same items")
    rows = sorted((hash_id(item), item) for item in items[0])
    columns = {name: [parts[item] for _, item in rows] for name, parts in splits.items()}
    _write(path, pl.DataFrame({"item": [row[0] for row in rows], **columns}))


def _write(path: Path, table: pl.DataFrame) -> None:
    waiting = path.with_name(path.name + ".part")
    table.write_csv(waiting)
    waiting.replace(path)


def apply_split_file(manifest: Manifest, path: Path, *, rest: str = "train", column: str = "split") -> Manifest:
    """Return the manifest with the parts that a split file gives; items it does not name belong to ``rest``.

    A copy of an item (column ``meta.copy_of``) belongs to the part of the item it was made from.

    Args:
        manifest: The items.
        path: The split file.
        rest: The part of the items that it does not name.
        column: Which split, where the file holds several.

    Raises:
        SourceError: The file is not a split file.
        UnknownNameError: The file has no such column.
    """
    try:
        table = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"{path} is not a split file (a CSV with the columns item and split): {error}") from error
    if "item" not in table.columns or table.width < 2:
        raise SourceError(f"{path} is not a split file: it has the columns {table.columns}, expected item and split")
    if column not in table.columns:
        raise UnknownNameError(f"column of {path.name}", column, table.columns[1:])
    parts = dict(zip(table["item"], table[column], strict=True))
    return replace_parts(manifest, [parts.get(hash_id(item), rest) for item in find_sources(manifest)])
