"""The pages in a real browser: nothing juts out, no error is told, keys and fingers work. Skipped without Chromium."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from modiste.bundle import Bundle
from modiste.collect.checking import CheckOptions, check_manifest
from modiste.explore import ExploreOptions, explore_manifest, write_exploration
from modiste.explore.check_report import write_check_report
from modiste.manifest import Manifest
from modiste.readers import read_source
from modiste.synthetic import write_shop

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-component-update --disable-sync"
FLAGS += " --disable-background-networking --allow-file-access-from-files --enable-logging=stderr"
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

# What is wider than the window, but for what scrolls by itself.
WIDE = """[...document.querySelectorAll("body *")].filter((item) => item.getBoundingClientRect().right > innerWidth + 1
  && item.getBoundingClientRect().width && !item.closest(".scroll, .strip, nav"))
  .map((item) => item.outerHTML.slice(0, 90))"""


def look(page: Path, width: int, expression: str) -> Any:
    """Open a page at a width, within a frame, since a window can't be as narrow as a phone; evaluate an expression."""
    outer, name = page.with_name(f"{page.stem}-{width}-outer.html"), f"{page.stem}-{width}.html"
    told = f"parent.postMessage(JSON.stringify({expression}), '*')"
    ask = f"<script>addEventListener('load', () => setTimeout(() => {{ {told} }}, 300))</script></body>"
    text = page.read_text(encoding="utf-8").replace("</body>", ask)
    # The copy that is looked at may run the question, also where the page itself forbids every script.
    text = text.replace("style-src 'unsafe-inline'\">", "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">")
    page.with_name(name).write_text(text, encoding="utf-8")
    listen = "addEventListener('message', (event) => { document.getElementById('told').textContent = event.data; })"
    frame = f'<iframe src="{name}" style="width:{width}px;height:800px;border:0"></iframe>'
    outer.write_text(f'<!doctype html><pre id="told"></pre><script>{listen}</script>{frame}', encoding="utf-8")
    home = f"--user-data-dir={page.parent / 'home'}"
    words = [str(CHROMIUM), *FLAGS.split(), home, "--virtual-time-budget=8000", "--window-size=1500,900", "--dump-dom"]
    done = subprocess.run([*words, outer.as_uri()], capture_output=True, text=True, timeout=240, check=True)
    assert not [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    found = re.search(r'<pre id="told">(.+?)</pre>', done.stdout, re.DOTALL)
    assert found, "the page said nothing"
    return json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


@pytest.fixture(scope="module")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explored")
    write_shop(folder / "shop", count=60, seed=2, size=(60, 80))
    manifest = read_source(folder / "shop")
    return write_exploration(
        folder / "page.html", explore_manifest(manifest, source="shop", options=ExploreOptions(threads=1))
    )


@pytest.mark.parametrize("width", [1440, 768, 390, 360])
def test_exploration_fits_the_window_and_is_drawn(explored: Path, width: int) -> None:
    parts = {
        "wide": WIDE,
        "cells": 'document.querySelectorAll("#pairs-heat tbody td").length',
        "levels": 'document.querySelectorAll("#histograms svg").length',
        "legend": 'document.querySelectorAll("#map-legend button").length',
        "panels": 'document.querySelectorAll("#classes .panel:not([hidden])").length',
        "nav": '(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector("nav div"))',
        "asked": "performance.getEntriesByType('resource').length",
    }
    found = look(explored, width, "{" + ",".join(f"{name}: {value}" for name, value in parts.items()) + "}")
    assert found["wide"] == [] and found["asked"] == 0
    assert found["cells"] > 10 and found["levels"] == 2 and found["legend"] > 1 and found["panels"] == 1
    assert width < 1440 or found["nav"] <= 0  # every section is named without scrolling


def test_map_answers_to_keys_and_fingers(explored: Path) -> None:
    steps = """(() => {
      const canvas = document.getElementById("map-canvas"), card = document.getElementById("map-card");
      canvas.setPointerCapture = () => {};  // there is no finger to capture
      const press = (key) => canvas.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
      const point = (kind, pointerType, clientX, clientY) =>
        canvas.dispatchEvent(new PointerEvent(kind, { pointerType, clientX, clientY }));
      const told = [];
      const tell = () => told.push([!card.hidden, document.getElementById("map-told").textContent.length > 0]);
      const seen = () => { const [a, b] = [card.getBoundingClientRect(), canvas.getBoundingClientRect()];
        return a.left >= b.left && a.right <= b.right; };
      tell(); press("ArrowRight"); tell(); press("Escape"); tell();
      document.querySelector('[data-zoom="1.5"]').click(); document.querySelector('[data-zoom="1.5"]').click();
      for (let at = 0; at < 40; at++) press("ArrowLeft");
      tell(); const within = seen(); press("Escape"); document.querySelector('[data-zoom="0"]').click();
      const { left, top, width, height } = canvas.getBoundingClientRect();
      for (let x = 0; card.hidden && x < width; x += 20) for (let y = 0; card.hidden && y < height; y += 20) {
        point("pointerdown", "touch", left + x, top + y); point("pointerup", "touch", left + x, top + y); }
      point("pointerleave", "touch", 0, 0); tell();
      point("pointerleave", "mouse", 0, 0); tell();
      return { told, within };
    })()"""
    found = look(explored, 390, steps)
    assert [shown for shown, _ in found["told"]] == [False, True, False, True, True, False]
    assert found["told"][1][1] and found["within"]


def test_examples_open_a_dialog(explored: Path) -> None:
    steps = """(() => {
      document.querySelector("#classes .picture").click();
      const dialog = document.getElementById("portrait"), open = dialog.open;
      const within = dialog.getBoundingClientRect().right <= innerWidth, text = dialog.textContent;
      dialog.querySelector("form button").click();
      return { open, within, text, closed: !dialog.open };
    })()"""
    found = look(explored, 360, steps)
    assert found["open"] and found["within"] and found["closed"] and "article type" in found["text"]


@pytest.mark.parametrize("width", [1440, 390])
def test_pictures_of_a_check_stay_in_their_frames(tmp_path: Path, width: int) -> None:
    rows, rng = [], np.random.default_rng(0)
    for at, size in enumerate([(200, 900), (900, 200), (20, 20), (300, 300)]):
        noise = rng.integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
        for copy in "ab":
            Image.fromarray(noise).save(tmp_path / f"{at}{copy}.png")
            rows.append({"item_id": f"{at}{copy}", "image": str(tmp_path / f"{at}{copy}.png"), "source": "t"})
    result = check_manifest(
        Manifest.from_rows(rows), bundle=Bundle.open(), options=CheckOptions(checks=("exact-copy", "tiny"))
    )
    page = write_check_report(tmp_path / "check.html", result, source="noise")
    jutting = """[...document.querySelectorAll(".frame img")].filter((image) => {
      const [a, b] = [image.getBoundingClientRect(), image.parentElement.getBoundingClientRect()];
      return a.top < b.top - 1 || a.bottom > b.bottom + 1 || a.left < b.left - 1 || a.right > b.right + 1;
    }).length"""
    found = look(page, width, f"{{ jutting: {jutting}, images: document.images.length, wide: {WIDE} }}")
    assert found["images"] >= 8 and found["jutting"] == 0 and found["wide"] == []
