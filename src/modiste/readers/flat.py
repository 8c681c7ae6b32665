"""Pictures without labels: a folder, an archive or a single picture, at any depth."""

from __future__ import annotations

import polars as pl

from modiste.errors import SourceError
from modiste.imaging import PICTURE_SUFFIXES
from modiste.manifest import Manifest
from modiste.readers.base import Reader, ReaderOptions
from modiste.readers.building import Problems, build_manifest
from modiste.readers.identifiers import make_item_ids
from modiste.readers.raw_table import TABLE_SUFFIXES
from modiste.readers.source import Source

__all__ = ["FLAT"]


_EXPECTED = f"a file whose name ends like a picture's ({' '.join(sorted(PICTURE_SUFFIXES))})"


def _find_obstacle(source: Source, options: ReaderOptions) -> str | None:
    is_table = source.is_file and source.path.suffix.lower() in TABLE_SUFFIXES
    return _EXPECTED if is_table or not source.pictures else None


def _read(source: Source, options: ReaderOptions) -> Manifest:
    if not source.pictures:
        raise SourceError(f"{source.path} holds no picture; expected {_EXPECTED}")
    ids = make_item_ids([file.name for file in source.pictures])
    items = pl.DataFrame({"item_id": ids, "image": [file.reference for file in source.pictures]})
    return build_manifest(items, Problems(), reader=FLAT.name, options=options, rows=len(ids))


FLAT = Reader(
    name="flat",
    description="Pictures without labels: a folder or an archive of them, at any depth, or one picture",
    options=frozenset({"product_pattern"}),
    find_obstacle=_find_obstacle,
    read=_read,
)
