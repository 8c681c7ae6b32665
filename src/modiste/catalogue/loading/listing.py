"""What a source holds: its pictures, what it says of them, and what had to be left out."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from modiste.batch import ITEMS
from modiste.catalogue.loading.facts import Facts
from modiste.imaging.references import SEPARATOR, join_reference, split_reference
from modiste.readers import ReaderOptions, find_reader
from modiste.readers.kaggle import KAGGLE, add_kaggle_details
from modiste.readers.registry import check_options, detect_reader
from modiste.readers.source import Source
from modiste.taxonomy import Taxonomy

__all__ = ["IS_ADDRESS", "Listing", "read_listing"]

_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
IS_ADDRESS: Final = (
    "it is an address; fetch it first (modiste data fetch LIST FOLDER), then name the folder with --root"
)
_LONGEST_ID: Final = 512
_NO_ID: Final = f"its id is empty, holds a null character, or is longer than {_LONGEST_ID} characters"


@dataclass(frozen=True)
class Listing:
    """A source, read.

    Args:
        items: One row a picture: the columns of `modiste.batch.ITEMS` and ``row``, its place among the facts; addresses
            have a reason why they can't be read.
        facts: What the source says of each; made in a thread of its own, while the first pictures are looked at.
        lost: Pairs of where and why: rows without a picture, and what else was left out.
    """

    items: pl.DataFrame
    facts: Future[Facts]
    lost: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        return self.items.height


def read_listing(
    source: Path | str, taxonomy: Taxonomy, *, reader: str | None = None, options: ReaderOptions | None = None
) -> Listing:
    """Read a source: anything that a reader takes, a folder or an archive of pictures included.

    Args:
        source: Where it is.
        taxonomy: The fields of the catalogue's bundle: which columns of the source speak of them.
        reader: The name of the reader; by default the first that fits.
        options: What the source does not say itself. Of Kaggle's layout, the shop's records are read in any case.

    Raises:
        SourceError: There is nothing, or no reader understands it.
        UsageError: The reader does not take an option.
    """
    options = ReaderOptions() if options is None else options
    listed = Source(Path(source))  # once: a large archive takes a while
    chosen = detect_reader(listed, options) if reader is None else find_reader(reader)
    check_options(chosen, options)
    manifest = chosen.read(listed, replace(options, details=False))
    table = manifest.items.with_columns(image=pl.Series(_make_absolute(manifest.items["image"]), dtype=pl.String))
    usable = pl.col("item_id").str.len_chars().is_between(1, _LONGEST_ID) & ~pl.col("item_id").str.contains("\x00")
    lost = manifest.problems.filter(kind="lost").select("where", "reason").rows()
    lost += [(name[:80], _NO_ID) for name in table.filter(~usable)["item_id"]]
    table = table.filter(usable)
    address = pl.col("image").str.contains(f"^{_ADDRESS.pattern}")
    items = table.select("image", "item_id", "product_id", "box", reason=pl.when(address).then(pl.lit(IS_ADDRESS)))
    facts = _start(lambda: Facts(add_kaggle_details(listed, table) if chosen is KAGGLE else table, taxonomy))
    return Listing(items.select(*ITEMS).with_row_index("row"), facts, tuple(lost))


def _start(make: Callable[[], Facts]) -> Future[Facts]:
    pool = ThreadPoolExecutor(1, "modiste-facts")
    try:
        return pool.submit(make)
    finally:
        pool.shutdown(wait=False)


def _make_absolute(references: pl.Series) -> list[str]:
    """Return references that mean the same wherever they are read."""
    made = []
    archives: dict[str, str] = {}  # as they stand before the mark; all members of one share it
    for reference in references:
        head, mark, tail = reference.partition(SEPARATOR)
        if _ADDRESS.match(reference):
            made.append(reference)
        elif not mark:
            made.append(join_reference(_locate(Path(head))))
        else:
            if head not in archives:
                archives[head] = join_reference(_locate(split_reference(head + SEPARATOR)[0]), "")
            made.append(archives[head] + tail)
    return made


def _locate(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100  (resolve() would follow links)
