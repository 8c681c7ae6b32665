"""A drawn shop, served by `modiste serve`, and a browser; skipped where Playwright or Chromium is missing."""

from __future__ import annotations

import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from modiste.bench.serving.browsing import find_chromium
from modiste.catalogue import Catalogue, CatalogueItem, ItemTag, Variant
from modiste.serving.keys import make_key
from modiste.synthetic import draw_shop
from modiste.synthetic.drawers import draw_product
from tests.e2e.page.steps import EVIL, HOSTILE_ID, PATIENCE, settle

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = find_chromium()
COUNT = 60
QUIET = ("--no-sandbox", "--disable-gpu")
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")  # it films a moving disc


@dataclass(frozen=True)
class Shop:
    """The drawn shop: its folder, and a new photograph of its third product."""

    folder: Path
    pictures: Path
    photograph: Path
    third: str


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "pictures").mkdir()
    items, drawn = [], list(draw_shop(COUNT, seed=5, size=(150, 200)))
    for one in drawn:
        path = folder / "pictures" / f"{one.picture_id}.jpg"
        one.picture.save(path, quality=88)
        variants = tuple(Variant(*pair) for pair in one.sizes.items())
        items.append(
            CatalogueItem(
                one.picture_id, product_id=one.product_id, image=str(path), title=one.title, brand=one.brand,
                price=float(one.price), currency="EUR", variants=variants,
            )
        )  # fmt: skip
    items.append(draw_hostile(folder / "pictures" / "hostile.jpg"))
    with Catalogue.create(folder / "shop.catalogue") as made:
        made.add_items(items)
    photograph = folder / "photograph.jpg"
    draw_product(drawn[2].spec, size=(300, 400), rng=np.random.default_rng(9)).save(photograph)
    return Shop(folder / "shop.catalogue", folder / "pictures", photograph, drawn[2].picture_id)


def draw_hostile(path: Path) -> CatalogueItem:
    """An item whose every word tries to be a script."""
    Image.new("RGB", (150, 200), (200, 40, 60)).save(path)
    tags = (ItemTag("articleType", EVIL), ItemTag("baseColour", EVIL))
    return CatalogueItem(
        HOSTILE_ID, image=str(path), title=f"{EVIL} hostile", brand=EVIL, price=1000.0, tags=tags,
        variants=(Variant(EVIL, 3),), details={"note": EVIL, "link": "javascript:window.hacked=1"},
    )  # fmt: skip


def start_server(folder: Path, *more: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start `modiste serve` on a free port; what it logs goes into a file beside the catalogue."""
    words = [
        sys.executable,
        "-m",
        "modiste",
        "serve",
        str(folder),
        "--port",
        "0",
        "--no-browser",
        "--threads",
        "1",
        *more,
    ]
    with (folder.parent / "server.log").open("ab") as log:
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log)
    assert process.stdout
    said, until = b"", time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        if select.select([process.stdout], [], [], 0.5)[0]:
            said += process.stdout.read1(4096)  # type: ignore[attr-defined]
        if found := re.search(rb"http://127\.0\.0\.1:\d+", said):
            return process, found[0].decode()
    process.kill()
    raise AssertionError(f"the server does not start: {said.decode()} {(folder.parent / 'server.log').read_text()}")


def stop_server(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(30)
    finally:
        process.kill()
        assert process.stdout
        process.stdout.close()


@pytest.fixture(scope="package")
def server(shop: Shop, browser: Browser) -> Iterator[str]:
    """The address of the shop; anybody on this machine may write."""
    process, address = start_server(shop.folder)
    yield address
    stop_server(process)


@dataclass(frozen=True)
class Guarded:
    """A server that wants keys, and a page of another origin that may ask it."""

    address: str
    read: str
    write: str
    host: str
    folder: Path


@pytest.fixture(scope="package")
def guarded(shop: Shop, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("host")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder))) as host:
        Thread(target=host.serve_forever, daemon=True).start()
        origin = f"http://127.0.0.1:{host.server_port}"
        read, write = make_key(), make_key()
        keys = folder.parent / "keys.toml"
        keys.write_text(f'[keys.shop]\nkey = "{read}"\nmay = "read"\n[keys.staff]\nkey = "{write}"\nmay = "write"\n')
        process, address = start_server(shop.folder, "--keys", str(keys), "--cors", origin)
        yield Guarded(address, read, write, origin, folder)
        stop_server(process)
        host.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Ends with this folder: while it lives, an event loop runs, and `asyncio.run` of other tests is refused."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install playwright")
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *CAMERA])
        yield opened
        opened.close()


@dataclass
class Watch:
    """What a page must never do: tell errors, ask another host. `allowed` are parts of errors that a test provokes."""

    hosts: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def check(self) -> None:
        assert not [line for line in self.told if not any(part in line for part in self.allowed)]
        assert self.hosts <= {"127.0.0.1"}, f"the page asked {self.hosts}"


@pytest.fixture
def watch() -> Watch:
    return Watch()


@contextmanager
def open_context(browser: Browser, watch: Watch, **options: Any) -> Iterator[BrowserContext]:
    """Open a browser's window that is watched; its options are Playwright's."""
    made = browser.new_context(color_scheme="light", reduced_motion="reduce", **options)
    made.set_default_timeout(PATIENCE * 1000)
    made.on("request", lambda request: watch.hosts.add(urlsplit(request.url).hostname or "127.0.0.1"))
    made.on("console", lambda said: said.type in ("error", "warning") and watch.told.append(said.text))
    made.on("weberror", lambda error: watch.told.append(str(error.error)))
    yield made
    made.close()
    watch.check()


@pytest.fixture
def context(browser: Browser, watch: Watch) -> Iterator[BrowserContext]:
    with open_context(browser, watch, viewport={"width": 1280, "height": 900}) as made:
        yield made


@pytest.fixture
def page(context: BrowserContext, server: str) -> Page:
    """A page at the shop's address; `page.goto("/#/search")` goes on from there."""
    opened = context.new_page()
    opened.goto(server)
    settle(opened)
    return opened
