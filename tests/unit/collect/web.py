"""A web server on this machine whose answers a test writes down, with the faults that servers have."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import numpy as np
from PIL import Image


def draw(seed: int, size: tuple[int, int] = (60, 80), kind: str = "JPEG") -> bytes:
    noise = np.random.default_rng(seed).integers(0, 256, (8, 6, 3), dtype=np.uint8)
    file = BytesIO()
    Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC).save(file, kind)
    return file.getvalue()


@dataclass
class Reply:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    sent: float = 1.0  # share of the body that is sent before the connection closes
    delay: float = 0.0
    with_length: bool = True


@dataclass
class Asked:
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    time: float
    count: int  # requests for this path and query so far, this one included


@dataclass
class Web:
    base: str
    asked: list[Asked] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    active: int = 0
    most: int = 0

    def count(self, path: str) -> int:
        return sum(item.path == path for item in self.asked)


@contextmanager
def serve(answer: Callable[[Asked], Reply], *, robots: Reply = Reply(status=404)) -> Iterator[Web]:  # noqa: B008
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            with lock:
                web.counts[self.path] += 1
                asked = Asked(parts.path, query, dict(self.headers), time.monotonic(), web.counts[self.path])
                web.asked.append(asked)
                web.active += 1
                web.most = max(web.most, web.active)
            reply = robots if parts.path == "/robots.txt" else answer(asked)
            time.sleep(reply.delay)
            with lock:
                web.active -= 1
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.with_length:
                self.send_header("Content-Length", str(len(reply.body)))
            else:
                self.close_connection = True
            self.end_headers()
            self.wfile.write(reply.body[: int(len(reply.body) * reply.sent)])
            if reply.sent < 1:
                self.close_connection = True

        def handle(self) -> None:
            try:
                super().handle()
            except (ConnectionError, TimeoutError):
                return

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    server = Quiet(("127.0.0.1", 0), Handler)
    web = Web(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
