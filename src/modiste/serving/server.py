"""Runs the application: a port, a process or several, and an end that lets requests finish."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Callable
from typing import Final

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from modiste.errors import UsageError
from modiste.serving.app import create_app
from modiste.serving.heads import READING
from modiste.serving.logs import write_logs
from modiste.serving.memory import keep_heaps_small, settle_memory
from modiste.serving.settings import ServerSettings

__all__ = ["create_from_environment", "open_port", "serve"]

_SETTINGS: Final = "MODISTE_SERVE"
_METRICS: Final = "PROMETHEUS_MULTIPROC_DIR"
_BACKLOG: Final = 512
# Python gives its lock to a waiting thread after 5 ms, in which a whole search is done, and at each answer the thread
# that serves connections waits for it. Sooner, a busy machine answered more searches by words, and none waited as long.
_TURN: Final = 0.0005  # seconds
_GRACE: Final = 20  # seconds that requests under way have to finish


def open_port(host: str, port: int) -> socket.socket:
    """Take a port; 0 is any that is free.

    Raises:
        UsageError: Another program has it, or it may not be taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends at once (TCP_NODELAY) only through sockets that are said to be of TCP. Without, an answer's body
    # waits for the client to acknowledge its head, which takes 40 ms on a connection that is kept.
    taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
    except (OSError, OverflowError) as error:
        taken.close()
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"port {port} of {host} can't be had: {reason}; choose another: --port 0") from error
    return taken


def serve(settings: ServerSettings, port: socket.socket, *, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until somebody stops it (SIGINT or SIGTERM); requests under way are finished.

    Args:
        settings: What is served.
        port: As `open_port` gives it.
        ready: Called once, when every process takes requests.
    """
    os.environ[_SETTINGS] = settings.to_json()
    config = uvicorn.Config(
        "modiste.serving.server:create_from_environment",
        factory=True,
        workers=settings.workers,
        **READING,
        backlog=_BACKLOG if settings.workers == 1 else 1,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
        timeout_keep_alive=15,
        lifespan="on",
    )
    if settings.workers == 1:
        _Server(config, ready).run(sockets=[port])
        return
    # Each process writes its numbers into a file of this folder; whichever is asked adds them up.
    with tempfile.TemporaryDirectory(prefix="modiste-metrics-") as folder:
        os.environ[_METRICS] = folder
        _Workers(config, port, ready).run()


def create_from_environment() -> FastAPI:
    """Make the application of a worker process, from the settings that its parent left."""
    keep_heaps_small()
    sys.setswitchinterval(_TURN)
    settings = ServerSettings.from_json(os.environ[_SETTINGS])
    write_logs(requests=settings.log)
    return create_app(settings, opened=settle_memory)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


class _Workers(Multiprocess):
    def __init__(self, config: uvicorn.Config, port: socket.socket, ready: Callable[[], None]) -> None:
        super().__init__(config, [port])
        self._port = port
        self._ready: Callable[[], None] | None = ready

    def keep_subprocess_alive(self) -> None:
        super().keep_subprocess_alive()
        self._port.listen(_BACKLOG)  # a worker that started has made it as short as what it takes at a time
        if self._ready is not None and all(process.is_ready() for process in self.processes):
            self._ready()
            self._ready = None
