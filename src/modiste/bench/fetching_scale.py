"""Acceptance of long lists: the most memory that ``modiste data fetch`` needs for up to a million addresses."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from modiste.bench.accept import Setting
from modiste.bench.picture_server import make_picture, run_server
from modiste.bench.processes import Finished, run_modiste
from modiste.evaluation import Report, Section, Target, render_table

__all__ = ["LENGTHS", "measure_long_lists", "run"]

LENGTHS = (50_000, 200_000, 1_000_000)
_LIMIT = 1000.0  # MB, whatever the length
_MOST_GROWTH = 1000.0  # bytes an address
_CONCURRENCY = 64
_TIME_LIMIT = 7200.0


@dataclass(frozen=True)
class _List:
    """One list, fetched.

    Args:
        length: Addresses.
        done: How the process ended.
        arrived: Rows of the manifest.
        members: Different pictures in the shards.
    """

    length: int
    done: Finished
    arrived: int
    members: int


def run(setting: Setting) -> Report:
    """Fetch lists of `LENGTHS` from a server in a process of its own.

    Args:
        setting: Who is told.
    """
    return measure_long_lists(setting, LENGTHS)


def measure_long_lists(setting: Setting, lengths: Sequence[int]) -> Report:
    """Fetch lists of tiny pictures, each in a process of its own, and see what it needed.

    Args:
        setting: Who is told.
        lengths: Of the lists, the shortest first; two or more.
    """
    lists = [_fetch(setting, length) for length in lengths]
    first, last = lists[0], lists[-1]
    growth = (last.done.peak_memory - first.done.peak_memory) / (last.length - first.length)
    missing = sum(max(0, part.length - min(part.arrived, part.members)) for part in lists)
    targets = [
        Target("peak memory, longest list", _LIMIT, last.done.peak_memory / 1e6, at_least=False, unit="MB"),
        Target("growth of the peak, bytes an address", _MOST_GROWTH, growth, at_least=False),
        Target("pictures that did not arrive", 0, missing, at_least=False),
    ]
    facts = {
        "data": f"text files of addresses; pictures of {len(make_picture(0, tiny=True))} bytes, made up, all different",
        "server": "a process of its own on the same machine, without delay or faults",
        "modiste": f"`modiste data fetch`, {_CONCURRENCY} requests at once, pictures decoded and hashed, zip shards",
    }
    return Report("Fetching a million addresses", facts, [_show(lists, growth)], targets)


def _fetch(setting: Setting, length: int) -> _List:
    words = ["data", "fetch", "list.txt", "out", "--allow-private"]
    words += ["--concurrency", str(_CONCURRENCY), "--per-host", str(_CONCURRENCY)]
    with tempfile.TemporaryDirectory() as name, run_server(latency=0.0, faulty=False, tiny=True) as base:
        folder = Path(name)
        with (folder / "list.txt").open("w", encoding="ascii") as file:
            file.writelines(f"{base}{number}.jpg\n" for number in range(length))
        done = run_modiste(words, folder=folder, time_limit=_TIME_LIMIT)
        megabytes, rate = done.peak_memory / 1e6, length / done.seconds
        setting.say(f"{length} addresses: {megabytes:.0f} MB, {done.seconds:.0f} s, {rate:.0f} pictures/s")
        return _List(length, done, _count_rows(folder / "out"), _count_members(folder / "out"))


def _count_rows(output: Path) -> int:
    items = output / "items.parquet"
    return int(pl.scan_parquet(items).select(pl.col("image").n_unique()).collect().item()) if items.exists() else 0


def _count_members(output: Path) -> int:
    names: set[str] = set()
    for shard in output.glob("shard-*.zip"):
        with zipfile.ZipFile(shard) as archive:
            names.update(archive.namelist())
    return len(names)


def _show(lists: Sequence[_List], growth: float) -> Section:
    rows = [
        (
            part.length,
            part.arrived,
            part.members,
            f"{part.done.peak_memory / 1e6:.0f} MB",
            f"{part.done.seconds:.0f} s",
            f"{part.length / part.done.seconds:.0f}",
        )
        for part in lists
    ]
    header = ("addresses", "rows", "pictures in shards", "peak memory", "time", "pictures/s")
    data = {str(part.length): round(part.done.peak_memory / 1e6, 1) for part in lists}
    note = (
        "The peak comes at the end, when the manifest is built: the list and what became of it are tables, "
        f"{growth:.0f} bytes an address. While pictures are fetched only the addresses are held."
    )
    return Section("Memory by length", f"{render_table(header, rows)}\n\n{note}", data)
