"""A manifest that was written before: the folder of its Parquet tables."""

from __future__ import annotations

from modiste.manifest import Manifest
from modiste.readers.base import Reader, ReaderOptions
from modiste.readers.source import Source

__all__ = ["SAVED"]

_FILES = ("taxonomy.json", "items.parquet")


def _find_obstacle(source: Source, options: ReaderOptions) -> str | None:
    return None if all((source.path / name).is_file() for name in _FILES) else f"the files {' and '.join(_FILES)}"


def _read(source: Source, options: ReaderOptions) -> Manifest:
    return Manifest.read(source.path)


SAVED = Reader(
    name="manifest",
    description="A manifest that modiste wrote: a folder with items.parquet and taxonomy.json",
    options=frozenset(),
    find_obstacle=_find_obstacle,
    read=_read,
)
