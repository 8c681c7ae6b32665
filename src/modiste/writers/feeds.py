"""What the product feeds of shops have in common as outputs: a file of products, and pictures below an address."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl

from modiste.errors import UsageError
from modiste.manifest import LABEL, META, Manifest
from modiste.readers import ReaderOptions
from modiste.readers.cells import is_url
from modiste.writers.base import Prepared, WriterOptions
from modiste.writers.columns import read_dry
from modiste.writers.job import Job, list_pictures_folder
from modiste.writers.names import make_file_names

__all__ = ["MakeFeed", "prepare_feed", "read_cells", "to_amount", "write_feed"]

MakeFeed = Callable[[pl.DataFrame, Sequence[str]], bytes]
"""Makes the file of items and the addresses of their pictures."""

_ANYWHERE = "https://localhost/"


def prepare_feed(manifest: Manifest, make: MakeFeed, *, reader: str, options: WriterOptions, name: str) -> Prepared:
    """Write a feed without pictures and read it, so that what is told beforehand is what will happen.

    Args:
        manifest: The data set.
        make: Makes the file.
        reader: The reader's name.
        options: What the user told; ``base_url`` is needed where pictures are files.
        name: The output's name.

    Raises:
        UsageError: Nobody said where the pictures will lie, or the feed can't be read.
    """
    items = _encode_ids(manifest.items)
    local = not all(map(is_url, items["image"]))
    if local and options.base_url is None:
        raise UsageError(
            "a shop's feed holds addresses of pictures, and these are files; say below which address they will lie. "
            "Type: --base-url https://shop.example/photos"
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"feed{Path(name).suffix.lower()}"
        path.write_bytes(make(items, [f"{_ANYWHERE}{at}" for at in range(len(items))]))
        reading = ReaderOptions(fields=manifest.taxonomy.names)
        found = read_dry(path, reader=reader, reading=reading)
    rows = [int(image.removeprefix(_ANYWHERE)) for image in found.items["image"]]
    back = found.items.with_columns(items["image"][rows])
    pictures = list_pictures_folder(Path(name))[0] if local else None
    return Prepared(Manifest(found.taxonomy, back), tuple(rows), replace(reading, root=pictures))


def _encode_ids(items: pl.DataFrame) -> pl.DataFrame:
    """Return the items with ids of items and products that can be names of files."""
    products = items["product_id"].unique(maintain_order=True).to_list()
    ids = items["item_id"].to_list()
    everything = list(dict.fromkeys([*ids, *products]))
    names = dict(zip(everything, make_file_names(everything), strict=True))
    return items.with_columns(
        item_id=pl.Series([names[value] for value in ids], dtype=pl.String),
        product_id=items["product_id"].replace_strict(names, return_dtype=pl.String),
    )


def write_feed(prepared: Prepared, job: Job, make: MakeFeed) -> None:
    """Copy the pictures beside the feed, named by their items' ids, and write the feed; addresses stay as they are."""
    items = prepared.manifest.items
    if prepared.reading.root is None:
        job.count_written(len(items))
        job.target.write_bytes(make(items, items["image"].to_list()))
        return
    (folder,) = list_pictures_folder(job.target)
    copied = job.copy_pictures(items, folder, items["item_id"].to_list())
    there = [at for at, name in enumerate(copied) if name is not None]
    base = (job.options.base_url or "").rstrip("/")
    addresses = [f"{base}/{quote(name)}" for name in copied if name is not None]
    job.target.write_bytes(make(items[there], addresses))


def read_cells(items: pl.DataFrame, column: str) -> list[Any]:
    """Return the cells of a field or a free column, None where there is no such column.

    Args:
        items: The items.
        column: Its name, without prefix.
    """
    for name in (LABEL + column, META + column):
        if name in items.columns:
            return items[name].to_list()
    return [None] * len(items)


def to_amount(price: Any, currency: Any) -> str:
    """Write a price.

    Example:
        >>> to_amount(12.5, "EUR"), to_amount(None, "EUR")
        ('12.50 EUR', '')
    """
    if not isinstance(price, (int, float)):
        return ""
    return f"{price:.2f} {currency or ''}".strip()
