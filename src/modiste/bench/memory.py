"""Acceptance of the memory: the most that ``modiste tag`` needs at any moment for 40,000 pictures."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import polars as pl

from modiste.batch import BATCH
from modiste.bench.accept import Setting
from modiste.bench.material import Material, find_source, pack_pictures
from modiste.bench.processes import Finished, list_options, run_modiste
from modiste.evaluation import Report, Section, Target, render_table
from modiste.imaging import find_pictures
from modiste.runtime import count_cores

__all__ = ["PICTURES", "measure_memory", "run"]

PICTURES = 40_000
_LIMIT = 700.0  # MB
_TIME_LIMIT = 3600.0


def run(setting: Setting) -> Report:
    """Tag the whole zip of real pictures where there is one, else `PICTURES` drawn ones, and see what it needs.

    Args:
        setting: The bundle, the cores and the data folder.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = find_source(setting)
        if source is None:
            material = pack_pictures(setting, Path(folder) / "pictures.zip", PICTURES)
        else:
            count = sum(1 for _ in find_pictures(source))
            material = Material(source, count, f"all pictures of {source.name}", "as in the set, nearly all 60x80")
        return measure_memory(setting, material)


def measure_memory(setting: Setting, material: Material, *, time_limit: float = _TIME_LIMIT) -> Report:
    """Tag an archive in a process of its own.

    Args:
        setting: The bundle and the cores.
        material: The archive.
        time_limit: Seconds after which it counts as failed.
    """
    setting.say(f"tagging {material.pictures} pictures")
    with tempfile.TemporaryDirectory() as name:
        words = ["tag", str(material.archive.resolve()), "-o", "tags.parquet", *list_options(setting)]
        done = run_modiste(words, folder=Path(name), time_limit=time_limit)
        rows = _count_rows(Path(name) / "tags.parquet") if done.code in (0, 1) else 0
    megabytes = done.peak_memory / 1e6
    targets = [
        Target("peak memory", _LIMIT, megabytes if done.code in (0, 1) else math.nan, at_least=False, unit="MB"),
        Target("pictures tagged", 0.99 * material.pictures, rows),
    ]
    facts = {
        "data": material.data,
        "picture size": material.sizes,
        "batch": str(BATCH),
        "threads": str(setting.threads or count_cores()),
    }
    return Report("Memory of tagging", facts, [_show(material, done, rows)], targets)


def _count_rows(table: Path) -> int:
    return int(pl.scan_parquet(table).select(pl.len()).collect().item())


def _show(material: Material, done: Finished, rows: int) -> Section:
    figures = {
        "pictures": material.pictures,
        "rows": rows,
        "exit code": done.code,
        "peak memory, MB": round(done.peak_memory / 1e6, 1),
        "seconds": round(done.seconds, 2),
        "pictures a second, start-up included": round(material.pictures / done.seconds, 1),
    }
    last = done.output.strip().splitlines()[-1:] or ["nothing"]
    note = f"The greatest resident set of one process. It said last: `{last[0]}`"
    return Section("One process", f"{render_table(('', ''), figures.items())}\n\n{note}", figures)
