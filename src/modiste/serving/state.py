"""What a process of the server holds while it runs: the catalogue, the network, threads, and what people left."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, cast

from fastapi import Depends, Request
from PIL import Image

from modiste.bundle import Bundle
from modiste.catalogue import Catalogue
from modiste.errors import ModisteError, UsageError
from modiste.imaging.limits import DecodeLimits
from modiste.runtime import count_cores
from modiste.serving.answers import AnswerWriter
from modiste.serving.batching import Batcher
from modiste.serving.browsing import Browser
from modiste.serving.correcting import Corrector
from modiste.serving.explaining import Explainer
from modiste.serving.jobs.runner import JobRunner
from modiste.serving.jobs.store import JobStore
from modiste.serving.logs import LOGGER
from modiste.serving.metrics import Metrics
from modiste.serving.opinions import OpinionBook
from modiste.serving.picture_store import PictureStore
from modiste.serving.pools import Pool
from modiste.serving.review import ReviewQueue
from modiste.serving.settings import ServerSettings
from modiste.serving.thumbnails import Thumbnails
from modiste.serving.writing import ItemWriter

__all__ = ["ServerState", "State", "open_state"]

_BLOCK: Final = 1 << 26  # bytes


@dataclass(frozen=True, eq=False)
class ServerState:
    """What a process holds.

    Args:
        settings: What it was told.
        catalogue: What it serves.
        batcher: The network, for pictures.
        answers: Writes what searches find.
        browser: Lists of items by order or by chance.
        thumbnails: Small pictures.
        explainer: Says why pictures are tagged as they are.
        opinions: What people said.
        corrector: Makes corrections of opinions; used by the writing thread alone.
        review: What is worth a look.
        store: Uploaded pictures.
        writer: Puts and changes items; used by the writing thread alone.
        jobs: Uploaded batches.
        job_folder: Their files.
        runner: Tags them.
        searching: Threads that ask the catalogue.
        decoding: Threads that decode pictures.
        writing: The one thread that changes the catalogue.
    """

    settings: ServerSettings
    catalogue: Catalogue
    batcher: Batcher
    answers: AnswerWriter
    browser: Browser
    thumbnails: Thumbnails
    explainer: Explainer
    opinions: OpinionBook
    corrector: Corrector
    review: ReviewQueue
    store: PictureStore
    writer: ItemWriter
    jobs: JobStore
    job_folder: Path
    runner: JobRunner
    searching: Pool
    decoding: Pool
    writing: Pool

    @property
    def bundle(self) -> Bundle:
        """The bundle in use."""
        return self.batcher.bundle


@asynccontextmanager
async def open_state(settings: ServerSettings, metrics: Metrics) -> AsyncIterator[ServerState]:
    """Open all that a process holds, and close it in the end, when the requests under way are done.

    Raises:
        CatalogueError: There is no such catalogue, or it was made with another bundle.
        BundleError: There is no such bundle.
        UsageError: The folder for what people upload can't be written.
    """
    async with AsyncExitStack() as stack:
        state = _build(settings, metrics, stack)
        state.batcher.start()
        stack.push_async_callback(state.batcher.stop)
        await state.writing.run(state.corrector.settle_all)
        stack.callback(asyncio.create_task(_sweep(state)).cancel)
        state.runner.start()
        stack.push_async_callback(asyncio.to_thread, state.runner.stop)
        yield state


async def _sweep(state: ServerState) -> None:
    """Remove the pictures that a kill left behind, beside the first requests."""
    if state.settings.state is not None:
        return  # a folder that somebody named may hold another catalogue's pictures, too
    try:
        await state.searching.run(state.store.sweep, state.catalogue)
    except (ModisteError, OSError, sqlite3.Error):
        LOGGER.exception("old pictures could not be removed")


def _build(settings: ServerSettings, metrics: Metrics, stack: AsyncExitStack) -> ServerState:
    """Open everything; what is opened is closed by the stack, the last one first."""
    # Pillow's own blocks of 16 MB stay with the process when a large picture is done with; larger ones go back.
    cast("Any", Image).core.set_block_size(_BLOCK)
    bundle = Bundle.open(settings.bundle)
    threads = settings.threads or max(1, count_cores() // settings.workers)
    most = settings.limits
    limits = DecodeLimits(max_bytes=most.body, max_pixels=most.pixels)
    catalogue = stack.enter_context(Catalogue.open(settings.catalogue, bundle=bundle, threads=threads))
    book, jobs = _open_files(settings)
    stack.callback(book.close)
    stack.callback(jobs.close)
    job_folder = (settings.folder / "jobs").absolute()
    thumbnails = Thumbnails(limits)
    stack.callback(thumbnails.close)
    searching, decoding = Pool("searching", max(2, threads), most.waiting), Pool("decoding", threads, 8 * most.waiting)
    writing = Pool("writing", 1, most.waiting)
    review = ReviewQueue(catalogue, book, bundle.spec.doubt)
    stack.callback(review.close)
    for pool in (searching, decoding, writing):
        stack.callback(pool.close)
    store = PictureStore(settings.folder / "pictures")
    batcher = Batcher(bundle, decoding, limits, metrics, threads=threads)
    return ServerState(
        settings=settings,
        catalogue=catalogue,
        batcher=batcher,
        answers=AnswerWriter(),
        browser=Browser(catalogue.backend),
        thumbnails=thumbnails,
        explainer=Explainer(batcher, catalogue.backend, decoding, searching, limits),
        opinions=book,
        corrector=Corrector(catalogue, book),
        review=review,
        store=store,
        writer=ItemWriter(catalogue, store, limits),
        jobs=jobs,
        job_folder=job_folder,
        runner=JobRunner(jobs, job_folder, bundle, limits=limits, threads=max(1, threads // 2)),
        searching=searching,
        decoding=decoding,
        writing=writing,
    )


def _open_files(settings: ServerSettings) -> tuple[OpinionBook, JobStore]:
    try:
        return OpinionBook(settings.folder / "opinions.sqlite"), JobStore(settings.folder / "jobs.sqlite")
    except (OSError, sqlite3.Error) as error:
        raise UsageError(
            f"nothing can be written to {settings.folder}: {error}. Name another folder: --state FOLDER"
        ) from error


# As a coroutine: a plain function would be called in a thread, at each request.
async def _get_state(request: Request) -> Any:
    return cast("ServerState", request.app.state.server)


State = Annotated[ServerState, Depends(_get_state)]
"""What the process holds, as a parameter of a route."""
