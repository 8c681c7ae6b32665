"""What a writer is: an immutable record with a name, what its format can keep, and the writing itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from modiste.errors import UsageError
from modiste.manifest import Manifest
from modiste.readers import ReaderOptions

if TYPE_CHECKING:
    from modiste.writers.job import Job

__all__ = ["ANY", "Keeps", "Loss", "Names", "Pictures", "Prepared", "Writer", "WriterOptions"]

Names = tuple[str, ...] | None
"""Names that a format has room for; `ANY` is every name, an empty tuple none."""

ANY: Names = None
Pictures = Literal["the files as they are", "28x28 grey", "left where they lie", "addresses"]
_SMALLEST_SHARD = 1_000_000


@dataclass(frozen=True)
class Keeps:
    """What a format can keep of a manifest; what it keeps is read back exactly as it was.

    Args:
        item_id: The items' ids; else reading gives the items other ones (a path, a number).
        product_id: Which pictures show one product.
        splits: The parts of a data set that it can name.
        box: Boxes.
        title: Titles.
        single: The fields with one value.
        multi: The fields with any number of values.
        kinds: Whether a field has one value or several; else all come back as fields with several.
        hierarchy: Which field is whose parent.
        values: The order of a field's values, and those that no item has.
        blanks: Items of which a field says nothing.
        opinions: What several annotators said.
        meta: The free columns.
        pictures: What becomes of the pictures.
        order: The order of the items.

    Example:
        >>> Keeps(single=("gender",), multi=(), title=False).list_facts()["title"]
        'no'
    """

    item_id: bool = True
    product_id: bool = True
    splits: Names = ANY
    box: bool = True
    title: bool = True
    single: Names = ANY
    multi: Names = ANY
    kinds: bool = True
    hierarchy: bool = True
    values: bool = True
    blanks: bool = True
    opinions: bool = True
    meta: Names = ANY
    pictures: Pictures = "the files as they are"
    order: bool = True

    def list_facts(self) -> dict[str, str]:
        """Return what is kept, aspect by aspect, in words."""
        return {item.name: _to_words(getattr(self, item.name)) for item in fields(self)}


def _to_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "any"
    return ", ".join(value) or "no" if isinstance(value, tuple) else str(value)


@dataclass(frozen=True)
class WriterOptions:
    """What a user may tell a writer.

    Args:
        fields: The fields to write; class folders: one a level of folders, the uppermost first. Empty is all.
        rename: Pairs of a field and the name that it is to have in the output, as formats with fixed names need.
        separator: Tables: what stands between the labels of a cell; by default one that no label holds.
        shard_bytes: WebDataset, Hugging Face: a shard is closed before it grows beyond this.
        base_url: Shop feeds: the address below which the copied pictures will lie.

    Raises:
        UsageError: An option is out of range.

    Example:
        >>> WriterOptions(shard_bytes=10)
        Traceback (most recent call last):
        modiste.errors.UsageError: a shard of 10 bytes holds no picture; expected at least 1,000,000
    """

    fields: tuple[str, ...] = ()
    rename: tuple[tuple[str, str], ...] = ()
    separator: str | None = None
    shard_bytes: int = 200_000_000
    base_url: str | None = None

    def __post_init__(self) -> None:
        if len(set(self.fields)) != len(self.fields):
            raise UsageError(f"the fields {', '.join(self.fields)} must differ from each other")
        if self.separator == "":
            raise UsageError("the separator is empty; give what stands between two labels of a cell, such as '|'")
        if self.shard_bytes < _SMALLEST_SHARD:
            raise UsageError(
                f"a shard of {self.shard_bytes:,} bytes holds no picture; expected at least {_SMALLEST_SHARD:,}"
            )
        if self.base_url is not None and not self.base_url.startswith(("http://", "https://")):
            raise UsageError(f"base_url is {self.base_url!r}; expected an address such as https://shop.example/photos")

    def given(self) -> tuple[str, ...]:
        """Return the names of the options that differ from their defaults."""
        return tuple(item.name for item in fields(self) if getattr(self, item.name) != item.default)


@dataclass(frozen=True)
class Loss:
    """One thing that reading back will not give as it was.

    Args:
        what: What it is, such as ``"boxes"``.
        count: How many are lost or changed.
        total: How many there are; 0 where counting them says nothing.
        note: What becomes of them.
    """

    what: str
    count: int
    total: int
    note: str = "lost"

    def to_text(self) -> str:
        """Return the loss as a line.

        Example:
            >>> Loss("boxes", 1234, 1234).to_text(), Loss("fields", 2, 7, "lost: season, usage").to_text()
            ('1,234 boxes: lost', '2 of 7 fields: lost: season, usage')
        """
        share = f"{self.count:,}" if self.count == self.total or not self.total else f"{self.count:,} of {self.total:,}"
        return f"{share} {self.what}: {self.note}"


@dataclass(frozen=True)
class Prepared:
    """A manifest as it will be read back, before a byte is written.

    Args:
        manifest: The ids, labels and columns that the reader will give; ``image`` is where the pictures lie now.
        rows: For each item its position in the manifest that was given; it grows where the order is kept.
        reading: What to tell the reader.
        losses: What is lost beyond what comparing the two manifests shows.
    """

    manifest: Manifest
    rows: tuple[int, ...]
    reading: ReaderOptions = field(default_factory=ReaderOptions)
    losses: tuple[Loss, ...] = ()


def _list_nothing(path: Path) -> tuple[Path, ...]:
    return ()


@dataclass(frozen=True)
class Writer:
    """One format that modiste writes.

    Args:
        name: What a user types, such as ``"kaggle"``.
        description: One line: the layout it writes.
        reader: The name of the reader that reads it back.
        keeps: What the format can keep.
        prepare: Makes of a manifest the one that will be read back; raises UsageError if it can't be written at all.
        write: Writes it below a job's target.
        suffixes: What the output's name ends in; empty: the output is a folder.
        options: The names of the `WriterOptions` that it understands.
        list_beside: Says what else is written beside the output.
    """

    name: str
    description: str
    reader: str
    keeps: Keeps
    prepare: Callable[[Manifest, WriterOptions, str], Prepared]
    write: Callable[[Prepared, Job], None]
    suffixes: tuple[str, ...] = ()
    options: frozenset[str] = frozenset({"fields"})
    list_beside: Callable[[Path], tuple[Path, ...]] = _list_nothing
