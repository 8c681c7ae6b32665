"""The factory of the server's application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware

from modiste import __version__
from modiste.serving.addresses import EncodedPaths
from modiste.serving.callers import Gate
from modiste.serving.compressing import Compressed
from modiste.serving.headers import SafeHeaders
from modiste.serving.heads import ShortHeads
from modiste.serving.keys import KeyRing
from modiste.serving.limits import Limits
from modiste.serving.metrics import Metrics
from modiste.serving.openapi import describe
from modiste.serving.page_files import PageFiles
from modiste.serving.problems import handle_problems
from modiste.serving.recorder import Recorder
from modiste.serving.routes import (
    about,
    explanations,
    health,
    item_changes,
    items,
    jobs,
    metrics,
    opinions,
    pictures,
    problems,
    search,
)
from modiste.serving.schemas.problem import EVERYWHERE
from modiste.serving.settings import ServerSettings
from modiste.serving.state import open_state

__all__ = ["create_app"]

_ROUTERS = (
    pictures.router,
    search.router,
    items.router,
    item_changes.router,
    opinions.router,
    jobs.router,
    explanations.router,
    about.router,
)

_SHARED = ("GET", "POST", "PUT", "PATCH", "DELETE")
_HEADERS = ("Authorization", "Content-Type", "If-None-Match")


def create_app(settings: ServerSettings, *, opened: Callable[[], None] = lambda: None) -> FastAPI:
    """Make the application that serves a catalogue.

    Args:
        settings: What it serves, and how.
        opened: Called when all is open, before the first request.

    Returns:
        An ASGI application; the catalogue is opened when it starts.

    Raises:
        UsageError: The file of keys can't be read.

    Example:
        >>> app = create_app(ServerSettings("shop.catalogue"))
        >>> "/v1/search" in app.openapi()["paths"]
        True
    """
    keys = None if settings.keys is None else KeyRing.read(settings.keys)

    @asynccontextmanager
    async def live(app: FastAPI) -> AsyncIterator[None]:
        async with open_state(settings, app.state.metrics) as state:
            app.state.server = state
            opened()
            yield

    app = FastAPI(title="modiste", version=__version__, lifespan=live, docs_url=None, redoc_url=None)
    app.state.metrics = Metrics()
    handle_problems(app)
    _add_routes(app)
    _add_layers(app, settings, keys)
    describe(app)
    return app


def _add_routes(app: FastAPI) -> None:
    v1 = APIRouter(prefix="/v1", responses=EVERYWHERE)
    for router in _ROUTERS:
        v1.include_router(router)
    app.include_router(health.router)
    app.include_router(metrics.router, responses=EVERYWHERE)
    app.include_router(problems.router)
    app.include_router(v1)
    app.mount("/", PageFiles())


def _add_layers(app: FastAPI, settings: ServerSettings, keys: KeyRing | None) -> None:
    """Add what every request passes through; the last one is the outermost."""
    app.add_middleware(Limits, limits=settings.limits)
    app.add_middleware(Gate, keys=keys, cors=settings.cors)
    if settings.cors:
        app.add_middleware(CORSMiddleware, allow_origins=settings.cors, allow_methods=_SHARED, allow_headers=_HEADERS)
    app.add_middleware(Compressed)
    app.add_middleware(ShortHeads)
    app.add_middleware(SafeHeaders, shared=bool(settings.cors))
    app.add_middleware(Recorder, metrics=app.state.metrics)
    app.add_middleware(EncodedPaths)
