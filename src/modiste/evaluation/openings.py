"""When a sealed part was opened: one line each time, so that nobody has to remember how often it was looked at."""

from __future__ import annotations

import csv
import shutil
import subprocess
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from modiste.errors import UsageError
from modiste.evaluation.protocol import Protocol
from modiste.splits import SEALED

__all__ = ["OPENINGS_FILE", "Opening", "find_openings_file", "is_sealed", "record_opening"]

_SEALED_PARTS = (SEALED, "control")
_UNDER_PROTOCOL = (*_SEALED_PARTS, "test")
OPENINGS_FILE = "openings.csv"


@dataclass(frozen=True)
class Opening:
    """One look at a sealed part.

    Args:
        date: When, ISO 8601, UTC.
        commit: The commit of the working tree where the command ran; empty outside one.
        system: The bundle with its fingerprint, or the table of predictions.
        data: The name of the data source.
        protocol: The protocol's name; empty without one.
        part: The name of the part.
        rows: How many rows it has.
        command: What was typed.
    """

    date: str
    commit: str
    system: str
    data: str
    protocol: str
    part: str
    rows: int
    command: str

    @classmethod
    def now(cls, *, system: str, data: str, protocol: Protocol | None, part: str, rows: int, command: str) -> Opening:
        """Return an opening at this moment, at the commit of the current folder."""
        date = datetime.now(UTC).isoformat(timespec="seconds")
        name = "" if protocol is None else protocol.name
        return cls(date, _read_commit(), system, data, name, part, rows, command)


def is_sealed(part: str | None, protocol: Protocol | None) -> bool:
    """Say whether judging on a part opens something that was sealed.

    A part called ``sealed`` or ``control`` always is; the part that a protocol with ``sealed = true`` judges is if it
    has one of these names, or is called ``test``.

    Example:
        >>> is_sealed("control", None), is_sealed("test", None)
        (True, False)
    """
    return part in (_UNDER_PROTOCOL if protocol is not None and protocol.sealed else _SEALED_PARTS)


def find_openings_file(given: Path | None, out: Path | None) -> Path | None:
    """Return where openings are recorded.

    Args:
        given: The file that the user named; it wins.
        out: The folder that results are written to.

    Returns:
        ``results/openings.csv`` if the current folder has a folder ``results``, else ``openings.csv`` in ``out``; None
        where there is neither.
    """
    if given is not None:
        return given
    results = Path("results")
    if results.is_dir():
        return results / OPENINGS_FILE
    return None if out is None else out / OPENINGS_FILE


def record_opening(path: Path, opening: Opening) -> None:
    """Append an opening to a CSV file, with a header if the file is new.

    Raises:
        UsageError: The file is another kind of table, or can't be written.
    """
    names = [entry.name for entry in fields(Opening)]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = not path.exists() or not path.stat().st_size
        if not new:
            _check_header(path, names)
        with path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows([names, astuple(opening)] if new else [astuple(opening)])
    except OSError as error:
        raise UsageError(f"the opening of a sealed part can't be recorded in {path}: {error.strerror}") from error


def _check_header(path: Path, names: list[str]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        found = next(csv.reader(file), [])
    if found != names:
        raise UsageError(f"{path} has the columns {found}; openings have {names}. Name another file: --openings FILE")


def _read_commit() -> str:
    git = shutil.which("git")
    if git is None:
        return ""
    words = [git, "rev-parse", "HEAD"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603  (fixed words, no shell)
    return done.stdout.strip() if done.returncode == 0 else ""
