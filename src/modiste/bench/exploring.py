"""Acceptance of exploring: whole data sets as a page, with its size, its time, its memory, and numbers that repeat."""

from __future__ import annotations

import json
import math
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modiste.bench.accept import Setting
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.bench.processes import Finished, run_modiste
from modiste.evaluation import Report, Section, Target, render_table
from modiste.runtime import count_cores

__all__ = ["FASHION_MNIST", "Explored", "Source", "measure_exploring", "run"]

FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's dataset-fashion-mnist lies."""
_PAGE, _MEMORY, _WORK = 8.0, 700.0, 2.0  # MB, MB, seconds of processors a thousand pictures
_TIME_LIMIT = 3600.0
_OUTSIDE = re.compile(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?//""")


@dataclass(frozen=True)
class Source:
    """A data set to explore.

    Args:
        name: What it is called in the report.
        path: Where it lies.
        pictures: How many of its pictures can be read.
    """

    name: str
    path: Path
    pictures: int


@dataclass(frozen=True)
class Explored:
    """How a data set was explored in a process of its own, twice.

    Args:
        source: The data set.
        done: How the first process ended.
        page: Bytes of the page; 0 without one.
        outside: Addresses outside the page that it would ask for something.
        numbers: The JSON document; empty without one.
        repeated: Whether a second run, on one core, wrote the same document to the last digit.
    """

    source: Source
    done: Finished
    page: int
    outside: int
    numbers: dict[str, Any]
    repeated: bool

    @property
    def read(self) -> int:
        """Pictures that were read."""
        found = self.numbers.get("pictures", {"opened": 0, "unreadable": []})
        return int(found["opened"]) - len(found["unreadable"])

    @property
    def work(self) -> float:
        """Seconds of processors a thousand pictures."""
        return 1000 * self.done.work / max(1, self.read)

    def list_targets(self) -> list[Target]:
        """Return what was asked for beside what was seen."""
        name, megabytes = self.source.name, self.done.peak_memory / 1e6
        page = self.page / 1e6 if self.page else math.nan
        return [
            Target(f"{name}: pictures read", self.source.pictures, self.read),
            Target(f"{name}: page", _PAGE, page, at_least=False, unit="MB"),
            Target(f"{name}: outside addresses on the page", 0, self.outside, at_least=False),
            Target(f"{name}: peak memory", _MEMORY, megabytes, at_least=False, unit="MB"),
            Target(f"{name}: processor time a thousand pictures", _WORK, self.work, at_least=False, unit="s"),
            Target(f"{name}: two runs with the same numbers", 1, int(self.repeated)),
        ]

    def to_section(self) -> Section:
        """Return it as a section of a report."""
        drawn = self.numbers.get("map") or {"points": []}
        figures = {
            "items": self.numbers.get("data_set", {}).get("items", 0),
            "pictures read": self.read,
            "fields": len(self.numbers.get("fields", [])),
            "values": sum(len(field["values"]) for field in self.numbers.get("fields", [])),
            "pictures on the map": len(drawn["points"]),
            "exit code": self.done.code,
            "page, MB": round(self.page / 1e6, 2),
            "peak memory, MB": round(self.done.peak_memory / 1e6, 1),
            "seconds": round(self.done.seconds, 1),
            "seconds of processors": round(self.done.work, 1),
            "pictures a second, start-up included": round(self.read / self.done.seconds, 1),
        }
        return Section(self.source.name, render_table(("", ""), figures.items()), figures)


def run(setting: Setting) -> Report:
    """Explore the whole Kaggle set, and Fashion-MNIST where it is installed.

    Args:
        setting: Its data folder holds the Kaggle zip.
    """
    sources = [Source("Kaggle Fashion Product Images", setting.find_data(SMALL_PICTURES), 39_990)]
    if FASHION_MNIST.is_dir():
        sources.append(Source("Fashion-MNIST", FASHION_MNIST, 70_000))
    return measure_exploring(setting, sources)


def measure_exploring(setting: Setting, sources: Sequence[Source]) -> Report:
    """Explore data sets with a page and numbers, each twice.

    Args:
        setting: The bundle that makes the map, the cores, and who is told.
        sources: The data sets.
    """
    explored = [_explore(source, setting) for source in sources]
    bundle = setting.open_bundle()
    facts = {
        "data": ", ".join(f"{item.source.name}, {item.source.pictures:,} pictures" for item in explored),
        "bundle": f"{bundle.spec.name}, fingerprint {bundle.fingerprint}",
        "threads": str(setting.threads or count_cores()),
        "time": "a page and the JSON document, in a process of its own; what else the machine did counts in the "
        "seconds, not in the seconds of processors",
    }
    targets = [target for item in explored for target in item.list_targets()]
    return Report("Exploring data sets", facts, [item.to_section() for item in explored], targets)


def _explore(source: Source, setting: Setting) -> Explored:
    setting.say(f"exploring {source.name}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first = _run(source, setting, folder, "first", setting.threads)
        _run(source, setting, folder, "second", 1)
        page, numbers, again = (folder / file for file in ("first.html", "first.json", "second.json"))
        text = page.read_text(encoding="utf-8") if page.is_file() else ""
        return Explored(
            source,
            first,
            page=len(text.encode()),
            outside=len(_OUTSIDE.findall(text)),
            numbers=json.loads(numbers.read_text(encoding="utf-8")) if numbers.is_file() else {},
            repeated=numbers.is_file() and again.is_file() and numbers.read_bytes() == again.read_bytes(),
        )


def _run(source: Source, setting: Setting, folder: Path, name: str, threads: int | None) -> Finished:
    words = ["data", "explore", str(source.path.resolve()), "--report", f"{name}.html", "--json", f"{name}.json"]
    words += [] if threads is None else ["--threads", str(threads)]
    words += [] if setting.bundle is None else ["--bundle", str(setting.bundle.resolve())]
    return run_modiste(words, folder=folder, time_limit=_TIME_LIMIT)
