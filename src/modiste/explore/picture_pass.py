"""One pass over the pictures: each is read once, measured, added up and forgotten."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from modiste.batch.progress import show_progress
from modiste.bundle import Bundle
from modiste.errors import PictureError
from modiste.explore.groups import Groups
from modiste.explore.statistics import GroupHistograms, GroupMeans, choose_canvas, measure_histogram
from modiste.imaging import Box, DecodeLimits, PictureSource, Preprocessing, decode_picture
from modiste.imaging.boxes import locate_box
from modiste.imaging.decode import decode_reduced
from modiste.runtime import Network
from modiste.runtime.network import count_cores

__all__ = ["Failure", "PassPlan", "PictureScan", "Portrait", "scan_pictures"]

_BATCH = 32
_ADDED = 256  # pictures that are added up at once: the sums of all classes are large, and are gone through each time
_AHEAD = 3
_PROBED = 48
_CANVAS = 80
_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class PassPlan:
    """What to do with which pictures.

    Args:
        rows: The rows of the items whose pictures are opened, ascending.
        examples: Those of ``rows`` whose pictures are kept as examples.
        mapped: Those of ``rows`` that the map shows.
        example_size: Longest side of an example, in pixels.
        mapped_size: Longest side of a picture on the map, in pixels.
    """

    rows: NDArray[np.int64]
    examples: frozenset[int] = frozenset()
    mapped: frozenset[int] = frozenset()
    example_size: int = 112
    mapped_size: int = 48


class Portrait(NamedTuple):
    """A small copy of one picture, RGB [height, width, 3], with its item's row and its full histogram [4, 32]."""

    row: int
    picture: NDArray[np.uint8]
    histogram: NDArray[np.float32]


class Failure(NamedTuple):
    """An item whose picture can't be read, and why."""

    row: int
    reason: str


@dataclass(frozen=True)
class PictureScan:
    """What a pass has seen.

    Args:
        rows: [n] rows of the items whose pictures were read.
        widths: [n] in pixels, of the picture as shown.
        heights: [n] in pixels.
        lengths: [n] bytes of the files.
        histograms: The mean histograms.
        means: The mean pictures of the groups that are pictured, in their order.
        examples: Small copies of the examples, by row.
        mapped: Small copies of the pictures on the map, by row.
        vectors: float32 [len(mapped), embedding size].
        failures: What could not be read.
    """

    rows: NDArray[np.int64]
    widths: NDArray[np.int64]
    heights: NDArray[np.int64]
    lengths: NDArray[np.int64]
    histograms: GroupHistograms
    means: GroupMeans
    examples: tuple[Portrait, ...]
    mapped: tuple[Portrait, ...]
    vectors: NDArray[np.float32]
    failures: tuple[Failure, ...]


class _Seen(NamedTuple):
    """What is left of one picture: its size, and what is added up or kept."""

    row: int
    size: tuple[int, int]
    length: int
    canvas: NDArray[np.uint8]
    histogram: NDArray[np.float32]
    example: NDArray[np.uint8] | None
    mapped: NDArray[np.uint8] | None


class _BatchResult(NamedTuple):
    seen: list[_Seen]
    vectors: NDArray[np.float32]
    failures: list[Failure]


@dataclass
class _Sums:
    """What the batches add up to."""

    groups: Groups
    pictured: NDArray[np.bool_]
    histograms: GroupHistograms
    means: GroupMeans
    numbers: list[tuple[int, int, int, int]] = field(default_factory=list)
    examples: list[Portrait] = field(default_factory=list)
    mapped: list[Portrait] = field(default_factory=list)
    vectors: list[NDArray[np.float32]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    waiting: list[_Seen] = field(default_factory=list)

    def add(self, result: _BatchResult) -> None:
        self.failures += result.failures
        if not result.seen:
            return
        self.vectors.append(result.vectors)
        for seen in result.seen:
            self.numbers.append((seen.row, seen.size[1], seen.size[0], seen.length))
            if seen.example is not None:
                self.examples.append(Portrait(seen.row, seen.example, seen.histogram))
            if seen.mapped is not None:
                self.mapped.append(Portrait(seen.row, seen.mapped, seen.histogram))
        self.waiting += result.seen
        if len(self.waiting) >= _ADDED:
            self._add_up()

    def _add_up(self) -> None:
        if not self.waiting:
            return
        members = self.groups.find_members(np.array([seen.row for seen in self.waiting]))
        self.histograms.add(np.stack([seen.histogram for seen in self.waiting]), members)
        self.means.add(np.stack([seen.canvas for seen in self.waiting]), members[self.pictured])
        self.waiting.clear()

    def finish(self, width: int) -> PictureScan:
        self._add_up()
        rows, widths, heights, lengths = np.array(self.numbers, np.int64).reshape(-1, 4).T
        vectors = np.concatenate([np.empty((0, width), np.float32), *self.vectors])
        return PictureScan(
            rows,
            widths,
            heights,
            lengths,
            histograms=self.histograms,
            means=self.means,
            examples=tuple(self.examples),
            mapped=tuple(self.mapped),
            vectors=vectors,
            failures=tuple(self.failures),
        )


def scan_pictures(
    items: pl.DataFrame, groups: Groups, plan: PassPlan, *, bundle: Bundle | None = None, threads: int | None = None
) -> PictureScan:
    """Read pictures once, several at a time, and add up what the page shows of them.

    Memory is bounded by the groups and by what is kept, not by the number of pictures; progress with rate and time
    left is shown on a terminal. Histograms are of the picture, or its box, as it is; a large JPEG is reduced while
    it is decoded. Mean pictures are laid on a canvas of the median shape with white around what does not fill it.

    Args:
        items: The items of a manifest, with ``image`` and ``box``.
        groups: The classes.
        plan: Which pictures, and what for.
        bundle: Embeds the pictures of the map; needed if there are any.
        threads: By default as many as this process may use.

    Returns:
        What was seen; a picture that can't be read is among the failures.
    """
    references, boxes = items["image"], items["box"]
    pictured = np.array([group.pictured for group in groups.groups], np.bool_)
    workers = threads or count_cores()
    with PictureSource() as source:
        canvas = _probe(references, plan.rows, source)
        eye = _Eye(references, boxes, plan, canvas, source, bundle)
        sums = _Sums(groups, pictured, GroupHistograms(len(groups)), GroupMeans(int(pictured.sum()), *canvas))
        batches = [plan.rows[start : start + _BATCH] for start in range(0, len(plan.rows), _BATCH)]
        with show_progress(len(plan.rows), done=0, label="looking at the pictures") as advance:
            for result in _map_ahead(eye.look, batches, workers):
                sums.add(result)
                advance(len(result.seen) + len(result.failures))
    return sums.finish(0 if bundle is None else bundle.spec.embedding_size)


class _Eye:
    """Looks at batches of pictures; threads share it."""

    def __init__(
        self,
        references: pl.Series,
        boxes: pl.Series,
        plan: PassPlan,
        canvas: tuple[int, int],
        source: PictureSource,
        bundle: Bundle | None,
    ) -> None:
        self._references, self._boxes, self._plan, self._source = references, boxes, plan, source
        self._canvas = Preprocessing(*canvas, resample="bilinear")
        self._bundle = bundle
        self._network = None if bundle is None or not plan.mapped else Network(bundle, threads=1)

    def look(self, rows: NDArray[np.int64]) -> _BatchResult:
        """Read, decode and measure one batch."""
        seen, failures, inputs = [], [], []
        for row in map(int, rows):
            try:
                data = self._source.read(self._references[row])
                box = self._find_box(row)
                measured = self._measure(row, data, box)
                if self._bundle is not None and row in self._plan.mapped:
                    inputs.append(self._bundle.preprocessing.load(data, box=box))
            except PictureError as error:
                failures.append(Failure(row, str(error)))
            else:
                seen.append(measured)
        vectors = np.empty((0, 0), np.float32)
        if self._bundle is not None:
            vectors = np.empty((0, self._bundle.spec.embedding_size), np.float32)
        if self._network is not None and inputs:
            vectors = self._network.run(np.stack(inputs)).embedding
        return _BatchResult(seen, vectors, failures)

    def _find_box(self, row: int) -> Box | None:
        box = self._boxes[row]
        return None if box is None else tuple(box)

    def _measure(self, row: int, data: bytes, box: Box | None) -> _Seen:
        picture, size = self._decode(data, box)
        return _Seen(
            row=row,
            size=size,
            length=len(data),
            canvas=self._canvas.prepare(picture),
            histogram=measure_histogram(picture),
            example=_shrink(picture, self._plan.example_size) if row in self._plan.examples else None,
            mapped=_shrink(picture, self._plan.mapped_size) if row in self._plan.mapped else None,
        )

    def _decode(self, data: bytes, box: Box | None) -> tuple[NDArray[np.uint8], tuple[int, int]]:
        """Return the picture, or what its box cuts out, and height and width of the whole picture."""
        if box is not None:
            whole = decode_picture(data)
            return np.ascontiguousarray(whole[locate_box(box, *whole.shape[:2])]), whole.shape[:2]
        side = self._plan.example_size
        reduced = decode_reduced(data, limits=DecodeLimits(), box=None, at_least=(side, side))
        return reduced.picture, reduced.size


def _shrink(picture: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    image = Image.fromarray(picture)
    image.thumbnail((longest, longest), Image.Resampling.BICUBIC)
    return np.array(image)


def _probe(references: pl.Series, rows: NDArray[np.int64], source: PictureSource) -> tuple[int, int]:
    """Look at the shapes of a few pictures, evenly spread, to choose the canvas for mean pictures."""
    sizes = []
    for row in rows[:: max(1, len(rows) // _PROBED)]:
        try:
            data = source.read(references[int(row)])
            sizes.append(decode_reduced(data, limits=DecodeLimits(), box=None, at_least=(_CANVAS, _CANVAS)).size)
        except PictureError:
            continue  # the pass itself reports it
    shapes = np.array(sizes, np.int64).reshape(-1, 2)
    return choose_canvas(shapes[:, 1], shapes[:, 0], _CANVAS)


def _map_ahead(work: Callable[[_Task], _Result], tasks: Sequence[_Task], threads: int) -> Iterator[_Result]:
    """Yield the results in order, while a few tasks ahead are worked on."""
    waiting: deque[Future[_Result]] = deque()
    with ThreadPoolExecutor(threads, "modiste-explore") as pool:
        try:
            for task in tasks:
                waiting.append(pool.submit(work, task))
                if len(waiting) > _AHEAD * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
