"""Acceptance of the page on 40,000 products: how soon it is painted, how soon it answers a hand, what it weighs."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx2

from modiste.bench.accept import Setting
from modiste.bench.processes import list_options
from modiste.bench.serving.browsing import Visit, open_browser, open_visit
from modiste.bench.serving.serving_process import run_server
from modiste.bench.serving.shop import find_shop
from modiste.evaluation import Report, Section, Target, render_table

__all__ = ["measure_page", "run"]

_ROUNDS: Final = 5
_MOST_PAINT: Final = 1.0  # seconds
_MOST_ACT: Final = 100.0  # milliseconds
_MOST_WEIGHT: Final = 150.0  # kB
_KB: Final = 1000
_DELAY: Final = 40  # milliseconds between two letters

Step = Callable[[Any], object]
_STEPS: Final[Mapping[str, Step]] = {
    "a category is opened": lambda page: page.locator(".branch").first.click(),
    "a colour is chosen": lambda page: page.locator(".colours input").first.click(),
    "another colour is chosen": lambda page: page.locator(".colours input").nth(1).click(),
    "results are sorted": lambda page: _press_down(page.get_by_label("Sort")),
    "words are typed and sent": lambda page: _type_words(page, "red dress"),
    "a chosen value is taken back": lambda page: page.locator(".chip").first.click(),
    "more results are asked for": lambda page: page.locator(".more button").click(),
    "a product is opened": lambda page: page.locator(".card-name a").first.click(),
    "the review is opened": lambda page: page.locator("nav a[data-view=review]").click(),
    "a question is skipped": lambda page: page.keyboard.press("s"),
    "the model is opened": lambda page: page.locator("nav a[data-view=models]").click(),
}


@dataclass
class _Seen:
    """What the browser said: view -> seconds, one a load, and bytes; step -> milliseconds, one a round."""

    paints: dict[str, list[float]] = field(default_factory=dict)
    weights: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)
    acts: dict[str, list[float]] = field(default_factory=dict)

    @property
    def worst(self) -> list[float]:
        """The slowest interaction of each round, in milliseconds."""
        return [max(some) for some in zip(*self.acts.values(), strict=True)]


def run(setting: Setting) -> Report:
    """Open the page on a server of all small pictures.

    Args:
        setting: Needs the small pictures in the data folder.

    Raises:
        UsageError: The file, or Chromium, is missing.
        MissingExtraError: Playwright is not installed.
    """
    return measure_page(setting, find_shop(setting), rounds=_ROUNDS)


def measure_page(setting: Setting, place: Path, *, rounds: int) -> Report:
    """Open each view with nothing in the browser's memory, and walk through the page as a visitor does.

    Args:
        setting: The bundle, the cores, and who is told.
        place: The catalogue.
        rounds: How often; medians count.
    """
    seen = _Seen()
    with tempfile.TemporaryDirectory() as name, open_browser() as browser:
        version = f"Chromium {browser.version}"
        with run_server(place.resolve(), Path(name), options=list_options(setting)) as server:
            views = _list_views(server.address)
            _load(_Seen(), browser, server.address, views)  # the server's own first time does not count
            for number in range(rounds):
                _load(seen, browser, server.address, views)
                _walk(seen, browser, server.address)
                paints = ", ".join(f"{view} {times[-1]:.2f} s" for view, times in seen.paints.items())
                setting.say(f"round {number + 1} of {rounds}: {paints}; slowest interaction {seen.worst[-1]:.0f} ms")
            items = httpx2.get(f"{server.address}/v1/catalogue", timeout=60).json()["items"]
    facts = {
        "data": f"a catalogue of {items} items",
        "browser": f"{version}, headless, 1280 x 900, on the same cores as the server, nothing in its memory",
        "rounds": f"{rounds}; medians count, ranges are shown",
    }
    sections = [_show_paints(seen), _show_acts(seen), _show_weights(seen)]
    return Report("The page on 40,000 products", facts, sections, list(_list_targets(seen)))


def _list_views(address: str) -> dict[str, str]:
    first = httpx2.get(f"{address}/v1/items?limit=1", timeout=60).json()["items"][0]["item_id"]
    return {
        "home": "#/",
        "results of words": "#/search?text=blue+shirt",
        "results of a filter": "#/search?f.masterCategory=Apparel",
        "product": f"#/product/{quote(first, safe='')}",
        "batch": "#/batch",
        "review": "#/review",
        "model": "#/models",
    }


def _load(seen: _Seen, browser: Any, address: str, views: Mapping[str, str]) -> None:
    for view, place in views.items():
        with open_visit(browser, f"{address}/{place}") as visit:
            seen.paints.setdefault(view, []).append(visit.read_largest())
            seen.weights[view] = _weigh(visit)


def _weigh(visit: Visit) -> dict[str, tuple[int, int]]:
    """Return bytes as sent and unpacked of the page's files, of the server's answers, and of pictures."""
    weights = {"files": (0, 0), "answers": (0, 0), "pictures": (0, 0)}
    for path, sent, whole in visit.read_fetched():
        kind = "files" if not path.startswith("/v1/") else "pictures" if path.endswith("/picture") else "answers"
        weights[kind] = weights[kind][0] + sent, weights[kind][1] + whole
    return weights


def _walk(seen: _Seen, browser: Any, address: str) -> None:
    with open_visit(browser, f"{address}/#/search?text=blue+shirt") as visit:
        for name, step in _STEPS.items():
            visit.page.evaluate("window.acts = {}")
            step(visit.page)
            visit.settle()
            seen.acts.setdefault(name, []).append(max(visit.read_acts(), default=16.0))


def _press_down(choice: Any) -> None:
    choice.press("ArrowDown")  # Playwright's own choosing of an option is no hand's


def _type_words(page: Any, words: str) -> None:
    box = page.get_by_role("searchbox")
    box.fill("")
    box.press_sequentially(words, delay=_DELAY)
    page.keyboard.press("Enter")


def _list_targets(seen: _Seen) -> Iterator[Target]:
    slowest = max(statistics.median(times) for times in seen.paints.values())
    yield Target("largest contentful paint, the slowest view", _MOST_PAINT, slowest, at_least=False, unit="s")
    worst = statistics.median(seen.worst)
    yield Target("interaction to next paint, the slowest of a visit", _MOST_ACT, worst, at_least=False, unit="ms")
    sent = max(_sum_weight(one)[0] for one in seen.weights.values()) / _KB
    yield Target("the heaviest view without pictures, as sent", _MOST_WEIGHT, sent, at_least=False, unit="kB")
    files = max(one["files"][1] for one in seen.weights.values()) / _KB
    yield Target("the page's own files, of the heaviest view, unpacked", _MOST_WEIGHT, files, at_least=False, unit="kB")


def _sum_weight(weights: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
    files, answers = weights["files"], weights["answers"]
    return files[0] + answers[0], files[1] + answers[1]


def _show_paints(seen: _Seen) -> Section:
    rows = [(view, *_describe(times, "{:.2f} s")) for view, times in seen.paints.items()]
    return Section("Largest contentful paint", render_table(("view", "median", "range"), rows), seen.paints)


def _show_acts(seen: _Seen) -> Section:
    rows = [(step, *_describe(times, "{:.0f} ms")) for step, times in seen.acts.items()]
    text = render_table(("what a hand does", "median", "range"), rows)
    note = "From the hand to the next paint; the browser tells steps of 8 ms, and nothing below 16 ms."
    return Section("Interaction to next paint", f"{text}\n\n{note}", seen.acts)


def _show_weights(seen: _Seen) -> Section:
    rows = []
    for view, weights in seen.weights.items():
        sent, whole = _sum_weight(weights)
        parts = [f"{weights[kind][1] / _KB:.1f}" for kind in ("files", "answers")]
        rows.append((view, f"{sent / _KB:.1f}", f"{whole / _KB:.1f}", *parts, f"{weights['pictures'][0] / _KB:.0f}"))
    header = ("view", "as sent, kB", "unpacked", "of it files", "of it answers", "beside: pictures")
    data = {view: {kind: list(pair) for kind, pair in weights.items()} for view, weights in seen.weights.items()}
    note = "The page's files and the server's answers are sent compressed; pictures are not counted among them."
    return Section("Weight of a first visit", f"{render_table(header, rows)}\n\n{note}", data)


def _describe(times: Sequence[float], form: str) -> tuple[str, str]:
    low, high = form.format(min(times)), form.format(max(times))
    return form.format(statistics.median(times)), f"{low} to {high}"
