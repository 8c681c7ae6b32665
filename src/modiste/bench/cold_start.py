"""How long a person waits for a process that starts from nothing: for one picture, and for the help."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from modiste.bench.accept import Setting
from modiste.bench.material import Material
from modiste.bench.processes import list_options, run_modiste
from modiste.bench.rounds import Timing
from modiste.errors import UsageError
from modiste.evaluation import Section, Target, render_table

__all__ = ["list_cold_targets", "measure_cold_starts", "to_section"]

_TAG, _HELP = "modiste tag one.jpg -o x.csv", "modiste --help"
_LIMITS = {_TAG: 1.2, _HELP: 0.3}
_TIME_LIMIT = 120.0


def measure_cold_starts(setting: Setting, material: Material, *, rounds: int = 5) -> dict[str, Timing]:
    """Time whole processes, from their start to their end.

    Args:
        setting: The bundle, the cores, and who is told.
        material: Its first picture is tagged.
        rounds: How often, after one round that does not count.

    Returns:
        Command -> its times.

    Raises:
        UsageError: A command fails.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with zipfile.ZipFile(material.archive) as archive:
            (folder / "one.jpg").write_bytes(archive.read(archive.namelist()[0]))
        tag = ["tag", "one.jpg", "-o", "x.csv", "--overwrite", *list_options(setting)]
        commands = {_TAG: tag, _HELP: ["--help"]}
        for words in commands.values():
            _time(words, folder)
        seconds = {label: [_time(words, folder) for _ in range(rounds)] for label, words in commands.items()}
    for label, times in seconds.items():
        setting.say(f"{label}: {', '.join(f'{time:.2f}' for time in times)} s")
    return {label: Timing(1, tuple(times)) for label, times in seconds.items()}


def list_cold_targets(timings: dict[str, Timing]) -> list[Target]:
    """Return how long each command may take, and took."""
    return [
        Target(f"{label}, from a cold process", _LIMITS[label], timing.median, at_least=False, unit="s")
        for label, timing in timings.items()
    ]


def to_section(timings: dict[str, Timing]) -> Section:
    """Return the times as a section of a report."""
    rows = [
        (f"`{label}`", f"{timing.median:.3f} s", f"{min(timing.seconds):.3f} to {max(timing.seconds):.3f} s")
        for label, timing in timings.items()
    ]
    note = (
        "Whole processes, each `python -m modiste ...`; one that does not count came before, so the files were cached."
    )
    data = {label: [round(time, 4) for time in timing.seconds] for label, timing in timings.items()}
    return Section("From a cold process", f"{render_table(('', 'median', 'range'), rows)}\n\n{note}", data)


def _time(words: Sequence[str], folder: Path) -> float:
    done = run_modiste(words, folder=folder, time_limit=_TIME_LIMIT)
    if done.code:
        raise UsageError(f"'modiste {' '.join(words)}' ended with {done.code}:\n{done.output}")
    return done.seconds
