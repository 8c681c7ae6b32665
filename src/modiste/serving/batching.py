"""Micro-batching: pictures of requests that come at the same time go through the network together."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.bundle import Bundle
from modiste.imaging import Box
from modiste.imaging.limits import DecodeLimits
from modiste.runtime import Decider, Network, Tags, count_cores
from modiste.runtime.tags import list_tags
from modiste.serving.metrics import Metrics
from modiste.serving.pools import Pool, refuse

__all__ = ["Batcher", "Seen"]

_MOST: Final = 32  # pictures a run: the network's rate is flat from here on
_LEAST: Final = 4  # pictures a run, where there are as many: one by one they take a quarter longer
_PATIENCE: Final = 0.004  # seconds that a run waits for pictures that are being decoded


@dataclass(frozen=True, eq=False)
class Seen:
    """What the network says of one picture.

    Args:
        vector: float32 [embedding size] of unit length.
        tags: Its tags, with all the alternatives that were asked for; None where nobody asked.
    """

    vector: NDArray[np.float32]
    tags: Tags | None


@dataclass(frozen=True, eq=False)
class _Waiting:
    picture: NDArray[np.uint8]
    top_k: int
    answer: asyncio.Future[Seen]


class Batcher:
    """Decodes pictures in threads and runs the network on whatever has come meanwhile.

    Each core runs the network by itself, as in `modiste.batch`. While all are busy the next run's pictures gather, so
    that batches grow with the load by themselves; a run waits a few milliseconds only for pictures that are being
    decoded already. No run takes more than its share of all pictures under way, those of the other runs included:
    clients who wait for their answers send nothing, so that a run that took all there are would leave the other cores,
    and in the end its own, without work until the next pictures have come and are decoded.

    Args:
        bundle: Whose network.
        decoding: The threads that decode.
        limits: The largest picture.
        metrics: Where pictures and runs are counted.
        threads: Runs at a time, each on one core; by default as many as there are cores.
        waiting: Pictures that may wait at a time.
    """

    def __init__(
        self,
        bundle: Bundle,
        decoding: Pool,
        limits: DecodeLimits,
        metrics: Metrics,
        *,
        threads: int | None = None,
        waiting: int = 1024,
    ) -> None:
        self.bundle = bundle
        self._metrics = metrics
        self._network, self._decider = Network(bundle, threads=1), Decider(bundle.spec)
        self._threads = threads or count_cores()
        self._decoding, self._limits, self._waiting = decoding, limits, waiting
        self._pool = ThreadPoolExecutor(self._threads, "modiste-network")
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._coming = self._running = 0
        self._runs: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._work())

    async def stop(self) -> None:
        """End; whoever still waits is told that the server stops."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await asyncio.gather(*self._runs)
        while not self._queue.empty():
            _tell(self._queue.get_nowait().answer, refuse("the server stops"))
        await asyncio.to_thread(self._pool.shutdown)

    async def prepare(self, data: bytes, box: Box | None = None) -> NDArray[np.uint8]:
        """Decode a picture for the network: RGB uint8 [height, width, 3].

        Raises:
            PictureError: It can't be read, or is larger than the limits.
            ProblemError: Too much is waiting already.
        """
        preprocessing = self.bundle.preprocessing
        return await self._decoding.run(lambda: preprocessing.load(data, limits=self._limits, box=box))

    async def see(self, data: bytes, box: Box | None = None, *, top_k: int = 0) -> Seen:
        """Run the network on one picture.

        Args:
            data: The picture's file.
            box: A part of it.
            top_k: How many values a field gets; with 0 there are no tags.

        Raises:
            PictureError: It can't be read, or is larger than the limits.
            ProblemError: Too much is waiting already.
        """
        if self._queue.qsize() + self._coming >= self._waiting:
            raise refuse(f"{self._waiting} pictures wait for the network")
        self._coming += 1
        try:
            picture = await self.prepare(data, box)
        finally:
            self._coming -= 1
        answer: asyncio.Future[Seen] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(_Waiting(picture, top_k, answer))
        return await answer

    async def run(self, pictures: NDArray[np.uint8]) -> dict[str, NDArray[np.float64]]:
        """Run the network on prepared pictures that belong together, some at a time, so that others come between.

        Args:
            pictures: [n, height, width, 3], n at least 1.

        Returns:
            Field -> the probabilities of its values, [n, values].
        """
        loop = asyncio.get_running_loop()
        size = min(_MOST, -(-len(pictures) // self._threads))
        parts = [pictures[start : start + size] for start in range(0, len(pictures), size)]
        outputs = await asyncio.gather(*(loop.run_in_executor(self._pool, self._network.run, part) for part in parts))
        logits = np.concatenate([output.logits for output in outputs])
        decision = await loop.run_in_executor(self._pool, self._decider.decide, logits)
        return dict(decision.probabilities)

    async def _work(self) -> None:
        free = asyncio.Semaphore(self._threads)

        def end(run: asyncio.Task[None]) -> None:
            self._runs.discard(run)
            free.release()

        while True:
            await free.acquire()
            batch = await self._gather()
            self._running += len(batch)
            run = asyncio.get_running_loop().create_task(self._run(batch))
            self._runs.add(run)
            run.add_done_callback(end)

    async def _run(self, batch: list[_Waiting]) -> None:
        try:
            try:
                answers = await asyncio.get_running_loop().run_in_executor(self._pool, self._answer, batch)
            finally:
                self._running -= len(batch)
        except Exception as error:  # whatever it is belongs to those who wait
            for one in batch:
                _tell(one.answer, error)
            return
        for one, seen in zip(batch, answers, strict=True):
            if not one.answer.done():
                one.answer.set_result(seen)

    async def _gather(self) -> list[_Waiting]:
        batch = [await self._queue.get()]
        loop = asyncio.get_running_loop()
        end = loop.time() + _PATIENCE
        under_way = 1 + self._queue.qsize() + self._coming + self._running
        share = min(_MOST, max(_LEAST, math.ceil(under_way / self._threads)))
        while len(batch) < share:
            if not self._queue.empty():
                batch.append(self._queue.get_nowait())
            elif self._coming and loop.time() < end:
                try:
                    batch.append(await asyncio.wait_for(self._queue.get(), end - loop.time()))
                except TimeoutError:
                    break
            else:
                break
        return [one for one in batch if not one.answer.done()]

    def _answer(self, batch: Sequence[_Waiting]) -> list[Seen]:
        if not batch:
            return []
        output = self._network.run(np.stack([one.picture for one in batch]))
        self._metrics.runs.inc()
        self._metrics.pictures.inc(len(batch))
        top_k = max(one.top_k for one in batch)
        if not top_k:
            return [Seen(vector, None) for vector in output.embedding]
        tags = list_tags(self._decider.decide(output.logits, output.familiarity), top_k=top_k)
        return [Seen(vector, said) for vector, said in zip(output.embedding, tags, strict=True)]


def _tell(answer: asyncio.Future[Seen], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
