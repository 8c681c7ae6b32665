"""Acceptance of reading: 300,000 lines of each DeepFashion list, and a JSON of a million iMaterialist images."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modiste.bench.accept import Setting
from modiste.bench.processes import Finished, run_modiste
from modiste.bench.research_sets import write_deepfashion, write_imaterialist
from modiste.evaluation import Report, Section, Target, render_table

__all__ = ["IMAGES", "LINES", "Reading", "measure_reading", "run"]

LINES, IMAGES = 300_000, 1_000_000
_SECONDS = {"DeepFashion": 10.0, "iMaterialist": 60.0}
_MEMORY = 4000.0  # MB
_TIME_LIMIT = 900.0


@dataclass(frozen=True)
class Reading:
    """How one set was read in a process of its own.

    Args:
        name: Of the set.
        expected: How many items it has.
        size: Of its annotations, in bytes.
        done: How the process ended.
    """

    name: str
    expected: int
    size: int
    done: Finished

    @property
    def told(self) -> Mapping[str, Any]:
        """What `modiste.bench.read_once` said; empty if it failed."""
        if self.done.code:
            return {}
        said: dict[str, Any] = json.loads(self.done.output.strip().splitlines()[-1])
        return said

    @property
    def seconds(self) -> float:
        """How long the reading took, not a number if it failed."""
        return float(self.told.get("seconds", math.nan))

    def to_section(self) -> Section:
        """Return the reading as a section of a report."""
        figures: dict[str, Any] = {
            "items": self.told.get("items", 0),
            "annotations, MB": round(self.size / 1e6, 1),
            "seconds to read": round(self.seconds, 2) if self.told else "failed",
            "seconds of the whole process": round(self.done.seconds, 2),
            "peak memory, MB": round(self.done.peak_memory / 1e6, 1),
            "problems": self.told.get("problems", 0),
        }
        labelled = [(f"items with a {name}", count) for name, count in self.told.get("fields", {}).items()]
        text = render_table(("", ""), [*figures.items(), *labelled])
        if not self.told:
            text += f"\n\nIt said last: `{(self.done.output.strip().splitlines() or ['nothing'])[-1]}`"
        return Section(self.name, text, {**figures, "fields": self.told.get("fields", {})})


def run(setting: Setting) -> Report:
    """Write both sets, and read each in a process of its own.

    Args:
        setting: Told what goes on; nothing else of it is used.
    """
    return measure_reading(setting, lines=LINES, images=IMAGES)


def measure_reading(setting: Setting, *, lines: int, images: int) -> Report:
    """As `run`, on sets of any size.

    Args:
        setting: Told what goes on.
        lines: Pictures of the DeepFashion set, a line in each list.
        images: Of the iMaterialist set.
    """
    readings = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        setting.say(f"writing lists of {lines} lines")
        size = write_deepfashion(folder / "deepfashion", lines, seed=1)
        readings.append(_read("DeepFashion", folder / "deepfashion", lines, size, setting))
        setting.say(f"writing a JSON of {images} images")
        size = write_imaterialist(folder / "train.json", images, seed=2)
        readings.append(_read("iMaterialist", folder / "train.json", images, size, setting))
    targets = [target for reading in readings for target in _list_targets(reading)]
    facts = {
        "data": f"made by modiste.bench.research_sets: {lines:,} lines in each of DeepFashion's lists (1,000 "
        f"attributes) with a zip of {lines:,} empty pictures; {images:,} images with about six of 228 labels",
        "time": "reader found by itself, manifest built and checked; not the start of Python",
    }
    return Report("Reading research sets", facts, [reading.to_section() for reading in readings], targets)


def _read(name: str, source: Path, expected: int, size: int, setting: Setting) -> Reading:
    setting.say(f"reading {name}")
    done = run_modiste([str(source)], folder=source.parent, time_limit=_TIME_LIMIT, module="modiste.bench.read_once")
    return Reading(name, expected, size, done)


def _list_targets(reading: Reading) -> list[Target]:
    limit = _SECONDS[reading.name]
    targets = [
        Target(f"{reading.name}: time", limit, reading.seconds, at_least=False, unit="s"),
        Target(f"{reading.name}: items", reading.expected, reading.told.get("items", 0)),
    ]
    if reading.name == "iMaterialist":
        memory = reading.done.peak_memory / 1e6 if reading.told else math.nan
        targets.append(Target("iMaterialist: peak memory", _MEMORY, memory, at_least=False, unit="MB"))
    return targets
