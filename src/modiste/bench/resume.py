"""Acceptance of resuming: a job that is killed at any moment and called again gives the output of one clean run."""

from __future__ import annotations

import random
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from modiste.bench.accept import Setting
from modiste.bench.material import Material, pack_pictures
from modiste.bench.processes import Finished, list_options, run_modiste
from modiste.errors import UsageError
from modiste.evaluation import Report, Section, Target, render_table

__all__ = ["KILLS", "PICTURES", "SUFFIXES", "Trial", "measure_resume", "run"]

PICTURES = 5000
KILLS = 12
SUFFIXES = (".csv", ".parquet", ".jsonl", ".xlsx")
_DAMAGED_EVERY = 97
_KILLS_A_TRIAL = 3
_TIME_LIMIT = 1800.0
_DONE: Final = frozenset({0, 1})  # exit codes
_REFUSED: Final = frozenset({2})


@dataclass(frozen=True)
class Trial:
    """One job that was killed a few times, and then left alone.

    Args:
        suffix: Of its output.
        moments: Seconds after each start at which it was killed.
        parts: How many parts were done at each of these moments; several hundred pictures a part.
        same: Whether the output and the error table are the bytes of the clean run, and nothing else is left.
        note: How it ended, where it did not end well.
    """

    suffix: str
    moments: tuple[float, ...]
    parts: tuple[int, ...]
    same: bool
    note: str = ""


def run(setting: Setting) -> Report:
    """Kill jobs over `PICTURES` pictures at `KILLS` moments a format, and compare what they give in the end.

    Args:
        setting: Real pictures are used where its data folder has them, else drawn ones.
    """
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "pictures.zip"
        material = pack_pictures(setting, archive, PICTURES, damaged_every=_DAMAGED_EVERY)
        return measure_resume(setting, material, kills=KILLS)


def measure_resume(
    setting: Setting, material: Material, *, kills: int, suffixes: Sequence[str] = SUFFIXES, seed: int = 0
) -> Report:
    """Kill jobs with SIGKILL at moments spread over a clean run's time, one to three times each.

    Args:
        setting: The bundle, the cores, and who is told.
        material: The pictures; some of them damaged, so that there are errors too.
        kills: How many a format.
        suffixes: The formats.
        seed: Of the moments.

    Raises:
        UsageError: The clean run fails.
    """
    trials: list[Trial] = []
    clean: dict[str, Finished] = {}
    unequal = 0
    for suffix in suffixes:
        with tempfile.TemporaryDirectory() as name:
            job = _Job(setting, material, Path(name).resolve(), suffix)
            clean[suffix] = job.run_clean()
            unequal += abs(job.count_clean() - material.pictures)
            rng = random.Random(f"{seed}{suffix}")  # noqa: S311  (nothing secret)
            found = list(job.try_kills(_draw_moments(kills, clean[suffix].seconds, rng)))
        landed = sum(len(trial.moments) for trial in found)
        setting.say(f"{suffix}: {landed} kills, {sum(trial.same for trial in found)} of {len(found)} outputs the same")
        trials += found
    targets = [
        Target("kills", kills * len(suffixes), sum(len(trial.moments) for trial in trials)),
        Target("outputs that differ from the clean run", 0, sum(not trial.same for trial in trials), at_least=False),
        Target("pictures lost or doubled in the clean run", 0, unequal, at_least=False),
    ]
    facts = {
        "data": f"{material.data}; every {_DAMAGED_EVERY}th cut short",
        "picture size": material.sizes,
        "moments": f"spread at random over the time of a clean run, seed {seed}",
    }
    return Report("Killed and called again", facts, [_show(suffixes, clean, trials), _show_trials(trials)], targets)


def _draw_moments(kills: int, seconds: float, rng: random.Random) -> list[list[float]]:
    """Return the moments of each trial: one from every stretch of the clean run, in random order, 1 to 3 a trial."""
    moments = [seconds * (at + rng.random()) / kills for at in range(kills)]
    rng.shuffle(moments)
    trials, size = [], 1
    while moments:
        trials.append(moments[:size])
        moments = moments[size:]
        size = size % _KILLS_A_TRIAL + 1
    return trials


class _Job:
    """The same command in two folders: one for the clean run, one that is killed."""

    def __init__(self, setting: Setting, material: Material, home: Path, suffix: str) -> None:
        self._suffix = suffix
        self._clean, self._killed = home / "clean", home / "killed"
        self._words = ["tag", str(material.archive.resolve()), "-o", f"tags{suffix}", *list_options(setting)]
        self._clean.mkdir()

    def run_clean(self) -> Finished:
        done = self._run(self._clean, _TIME_LIMIT)
        if done.code not in _DONE:
            raise UsageError(f"the run that is not killed ended with {done.code}:\n{done.output}")
        return done

    def count_clean(self) -> int:
        """Return how many different pictures the clean output and its errors hold; less where some have two rows."""
        images = [*_read_images(self._clean / f"tags{self._suffix}"), *_read_images(self._clean / "tags.errors.csv")]
        return 2 * len(set(images)) - len(images)

    def try_kills(self, trials: Iterable[Sequence[float]]) -> Iterator[Trial]:
        waiting = deque(trials)
        while waiting:
            trial, unused = self._try(waiting.popleft())
            if trial.moments or not trial.same:
                yield trial
            if unused:
                # The job was done before these moments came: next time they come earlier.
                waiting.append([0.8 * moment for moment in unused])

    def _try(self, moments: Sequence[float]) -> tuple[Trial, Sequence[float]]:
        """Kill a job at some moments, then let it end; return the moments that it did not live to see."""
        self._empty()
        parts: list[int] = []
        for moment in (*moments, _TIME_LIMIT):
            expected = _REFUSED if self._is_finished() else _DONE
            done = self._run(self._killed, moment)
            if not done.stopped:
                break
            parts.append(self._count_parts())
        same = done.code in expected and _read_folder(self._killed) == _read_folder(self._clean)
        note = "" if same else f"exit code {done.code}: {done.output[-300:]}"
        landed = min(len(parts), len(moments))
        return Trial(self._suffix, tuple(moments[:landed]), tuple(parts[:landed]), same, note), moments[landed:]

    def _empty(self) -> None:
        self._killed.mkdir(exist_ok=True)
        for path in sorted(self._killed.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()

    def _is_finished(self) -> bool:
        """Whether the kill came after the work was done, while Python was leaving: a finished output is refused."""
        plans = list(self._killed.glob(".tags*.modiste/plan.json"))
        return (self._killed / f"tags{self._suffix}").exists() and not plans

    def _count_parts(self) -> int:
        return len(list(self._killed.glob(".tags*.modiste/part-?????.parquet")))

    def _run(self, folder: Path, time_limit: float) -> Finished:
        return run_modiste(self._words, folder=folder, time_limit=time_limit)


def _read_folder(folder: Path) -> dict[str, bytes]:
    """Return every file, hidden ones too, with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _read_images(table: Path) -> list[str]:
    if table.suffix == ".xlsx":
        return pl.read_excel(table)["image"].to_list()
    if table.suffix == ".csv":
        return pl.read_csv(table, infer_schema=False)["image"].to_list()
    if table.suffix == ".parquet":
        return pl.read_parquet(table)["image"].to_list()
    return pl.read_ndjson(table, infer_schema_length=None)["image"].to_list()


def _show(suffixes: Sequence[str], clean: dict[str, Finished], trials: Sequence[Trial]) -> Section:
    rows, data = [], {}
    for suffix in suffixes:
        own = [trial for trial in trials if trial.suffix == suffix]
        kills, same = sum(len(trial.moments) for trial in own), sum(trial.same for trial in own)
        rows.append((suffix, f"{clean[suffix].seconds:.1f} s", kills, len(own), same))
        data[suffix] = {
            "clean seconds": round(clean[suffix].seconds, 2),
            "kills": kills,
            "jobs": len(own),
            "same": same,
        }
    header = ("output", "clean run", "kills", "jobs", "same bytes as the clean run")
    return Section("Formats", render_table(header, rows), data)


def _show_trials(trials: Sequence[Trial]) -> Section:
    rows = [
        (
            trial.suffix,
            ", ".join(f"{moment:.2f} s" for moment in trial.moments),
            ", ".join(map(str, trial.parts)),
            "yes" if trial.same else f"**no**: {trial.note}",
        )
        for trial in trials
    ]
    return Section("Kills", render_table(("output", "killed after", "parts done then", "same"), rows))
