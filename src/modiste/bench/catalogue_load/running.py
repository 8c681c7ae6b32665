"""Half an hour of readers and a writer that is killed again and again, and what is left of the catalogue."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from modiste.bench.accept import Setting
from modiste.bench.catalogue_load.checking import check_answers, read_answers
from modiste.bench.catalogue_load.journal import Journal, JournalWriter, read_journal
from modiste.bench.catalogue_load.playing import JOURNAL, play_writer, replay
from modiste.bench.catalogue_load.world import Change, build_item, build_load_head, stack_vectors
from modiste.catalogue.local import LocalBackend, verify
from modiste.evaluation import Report, Section, Target, render_table

__all__ = ["measure_load", "run"]

_MINUTES: Final = 30.0
_READERS: Final = 8
_START_ITEMS: Final = 5000
_CHUNK: Final = 500
_SHOWN: Final = 20
_LIFE: Final = 4.0  # seconds that a writer lives on average
_SHOP: Final = "shop"

Answer = dict[str, Any]


@dataclass
class _Counts:
    kills: int = 0
    crashes: list[str] = field(default_factory=list)


def run(setting: Setting) -> Report:
    """Load a catalogue for 30 minutes."""
    with tempfile.TemporaryDirectory() as folder:
        return measure_load(Path(folder), minutes=_MINUTES, readers=_READERS, items=_START_ITEMS, say=setting.say)


def measure_load(
    folder: Path, *, minutes: float, readers: int, items: int, say: Callable[[str], None], seed: int = 0
) -> Report:
    """Let readers search while a writer changes the catalogue and is killed; then check every answer by brute force.

    Args:
        folder: An empty folder to work in.
        minutes: How long.
        readers: Processes that search.
        items: What the catalogue holds at the start.
        say: Told what goes on.
        seed: Of changes and moments; the order of events is the machine's.
    """
    _fill(folder, items)
    counts = _play(folder, minutes, readers, seed, say)
    journal = _settle(folder, seed)
    problems = verify(folder / _SHOP)
    answers = read_answers(folder)
    say(f"{counts.kills} kills, {len(journal.changes)} changes; checking {len(answers)} answers")
    wrong = list(check_answers(journal, answers))
    lost = _find_lost(folder, journal)
    targets = [
        Target("answers that are right in no state they may have seen", 0, len(wrong), at_least=False),
        Target("items that differ from what was acknowledged, at the end", 0, len(lost), at_least=False),
        Target("problems that verify finds", 0, len(problems), at_least=False),
        Target("processes that ended by themselves", 0, len(counts.crashes), at_least=False),
        Target("answers checked", 100 * minutes, len(answers)),
        Target("kills of the writer", 2 * minutes, counts.kills),
    ]
    facts = {
        "load": f"{readers} readers, 1 writer, {minutes:g} minutes, {items} items at the start",
        "kills": f"SIGKILL of the writer, {_LIFE:g} s apart on average",
        "oracle": "brute force over every state between what was acknowledged before and begun until after an answer",
    }
    return Report(
        "A catalogue under load", facts, [_show(journal, counts, answers, [*lost, *map(str, wrong)], problems)], targets
    )


def _fill(folder: Path, items: int) -> None:
    journal = JournalWriter(folder / JOURNAL)
    with LocalBackend(folder / _SHOP, create=build_load_head()) as backend:
        for number, start in enumerate(range(0, items, _CHUNK), start=1):
            pairs = tuple((f"start-{place}", number) for place in range(start, min(start + _CHUNK, items)))
            change = Change(number, "put", pairs)
            journal.begin(change)
            backend.put([build_item(*pair) for pair in pairs], stack_vectors(pairs))
            journal.end(change, applied=True)


def _play(folder: Path, minutes: float, readers: int, seed: int, say: Callable[[str], None]) -> _Counts:
    counts, rng = _Counts(), random.Random(seed)  # noqa: S311  (nothing secret)
    crowd = [_start("reader", folder, number) for number in range(readers)]
    end = time.monotonic() + 60 * minutes
    told = time.monotonic()
    try:
        while time.monotonic() < end:
            writer = _start("writer", folder, seed)
            _wait(writer, min(end, time.monotonic() + 1 + rng.expovariate(1 / _LIFE)))
            counts.kills += _kill(writer, "writer", counts)
            if time.monotonic() > told + 60:
                told = time.monotonic()
                say(f"{(end - told) / 60:.0f} minutes left, {counts.kills} kills, {len(counts.crashes)} crashes")
    finally:
        for number, reader in enumerate(crowd):
            _kill(reader, f"reader {number}", counts)
    return counts


def _start(role: str, folder: Path, number: int) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "modiste.bench.catalogue_load.playing", role, str(folder), str(number)]
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)  # noqa: S603  (our own program)


def _wait(process: subprocess.Popen[bytes], until: float) -> None:
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)


def _kill(process: subprocess.Popen[bytes], name: str, counts: _Counts) -> int:
    """Kill a process that should still run; note how it ended if it does not. Return whether it was killed."""
    alive = process.poll() is None
    if alive:
        process.send_signal(signal.SIGKILL)
    _, errors = process.communicate()
    if not alive:
        counts.crashes.append(f"{name}: {errors.decode('utf-8', 'replace').strip()[-500:]}")
    return int(alive)


def _settle(folder: Path, seed: int) -> Journal:
    """Find out what became of the last change, as the next writer would."""
    journal = read_journal(folder / JOURNAL)
    if journal.pending is not None:
        play_writer(folder, seed, changes=0)
        journal = read_journal(folder / JOURNAL)
    return journal


def _find_lost(folder: Path, journal: Journal) -> list[str]:
    """List the items whose presence or version is not what the journal says, each with both."""
    expected = replay(journal.changes, journal.applied).prices
    with LocalBackend(folder / _SHOP) as backend:
        found = {item.item_id: item.details["version"] for items, _ in backend.iterate() for item in items}
    names = sorted(expected.keys() | found.keys())
    return [
        f"{name}: version {found.get(name)}, expected {expected.get(name)}; {_explain(name, found.get(name), journal)}"
        for name in names
        if expected.get(name) != found.get(name)
    ]


def _explain(name: str, version: object, journal: Journal) -> str:
    """Say whether an item is as a change left it that nobody acknowledged, and what came after that change."""
    for change, applied in zip(journal.changes, journal.applied, strict=True):
        if not applied and (name, version) in change.items:
            later = len(journal.changes) - change.number
            return f"change {change.number}, never acknowledged and seen missing, came back; {later} changes followed"
    return "an acknowledged change is lost"


def _show(
    journal: Journal, counts: _Counts, answers: Sequence[Answer], wrong: Sequence[str], problems: Sequence[object]
) -> Section:
    rows = [
        ("changes begun", str(len(journal.changes))),
        ("changes whose writer was killed and that were not carried out", str(journal.applied.count(False))),
        ("kills", str(counts.kills)),
        ("answers", str(len(answers))),
        ("answers with a filter", str(sum(answer["ceiling"] is not None for answer in answers))),
    ]
    notes = [*counts.crashes[:5], *wrong[:_SHOWN]]
    text = render_table(("", ""), rows) + "".join(f"\n\n`{note}`" for note in notes)
    return Section(
        "What happened", text, {"rows": dict(rows), "notes": notes, "problems": [str(problem) for problem in problems]}
    )
