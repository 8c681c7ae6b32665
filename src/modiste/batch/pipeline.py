"""The pipeline: each core takes whole batches from file to answer; rows come out part by part, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.batch.mappers import Mapper
from modiste.imaging import PictureSource

__all__ = ["BATCH", "Part", "PartResult", "run_parts", "split_parts"]

# Measured on two cores: the network's rate is flat from 32 on, and memory grows with the batch.
BATCH = 32
# Batches a thread that are under way: enough to work on while the main thread writes a part, a catalogue's included.
_AHEAD = 16


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


class _Answer(NamedTuple):
    """What became of a batch: why each picture failed (None where it did not), and the answers of the others."""

    reasons: list[str | None]
    numbers: NDArray[Any]


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

    A thread reads, decodes and answers a whole batch, so that no core waits for another: on two cores this is as
    fast as a network that shares both for each batch, with nothing to decode (`results/speed.md`).

    Args:
        items: The whole list, with the columns of `ITEMS`.
        parts: Those to do, in order.
        mapper: What is done to them; its network should use one core a run.
        threads: How many batches are worked on at a time.
        advance: Called with the number of pictures after each batch.

    Yields:
        One result a part, in order.
    """
    with PictureSource() as source, ThreadPoolExecutor(threads, "modiste-batch") as pool:

        def answer(batch: pl.DataFrame) -> _Answer:
            return _answer(batch, mapper, source)

        try:
            for part, answers in _read_ahead(items, parts, answer, pool, threads):
                yield _map_part(items.slice(part.start, part.stop - part.start), part, answers, mapper, advance)
        finally:
            pool.shutdown(cancel_futures=True)


def _read_ahead(
    items: pl.DataFrame,
    parts: Iterable[Part],
    answer: Callable[[pl.DataFrame], _Answer],
    pool: ThreadPoolExecutor,
    threads: int,
) -> Iterator[tuple[Part, Iterator[_Answer]]]:
    """Yield each part with the answers of its batches, while the next few batches, across parts, are worked on."""
    waiting: deque[Future[_Answer]] = deque()
    todo = [(part, start) for part in parts for start in range(part.start, part.stop, BATCH)]
    ahead = iter(todo)

    def refill() -> None:
        while len(waiting) < _AHEAD * threads and (following := next(ahead, None)) is not None:
            part, start = following
            waiting.append(pool.submit(answer, items.slice(start, min(BATCH, part.stop - start))))

    def take(count: int) -> Iterator[_Answer]:
        for _ in range(count):
            refill()
            yield waiting.popleft().result()

    for part in dict.fromkeys(part for part, _ in todo):
        yield part, take(-(-(part.stop - part.start) // BATCH))


def _answer(batch: pl.DataFrame, mapper: Mapper, source: PictureSource) -> _Answer:
    known = batch["reason"].to_list()
    readable = batch.filter(pl.col("reason").is_null()) if any(known) else batch
    boxes = [None if box is None else tuple(box) for box in readable["box"].to_list()]
    prepared = mapper.prepare(readable["image"].to_list(), boxes, source)
    found = iter(prepared.reasons)
    reasons = [next(found) if reason is None else reason for reason in known]
    return _Answer(reasons, mapper.answer(prepared.pictures))


def _map_part(
    items: pl.DataFrame, part: Part, answers: Iterable[_Answer], mapper: Mapper, advance: Callable[[int], None]
) -> PartResult:
    numbers, reasons = [], []
    for answer in answers:
        numbers.append(answer.numbers)
        reasons.extend(answer.reasons)
        advance(len(answer.reasons))
    listed = items.with_columns(pl.Series("reason", reasons, pl.String))
    rows = mapper.tabulate(listed.filter(pl.col("reason").is_null()), np.concatenate(numbers))
    return PartResult(part, rows, listed.filter(pl.col("reason").is_not_null()).select("image", "reason"))
