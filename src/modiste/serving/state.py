"""What a process of the server holds while it runs: the catalogue, the network, threads, and what people left."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import Depends, Request

from modiste.bundle import Bundle
from modiste.catalogue import Catalogue
from modiste.imaging.limits import DecodeLimits
from modiste.runtime import count_cores
from modiste.serving.batching import Batcher
from modiste.serving.browsing import Browser
from modiste.serving.pools import Pool
from modiste.serving.settings import ServerSettings
from modiste.serving.thumbnails import Thumbnails

__all__ = ["ServerState", "State", "open_state"]


@dataclass(frozen=True, eq=False)
class ServerState:
    """What a process holds.

    Args:
        settings: What it was told.
        catalogue: What it serves.
        batcher: The network, for pictures.
        browser: Lists of items by order or by chance.
        thumbnails: Small pictures.
        searching: Threads that ask the catalogue.
        decoding: Threads that decode pictures.
        writing: The one thread that changes the catalogue.
    """

    settings: ServerSettings
    catalogue: Catalogue
    batcher: Batcher
    browser: Browser
    thumbnails: Thumbnails
    searching: Pool
    decoding: Pool
    writing: Pool

    @property
    def bundle(self) -> Bundle:
        """The bundle in use."""
        return self.batcher.bundle


@asynccontextmanager
async def open_state(settings: ServerSettings) -> AsyncIterator[ServerState]:
    """Open all that a process holds, and close it in the end, when the requests under way are done.

    Raises:
        CatalogueError: There is no such catalogue, or it was made with another bundle.
        BundleError: There is no such bundle.
    """
    bundle = Bundle.open(settings.bundle)
    threads = settings.threads or max(1, count_cores() // settings.workers)
    catalogue = Catalogue.open(settings.catalogue, bundle=bundle, threads=threads)
    waiting = settings.limits.waiting
    limits = DecodeLimits(max_bytes=settings.limits.body, max_pixels=settings.limits.pixels)
    decoding = Pool("decoding", threads, 2 * waiting)
    pools = Pool("searching", max(2, threads), waiting), decoding, Pool("writing", 1, waiting)
    batcher = Batcher(bundle, decoding, limits, threads=threads)
    thumbnails = Thumbnails(limits)
    try:
        batcher.start()
        yield ServerState(settings, catalogue, batcher, Browser(catalogue.backend), thumbnails, *pools)
    finally:
        await batcher.stop()
        for pool in pools:
            pool.close()
        thumbnails.close()
        catalogue.close()


def _get_state(request: Request) -> Any:
    return cast("ServerState", request.app.state.server)


State = Annotated[ServerState, Depends(_get_state)]
"""What the process holds, as a parameter of a route."""
