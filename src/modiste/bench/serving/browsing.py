"""A browser that opens the page, and says how long its user waits and how much is fetched.

Needs Playwright (the extra ``dev``) and a Chromium of the system.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from modiste.errors import ModisteError, UsageError, import_extra

__all__ = ["SETTLED", "Visit", "find_chromium", "open_browser", "open_visit"]

SETTLED: Final = """document.getElementById("main").dataset.place === location.hash
  && !document.querySelector("main[aria-busy=true], main [aria-busy=true], main .waiting")"""
"""A script that says whether nothing of the page is on its way."""

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE: Final = 60.0  # seconds
_LOOK: Final = 50  # milliseconds
_REST: Final = 400  # milliseconds in which what was painted last is told
_SIZE: Final = {"width": 1280, "height": 900}
# The browser's own measures: the time of the largest thing painted so far, and of each interaction from the hand to the
# paint that follows; those below 16 ms are not told.
_WATCH: Final = """window.largest = 0; window.acts = {};
new PerformanceObserver(list => { for (const one of list.getEntries()) window.largest = one.startTime; })
  .observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver(list => {
  for (const one of list.getEntries().filter(one => one.interactionId))
    window.acts[one.interactionId] = Math.max(window.acts[one.interactionId] ?? 0, one.duration);
}).observe({ type: "event", durationThreshold: 16, buffered: true });"""
_FETCHED: Final = """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .map(one => [new URL(one.name).pathname, one.encodedBodySize, one.decodedBodySize])"""


def find_chromium() -> str | None:
    """Return where the system's Chromium is, or None."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def open_browser() -> Iterator[Any]:
    """Open a browser without a window.

    Raises:
        MissingExtraError: Playwright is not installed.
        UsageError: There is no Chromium.
    """
    playwright = import_extra("playwright.sync_api", purpose="Measuring the page", extra="dev")
    place = find_chromium()
    if place is None:
        raise UsageError(f"there is no browser; expected one of {', '.join(_NAMES)}. Type: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=place, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@dataclass(frozen=True)
class Visit:
    """A page that was opened with nothing in the browser's memory.

    Args:
        page: Playwright's page.
    """

    page: Any

    def settle(self) -> None:
        """Wait until nothing is on its way.

        Raises:
            ModisteError: Something always is.
        """
        until = time.monotonic() + _PATIENCE
        while not self.page.evaluate(SETTLED):
            if time.monotonic() > until:
                raise ModisteError(f"the page does not come to rest at {self.page.url}")
            self.page.wait_for_timeout(_LOOK)
        self.page.wait_for_timeout(_REST)

    def read_largest(self) -> float:
        """Return when the largest thing was painted, in seconds since the visit began."""
        return float(self.page.evaluate("window.largest")) / 1000

    def read_acts(self) -> list[float]:
        """Return how long each interaction took until its paint, in milliseconds; those below 16 count as 16."""
        return [float(one) for one in self.page.evaluate("Object.values(window.acts)")]

    def read_fetched(self) -> list[tuple[str, int, int]]:
        """Return path, bytes as they were sent and bytes unpacked of everything that was fetched."""
        return [(path, int(sent), int(whole)) for path, sent, whole in self.page.evaluate(_FETCHED)]


@contextmanager
def open_visit(browser: Any, address: str) -> Iterator[Visit]:
    """Open an address as somebody who was never there."""
    context = browser.new_context(viewport=_SIZE)
    context.set_default_timeout(1000 * _PATIENCE)
    context.add_init_script(_WATCH)
    visit = Visit(context.new_page())
    visit.page.goto(address)
    visit.settle()
    yield visit
    context.close()
