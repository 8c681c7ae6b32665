"""A real server on a port of its own, in a thread of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def serving(catalogue: Path, **options: object) -> Iterator[str]:
    """Serve a catalogue on a free port, from a thread of this process; gives the address."""
    import uvicorn

    from modiste.serving import ServerSettings, create_app
    from modiste.serving.heads import READING
    from modiste.serving.server import open_port

    port = open_port("127.0.0.1", 0)
    app = create_app(ServerSettings(str(catalogue), threads=1, log=False, **options))  # type: ignore[arg-type]
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on", **READING))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [port]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port.getsockname()[1]}"
    server.should_exit = True
    thread.join(30)
