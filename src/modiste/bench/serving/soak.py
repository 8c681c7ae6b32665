"""Acceptance of the server's endurance: half an hour of searches, pictures and changes, and its memory after it."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2

from modiste.bench.accept import Setting
from modiste.bench.material import Material, pack_pictures
from modiste.bench.processes import list_options
from modiste.bench.serving.lanes import Lane, write_requests
from modiste.bench.serving.measuring import Load, measure_load
from modiste.bench.serving.process_facts import Memory, count_files, read_memory
from modiste.bench.serving.questions import ask_items, ask_tags, ask_vectors, ask_words, read_files, read_sample
from modiste.bench.serving.serving_process import Served, run_server, time_review
from modiste.bench.serving.shop import copy_shop, find_shop
from modiste.bench.serving.wire import build_request
from modiste.bench.serving.writes import give_opinions, name_item, patch_items, put_items, upload_batches
from modiste.catalogue import Catalogue
from modiste.catalogue.local import verify
from modiste.evaluation import Report, Section, Target, render_table

__all__ = ["measure_soak", "run"]

_MINUTES: Final = 30.0
_WARM: Final = 5.0  # minutes until memory counts
_PICTURES: Final = 1024
_SAMPLE: Final = 500
_PUTS: Final = 200
_CHANGES: Final = 5_000
_LOOKS: Final = 240  # at the server's memory, in all
_MOST_DRIFT: Final = 0.05
_MB: Final = 1e6
_PATIENCE: Final = 120.0  # seconds that the last batches may take


@dataclass(frozen=True)
class _Look:
    """The server at a moment: seconds since the beginning, its memory, its open files."""

    seconds: float
    memory: Memory
    files: int


def run(setting: Setting) -> Report:
    """Soak a server of the catalogue of all small pictures for half an hour.

    Args:
        setting: Needs the small pictures in the data folder.

    Raises:
        UsageError: The file is missing.
    """
    return measure_soak(setting, find_shop(setting), minutes=_MINUTES, warm=_WARM)


def measure_soak(
    setting: Setting, place: Path, *, minutes: float, warm: float, pictures: int = _PICTURES, haste: float = 1.0
) -> Report:
    """Let readers and writers at a copy of a catalogue, watch the server, and look at what is left.

    Args:
        setting: The bundle, the cores, and who is told.
        place: The catalogue; a copy is soaked.
        minutes: How long.
        warm: Minutes until memory counts.
        pictures: That are sent.
        haste: How many times shorter those pause who change something.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        material = pack_pictures(setting, folder / "pictures.zip", pictures)
        shop = copy_shop(place, folder)
        start_items = _count_items(shop)
        lanes = _build_lanes(setting, shop, material, folder, haste)
        with run_server(shop.resolve(), folder, options=list_options(setting)) as server:
            opened = time_review(server)
            watcher = _Watcher(server, 60 * minutes / _LOOKS)
            watcher.start()
            load = measure_load(server, lanes, seconds=60 * minutes, warm=0.0)
            watcher.stop()
            batches = _settle(server)
        problems = verify(shop)
        missing = _count_missing(shop, load, start_items)
        log = (folder / "server.log").read_text(encoding="utf-8", errors="replace")
    looks = [one for one in watcher.looks if one.seconds >= 60 * warm] or watcher.looks
    targets = list(_list_targets(load, looks, batches, len(problems), missing, log))
    facts = {
        "data": f"{material.data}; a copy of the catalogue, {start_items} items at the start",
        "load": f"{minutes:g} minutes, {', '.join(f'{lane.clients} x {lane.name}' for lane in lanes)}",
        "review": f"its first page, which looks through the whole catalogue, was asked for before: {opened:.1f} s",
        "the clients' share": f"{load.crowd_share:.0%} of the time of the cores",
        "memory": f"the median resident set of the last tenth beside that of the first tenth after {warm:g} minutes",
    }
    sections = [_show_load(load), _show_memory(watcher.looks, looks, batches)]
    return Report("Half an hour of serving", facts, sections, targets)


def _count_items(place: Path) -> int:
    with Catalogue.open(place) as shop:
        return len(shop)


def _build_lanes(setting: Setting, place: Path, material: Material, folder: Path, haste: float) -> list[Lane]:
    files = read_files(material.archive)
    ids, vectors = read_sample(place, _SAMPLE)
    taxonomy = setting.open_bundle().taxonomy
    review = [build_request("GET", f"/v1/review?limit=20&offset={offset}") for offset in range(0, 200, 20)]
    walls = [build_request("GET", f"/v1/items?sample=24&seed={seed}") for seed in range(200)]
    asked: dict[str, tuple[int, float, list[bytes]]] = {
        "tag": (4, 0.0, ask_tags(files)),
        "search by vector": (2, 0.0, ask_vectors(vectors)),
        "search by words": (2, 0.0, ask_words()),
        "search by item": (1, 0.0, ask_items(ids)),
        "wall of products": (1, 0.5, walls),
        "review": (1, 10.0, review),
        "put": (1, 1.0, put_items(files, _PUTS)),
        "patch": (1, 0.2, patch_items(ids, _CHANGES)),
        "opinion": (1, 0.5, give_opinions(ids, taxonomy, _CHANGES)),
        "batch of 64": (1, 60.0, upload_batches(files, 10)),
    }
    return [
        Lane(name, clients, write_requests(folder / f"{name}.requests", some), pause / haste)
        for name, (clients, pause, some) in asked.items()
    ]


class _Watcher(threading.Thread):
    """Looks at a server from time to time."""

    def __init__(self, server: Served, pause: float) -> None:
        super().__init__(name="modiste-watch", daemon=True)
        self.looks: list[_Look] = []
        self._server, self._pause, self._ended = server, pause, threading.Event()

    def run(self) -> None:
        start = time.monotonic()
        while not self._ended.wait(self._pause):
            process = self._server.process
            self.looks.append(_Look(time.monotonic() - start, read_memory(process), count_files(process)))

    def stop(self) -> None:
        self._ended.set()
        self.join()


def _settle(server: Served) -> Counter[str]:
    """Wait until no batch is under way; return how they ended."""
    until = time.monotonic() + _PATIENCE
    while True:
        jobs: list[dict[str, Any]] = httpx2.get(f"{server.address}/v1/jobs", timeout=60).json()["jobs"]
        ends = Counter(job["status"] for job in jobs)
        if not (ends["waiting"] + ends["running"]) or time.monotonic() > until:
            return ends
        time.sleep(0.5)


def _count_missing(place: Path, load: Load, start: int) -> int:
    """Return how many items are not there that were put and acknowledged."""
    puts = min(_PUTS, load.lanes["put"].statuses.get("200", 0))
    with Catalogue.open(place) as shop:
        there = shop.backend.get([name_item(number) for number in range(puts)])
        return puts - len(there) + max(0, start - (len(shop) - len(there)))


def _measure_drift(looks: Sequence[_Look]) -> tuple[float, float]:
    """Return the median resident set of the first and of the last tenth, in bytes."""
    tenth = max(1, len(looks) // 10)
    first, last = looks[:tenth], looks[-tenth:]
    return (
        statistics.median(one.memory.resident for one in first),
        statistics.median(one.memory.resident for one in last),
    )


def _list_targets(
    load: Load, looks: Sequence[_Look], batches: Counter[str], problems: int, missing: int, log: str
) -> Iterator[Target]:
    def none(name: str, seen: int) -> Target:
        return Target(name, 0, seen, at_least=False)

    lanes = load.lanes.values()
    yield none("requests that failed or had no answer", sum(one.errors + one.unanswered for one in lanes))
    wrong = sum(count for one in lanes for status, count in one.statuses.items() if status[0] != "2")
    yield none("answers but 2xx", wrong)
    yield none("tracebacks in the log", log.count('"trace"'))
    first, last = _measure_drift(looks)
    yield Target("drift of the resident set", _MOST_DRIFT, last / first - 1, at_least=False)
    yield Target("files and connections more than after the warm-up", 5, looks[-1].files - looks[0].files, False)
    yield none("items put and acknowledged that are missing", missing)
    yield none("batches that did not end well", batches.total() - batches["done"])
    yield none("problems that verify finds", problems)


def _show_load(load: Load) -> Section:
    rows, data = [], {}
    for name, one in load.lanes.items():
        quantiles = [one.quantile(share) for share in (0.5, 0.99, 1.0)]
        rows.append((name, one.total, f"{load.rate(name):.2f}", *(f"{figure:.0f} ms" for figure in quantiles)))
        data[name] = {"statuses": one.statuses, "errors": one.errors, "notes": one.notes[:5]}
    text = render_table(("", "answers", "a second", "p50", "p99", "longest"), rows)
    notes = [note for one in load.lanes.values() for note in one.notes[:3]]
    cores = load.server_work / load.wall
    text += f"\n\nThe server kept {cores:.2f} cores busy." + "".join(f"\n\n`{note}`" for note in notes)
    return Section("What was asked", text, data)


def _show_memory(looks: Sequence[_Look], counted: Sequence[_Look], batches: Counter[str]) -> Section:
    some = looks[:: max(1, len(looks) // 12)]
    rows = [
        (f"{one.seconds / 60:.1f}", f"{one.memory.resident / _MB:.0f}", f"{one.memory.own / _MB:.0f}", one.files)
        for one in some
    ]
    first, last = _measure_drift(counted)
    text = render_table(("minute", "resident, MB", "of it no file's, MB", "files and connections"), rows)
    text += f"\n\nResident, first tenth after the warm-up: {first / _MB:.1f} MB; last tenth: {last / _MB:.1f} MB."
    text += f" Batches: {', '.join(f'{count} {end}' for end, count in batches.items() if count)}."
    data = [[round(one.seconds, 1), one.memory.resident, one.memory.own, one.files] for one in looks]
    return Section("Memory", text, {"looks": data, "batches": dict(batches)})
