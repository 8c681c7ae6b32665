"""The pipeline: threads read and decode batches ahead while the network runs; rows come out part by part, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import polars as pl

from modiste.batch.mappers import Mapper, Prepared, prepare_pictures
from modiste.imaging import PictureSource

__all__ = ["BATCH", "Part", "PartResult", "run_parts", "split_parts"]

# Measured on two cores: the network's rate is flat from 32 on, and memory grows with the batch.
BATCH = 32


class Part(NamedTuple):
    """A stretch of the list of pictures whose rows are written together: items ``start`` to ``stop`` - 1."""

    number: int
    start: int
    stop: int


class PartResult(NamedTuple):
    """The rows and the errors of a part; ``errors`` has the columns ``image`` and ``reason``."""

    part: Part
    rows: pl.DataFrame
    errors: pl.DataFrame


class _Batch(NamedTuple):
    items: pl.DataFrame
    prepared: Future[Prepared]


def split_parts(items: pl.DataFrame, size: int, *, keep_products: bool = False) -> list[Part]:
    """Cut the list of pictures into parts.

    Args:
        items: One row a picture.
        size: Pictures a part; the last part may have fewer.
        keep_products: Make a part longer where it would cut a product in two; the pictures of a product must be
            neighbours.
    """
    stops = list(range(size, items.height, size))
    if keep_products:
        begins = np.flatnonzero(items["product_id"].ne(items["product_id"].shift()).fill_null(True).to_numpy())
        found = np.searchsorted(begins, stops)
        stops = sorted({int(begins[at]) for at in found if at < len(begins)})
    edges = [0, *stops, items.height]
    return [Part(number, *pair) for number, pair in enumerate(pairwise(edges))]


def run_parts(
    items: pl.DataFrame, parts: Iterable[Part], mapper: Mapper, *, threads: int, advance: Callable[[int], None]
) -> Iterator[PartResult]:
    """Map the pictures of some parts.

    Args:
        items: The whole list, with the columns of `ITEMS`.
        parts: Those to do, in order.
        mapper: What is done to them.
        threads: How many threads read and decode.
        advance: Called with the number of pictures after each batch.

    Yields:
        One result a part, in order.
    """
    with PictureSource() as source, ThreadPoolExecutor(threads, "modiste-decode") as pool:
        try:
            for part, batches in _read_ahead(items, parts, mapper, source, pool, threads):
                yield _map_part(part, batches, mapper, advance)
        finally:
            pool.shutdown(cancel_futures=True)


def _read_ahead(
    items: pl.DataFrame,
    parts: Iterable[Part],
    mapper: Mapper,
    source: PictureSource,
    pool: ThreadPoolExecutor,
    threads: int,
) -> Iterator[tuple[Part, Iterator[_Batch]]]:
    """Yield each part with its batches, of which the next few, across parts, are being decoded all the time."""
    waiting: deque[_Batch] = deque()
    todo = [(part, start) for part in parts for start in range(part.start, part.stop, BATCH)]
    ahead = iter(todo)

    def refill() -> None:
        while len(waiting) <= threads and (following := next(ahead, None)) is not None:
            part, start = following
            batch = items.slice(start, min(BATCH, part.stop - start))
            waiting.append(_Batch(batch, pool.submit(_prepare, batch, mapper, source)))

    def take(count: int) -> Iterator[_Batch]:
        for _ in range(count):
            refill()
            yield waiting.popleft()

    for part in dict.fromkeys(part for part, _ in todo):
        yield part, take(-(-(part.stop - part.start) // BATCH))


def _prepare(batch: pl.DataFrame, mapper: Mapper, source: PictureSource) -> Prepared:
    known = batch["reason"].to_list()
    readable = batch.filter(pl.col("reason").is_null()) if any(known) else batch
    boxes = [None if box is None else tuple(box) for box in readable["box"].to_list()]
    prepared = prepare_pictures(readable["image"].to_list(), boxes, mapper.preprocessing, source)
    found = iter(prepared.reasons)
    return Prepared(prepared.pictures, [next(found) if reason is None else reason for reason in known])


def _map_part(part: Part, batches: Iterable[_Batch], mapper: Mapper, advance: Callable[[int], None]) -> PartResult:
    answers, items, reasons = [], [], []
    for batch in batches:
        prepared = batch.prepared.result()
        answers.append(mapper.answer(prepared.pictures))
        items.append(batch.items)
        reasons.extend(prepared.reasons)
        advance(batch.items.height)
    listed = pl.concat(items).with_columns(pl.Series("reason", reasons, pl.String))
    rows = mapper.tabulate(listed.filter(pl.col("reason").is_null()), np.concatenate(answers))
    return PartResult(part, rows, listed.filter(pl.col("reason").is_not_null()).select("image", "reason"))
