"""Acceptance of the server's speed: beside the batch pipeline, searches a second, and what too many clients get."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import httpx2

from modiste.batch import tag_files
from modiste.bench.accept import Setting
from modiste.bench.material import Material, pack_pictures
from modiste.bench.processes import list_options
from modiste.bench.serving.lanes import Lane, write_requests
from modiste.bench.serving.load_figures import CLIENTS, ITEM, TAG, VECTOR, WORDS, Measured, join_lanes
from modiste.bench.serving.load_report import report_load
from modiste.bench.serving.measuring import Load, measure_load
from modiste.bench.serving.questions import ask_items, ask_tags, ask_vectors, ask_words, read_files, read_sample
from modiste.bench.serving.serving_process import Served, run_server, time_review
from modiste.bench.serving.shop import find_shop
from modiste.evaluation import Report

__all__ = ["measure_serving", "run"]

_ROUNDS: Final = 5
_PICTURES: Final = 2048
_SECONDS: Final = 4.0
_WARM: Final = 1.0
_SAMPLE: Final = 500
_FLOOD: Final = 500  # clients
_FLOOD_SECONDS: Final = 10.0
_OBEYS, _PUSHES = "come back when told", "come back at once"
_REVIEWS: Final = 5


def run(setting: Setting) -> Report:
    """Measure the server on the catalogue of all small pictures.

    Args:
        setting: Needs the small pictures in the data folder.

    Raises:
        UsageError: The file is missing.
    """
    return measure_serving(setting, find_shop(setting))


def measure_serving(
    setting: Setting,
    place: Path,
    *,
    rounds: int = _ROUNDS,
    pictures: int = _PICTURES,
    seconds: float = _SECONDS,
    flood: float = _FLOOD_SECONDS,
    clients: int = _FLOOD,
) -> Report:
    """Measure a server of a catalogue, and the batch pipeline in turns with it.

    Args:
        setting: The bundle, the cores, and who is told.
        place: The catalogue.
        rounds: How often everything is measured.
        pictures: That the batch pipeline tags in a round, and that are sent to the server.
        seconds: That each kind of request is asked for in a round.
        flood: Seconds of too many clients.
        clients: How many are too many.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        material = pack_pictures(setting, folder / "pictures.zip", pictures)
        files = _write_questions(place, material, folder)
        with run_server(place.resolve(), folder, options=list_options(setting)) as server:
            seen = Measured(material.pictures)
            seen.review = [time_review(server) for _ in range(_REVIEWS)]
            setting.say(f"review: {', '.join(f'{one:.2f}' for one in seen.review)} s")
            for number in range(rounds):
                _play_round(seen, server, files, material, setting, seconds)
                setting.say(f"round {number + 1} of {rounds}: {_tell_rates(seen.loads)}")
            _flood(seen, server, files, clients, flood, setting)
        with run_server(place.resolve(), folder, options=[*list_options(setting), "--workers", "2"]) as server:
            for _ in range(rounds):
                _ask_all(seen.doubled, server, files, seconds)
        setting.say(f"two processes: {_tell_rates(seen.doubled)}")
    return report_load(seen, material, rounds=rounds, seconds=seconds, flood=clients)


def _write_questions(place: Path, material: Material, folder: Path) -> dict[str, str]:
    ids, vectors = read_sample(place, _SAMPLE)
    asked = {
        TAG: ask_tags(read_files(material.archive)),
        VECTOR: ask_vectors(vectors),
        WORDS: ask_words(),
        ITEM: ask_items(ids),
    }
    return {name: write_requests(folder / f"{name}.requests", some) for name, some in asked.items()}


def _play_round(
    seen: Measured, server: Served, files: Mapping[str, str], material: Material, setting: Setting, seconds: float
) -> None:
    start = time.perf_counter()
    output = material.archive.with_name("tags.parquet")
    tag_files([material.archive], output, bundle=setting.bundle, threads=setting.threads, overwrite=True)
    seen.batch.append(time.perf_counter() - start)
    setting.say(f"the batch pipeline: {seen.pictures / seen.batch[-1]:.0f}/s")
    _ask_all(seen.loads, server, files, seconds)


def _ask_all(loads: dict[str, list[Load]], server: Served, files: Mapping[str, str], seconds: float) -> None:
    for name, file in files.items():
        lane = Lane(name, CLIENTS[name], file)
        loads.setdefault(name, []).append(measure_load(server, [lane], seconds=seconds, warm=_WARM))


def _tell_rates(loads: Mapping[str, list[Load]]) -> str:
    return ", ".join(f"{name} {some[-1].rate(name):.0f}/s" for name, some in loads.items())


def _flood(
    seen: Measured, server: Served, files: Mapping[str, str], clients: int, seconds: float, setting: Setting
) -> None:
    for name, obeys in ((_OBEYS, True), (_PUSHES, False)):
        lanes = [Lane(kind, clients // 2, files[kind], obeys=obeys) for kind in (TAG, WORDS)]
        seen.floods[name] = measure_load(server, lanes, seconds=seconds, warm=_WARM)
        setting.say(f"{clients} clients that {name}: {join_lanes(seen.floods[name]).statuses}")
    start = time.perf_counter()
    httpx2.get(f"{server.address}/v1/search?text=red+dress&k=10", timeout=60).raise_for_status()
    seen.recovery = time.perf_counter() - start
