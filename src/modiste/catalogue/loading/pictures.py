"""Items and pictures that a program has in its hands, instead of a source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from modiste.batch import ITEMS
from modiste.batch.pipeline import run_parts, split_parts
from modiste.bundle import Bundle
from modiste.catalogue.backend import Backend
from modiste.catalogue.item import CatalogueItem
from modiste.catalogue.loading.loader import PART, put_rows
from modiste.catalogue.loading.mapping import CatalogueMapper
from modiste.catalogue.loading.summary import LoadError
from modiste.catalogue.stores import check_made_for
from modiste.errors import UsageError
from modiste.imaging import PictureSource
from modiste.runtime import PictureLike, count_cores

__all__ = ["add_items"]

_BATCH: Final = 32


def add_items(
    backend: Backend,
    items: Iterable[CatalogueItem],
    *,
    bundle: Bundle,
    pictures: Iterable[PictureLike] | None = None,
    threads: int | None = None,
) -> list[LoadError]:
    """Embed and tag items and put them into a catalogue; those that are there already are replaced.

    Args:
        backend: The catalogue; made with ``bundle``.
        items: n items. Predicted tags that they bring are replaced by the bundle's.
        bundle: Embeds and tags.
        pictures: n pictures; by default each item's own ``image`` is read.
        threads: Cores to use; by default all.

    Returns:
        What could not be read; every other item is in the catalogue.

    Raises:
        UsageError: There are more or fewer pictures than items, or an item has neither.
        CatalogueError: The catalogue is made with another bundle.
    """
    check_made_for(backend, bundle)
    plain = [replace(item, tags=tuple(tag for tag in item.tags if tag.origin != "predicted")) for item in items]
    mapper = CatalogueMapper(bundle)
    if pictures is not None:
        return _add_given(backend, plain, list(pictures), mapper)
    missing = [item.item_id for item in plain if item.image is None]
    if missing:
        raise UsageError(f"item {missing[0]!r} names no image, and no pictures are given; give one of them")
    return _add_named(backend, plain, mapper, threads or count_cores())


def _add_named(
    backend: Backend, items: Sequence[CatalogueItem], mapper: CatalogueMapper, workers: int
) -> list[LoadError]:
    columns = {
        "image": [item.image for item in items],
        "item_id": [item.item_id for item in items],
        "product_id": [item.product_id for item in items],
        "box": [None if item.box is None else list(item.box) for item in items],
        "reason": [None] * len(items),
    }
    table = pl.DataFrame(columns, schema=ITEMS).with_row_index("row")
    errors = []
    parts = split_parts(table, PART) if items else []
    for result in run_parts(table, parts, mapper, threads=workers, advance=lambda _: None):
        put_rows(backend, [items[row] for row in result.rows["row"]], result.rows)
        done = set(result.rows["row"])
        lost = [row for row in range(result.part.start, result.part.stop) if row not in done]
        reasons = result.errors["reason"]
        errors += [
            LoadError(items[row].item_id, items[row].image or "", why) for row, why in zip(lost, reasons, strict=True)
        ]
    return errors


def _add_given(
    backend: Backend, items: Sequence[CatalogueItem], pictures: Sequence[PictureLike], mapper: CatalogueMapper
) -> list[LoadError]:
    if len(pictures) != len(items):
        raise UsageError(f"{len(items)} items came with {len(pictures)} pictures; expected one an item")
    errors: list[LoadError] = []
    with PictureSource() as source:
        for start in range(0, len(items), _BATCH):
            some = items[start : start + _BATCH]
            boxes = [item.box for item in some]
            prepared = mapper.prepare_given(pictures[start : start + _BATCH], boxes, source)
            said = list(zip(some, prepared.reasons, strict=True))
            errors += [LoadError(item.item_id, item.image or "", why) for item, why in said if why is not None]
            kept = [item for item, why in said if why is None]
            if kept:
                rows = pl.DataFrame({"row": np.arange(len(kept))})
                put_rows(backend, kept, mapper.tabulate(rows, mapper.answer(prepared.pictures)))
    return errors
