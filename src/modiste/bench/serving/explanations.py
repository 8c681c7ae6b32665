"""Acceptance of the explanations: what the map calls important is what the answer rests on, and it comes in time."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
import numpy as np
from numpy.typing import NDArray

from modiste.bench.accept import Setting
from modiste.bench.processes import list_options
from modiste.bench.retrieval import SMALL_PICTURES
from modiste.bench.serving.masking import CENTRE, MASKS, RANDOM, TOP, Masker
from modiste.bench.serving.serving_process import run_server
from modiste.bench.serving.shop import find_shop
from modiste.evaluation import (
    Interval,
    Report,
    Section,
    Target,
    group_rows,
    load_protocol,
    paired_difference,
    render_table,
)
from modiste.imaging import PictureSource
from modiste.manifest import Manifest
from modiste.readers import read_source
from modiste.runtime import count_cores

__all__ = ["Told", "measure_explanations", "run"]

_PROTOCOL: Final = "product-tagger-test"
_PART: Final = "validation"
_PRODUCTS: Final = 500
_FIELDS: Final = ("articleType", "baseColour")
_SHARE: Final = 0.2
_MOST_SECONDS: Final = 1.0
_FILLS: Final = {"padding": "the padding's colour, as the map was made", "mean": "the picture's own mean colour"}

Scores = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Told:
    """The explanation of one picture.

    Args:
        value: What it explains.
        importance: The map, [rows, columns].
        seconds: How long the answer took, seen by who asked.
    """

    value: str
    importance: NDArray[np.float64]
    seconds: float


def run(setting: Setting) -> Report:
    """Explain answers about products of the validation part, by a server of all small pictures.

    Args:
        setting: Needs the small pictures in the data folder.

    Raises:
        UsageError: The file is missing.
    """
    manifest = read_source(setting.find_data(SMALL_PICTURES))
    part = setting.apply_protocol(manifest, load_protocol(_PROTOCOL)).without_copies().of_split(_PART)
    rows = np.sort(np.random.default_rng(0).permutation(len(part))[:_PRODUCTS]).tolist()
    some = Manifest(part.taxonomy, part.items[rows])
    return measure_explanations(setting, some, find_shop(setting), fields=_FIELDS)


def measure_explanations(setting: Setting, products: Manifest, place: Path, *, fields: Sequence[str]) -> Report:
    """Explain answers, hide what mattered, and hide as much elsewhere.

    Args:
        setting: The bundle, the cores, and who is told.
        products: The pictures that are explained.
        place: The catalogue of the server that explains them.
        fields: What is explained of each picture.
    """
    with PictureSource() as source:
        files = [source.read(reference) for reference in products.items["image"]]
    told = _ask(setting, files, place, fields)
    groups = group_rows(products.items["title"].to_list())
    masker = Masker(setting.open_bundle(), setting.threads or count_cores())
    scores: dict[tuple[str, str], Scores] = {}
    for field in fields:
        for fill in _FILLS:
            scores[field, fill] = _score(masker, files, told[field], field, fill)
            setting.say(
                f"{field}, {fill}: { ({kind: round(float(of.mean()), 3) for kind, of in scores[field, fill].items()}) }"
            )
    gains = {key: _compare(of, groups, setting.replicates) for key, of in scores.items()}
    facts = {
        "data": f"{len(files)} products of the part {_PART}, chosen by chance; the catalogue of all small pictures",
        "masks": f"{_SHARE:.0%} of the picture's area; random: cells by chance, mean of five draws a picture",
        "intervals": f"95 %, paired over pictures, titles kept together, {setting.replicates} bootstrap draws",
    }
    sections = [*(_show_masks(field, scores, gains) for field in fields), _show_times(told)]
    return Report("What explanations point at", facts, sections, list(_list_targets(gains, told)))


def _ask(setting: Setting, files: Sequence[bytes], place: Path, fields: Sequence[str]) -> dict[str, list[Told]]:
    told: dict[str, list[Told]] = {}
    with (
        tempfile.TemporaryDirectory() as name,
        httpx2.Client(timeout=60) as client,
        run_server(place.resolve(), Path(name), options=list_options(setting)) as server,
    ):
        address = f"{server.address}/v1/explain"
        _explain(client, address, files[0], fields[0])  # the first one warms up
        for field in fields:
            told[field] = [_explain(client, address, file, field) for file in files]
            setting.say(f"{field}: {statistics.median(one.seconds for one in told[field]):.3f} s an explanation")
    return told


def _explain(client: httpx2.Client, address: str, file: bytes, field: str) -> Told:
    start = time.perf_counter()
    answer = client.post(address, params={"field": field}, content=file, headers={"content-type": "image/jpeg"})
    seconds = time.perf_counter() - start
    answer.raise_for_status()
    said: dict[str, Any] = answer.json()
    return Told(said["value"], np.array(said["map"]["values"], np.float64), seconds)


def _score(masker: Masker, files: Sequence[bytes], told: Sequence[Told], field: str, fill: str) -> Scores:
    rng = np.random.default_rng(0)
    seen = [
        masker.score(file, one.importance, field, one.value, share=_SHARE, rng=rng, fill=fill)
        for file, one in zip(files, told, strict=True)
    ]
    return {kind: np.array([one[kind] for one in seen]) for kind in ("whole", *MASKS)}


def _compare(scores: Scores, groups: Any, replicates: int) -> dict[str, Interval]:
    """Return how much more the map's mask lowers the score than each other one."""
    return {
        other: paired_difference(scores[other], scores[TOP], groups=groups, replicates=replicates)
        for other in (RANDOM, CENTRE)
    }


def _list_targets(
    gains: Mapping[tuple[str, str], Mapping[str, Interval]], told: Mapping[str, Sequence[Told]]
) -> Iterator[Target]:
    for (field, fill), intervals in gains.items():
        for other, gain in intervals.items():
            name = f"{field}, {fill} colour: lowers the score more than {other}, lower end of the interval"
            yield Target(name, 0.0, gain.low)
    slowest = max(one.seconds for some in told.values() for one in some)
    yield Target("the slowest explanation", _MOST_SECONDS, slowest, at_least=False, unit="s")


def _show_masks(
    field: str,
    scores: Mapping[tuple[str, str], Scores],
    gains: Mapping[tuple[str, str], Mapping[str, Interval]],
) -> Section:
    rows, data = [], {}
    for fill, words in _FILLS.items():
        means = {kind: float(of.mean()) for kind, of in scores[field, fill].items()}
        intervals = gains[field, fill]
        rows.append((words, *(f"{mean:.3f}" for mean in means.values()), *map(str, intervals.values())))
        data[fill] = {"means": means, "gains": {other: gain.to_json() for other, gain in intervals.items()}}
    header = ("hidden by", "whole", *MASKS, f"more than {RANDOM}", f"more than {CENTRE}")
    text = (
        f"{render_table(header, rows)}\n\nThe mean probability of the answer, of the whole picture and with a fifth of "
        "it hidden; then how much lower it is with the map's mask than with the others."
    )
    return Section(f"{field}: the score of the answer", text, data)


def _show_times(told: Mapping[str, Sequence[Told]]) -> Section:
    rows = []
    for field, some in told.items():
        seconds = [one.seconds for one in some]
        rows.append((field, len(some), f"{statistics.median(seconds):.3f} s", f"{max(seconds):.3f} s"))
    data = {field: [round(one.seconds, 4) for one in some] for field, some in told.items()}
    text = render_table(("", "explanations", "median", "longest"), rows)
    return Section("Seconds an explanation", f"{text}\n\nWhole requests, one at a time, neighbours included.", data)
