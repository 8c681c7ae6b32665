"""What a change of a whole catalogue did, counted; and the table of what could not be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import polars as pl

from modiste.errors import UsageError

__all__ = ["LoadError", "LoadSummary", "name_errors", "write_errors"]


class LoadError(NamedTuple):
    """What could not be read: the item or None, the picture or the row of the source, and the reason."""

    item_id: str | None
    where: str
    reason: str


@dataclass(frozen=True)
class LoadSummary:
    """What was loaded into a catalogue.

    Args:
        listed: Rows of the source that have a picture.
        added: New items.
        replaced: Items whose picture is another one than it was: embedded anew.
        changed: Items whose price, stock, title or the like changed; their pictures did not.
        unchanged: Items that were there already, just so.
        removed: Items that the source no longer has.
        failed: Pictures that could not be read, each among the errors.
        lost: Rows of the source without a picture, each among the errors.
        missing: Items of the catalogue that the source does not have.
        seconds: How long it took.
        errors: The table of what could not be read; None if there was nothing.
        items: How many the catalogue holds now.
    """

    listed: int
    added: int = 0
    replaced: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0
    lost: int = 0
    missing: int = 0
    seconds: float = 0.0
    errors: Path | None = None
    items: int = 0

    @property
    def embedded(self) -> int:
        """Pictures that the network saw."""
        return self.added + self.replaced

    @property
    def rate(self) -> float:
        """Pictures a second that were embedded, start-up and writing included."""
        return self.embedded / max(self.seconds, 1e-9)


def name_errors(place: Path | str, errors: Path | None) -> Path:
    """Return where the table of errors goes: beside the catalogue, unless told otherwise.

    Raises:
        UsageError: It can't be written there.
    """
    path = errors
    if path is None:
        local = Path(place) if "://" not in str(place) else Path("catalogue")
        path = local.absolute().with_name(f"{local.absolute().name}.errors.csv")
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise UsageError(f"no table of errors can be written to {path}; name a file in a folder that exists: --errors")
    return path


def write_errors(rows: Iterable[LoadError], path: Path) -> Path | None:
    """Write the table of errors (``item_id``, ``where``, ``reason``), or remove the one of an earlier run.

    Args:
        rows: What could not be read.
        path: Where to.

    Returns:
        The path; None if there are no errors.
    """
    found = list(rows)
    if not found:
        path.unlink(missing_ok=True)
        return None
    schema = {"item_id": pl.String(), "where": pl.String(), "reason": pl.String()}
    table = pl.DataFrame(found, schema=schema, orient="row")
    part = path.with_name(path.name + ".part")
    table.write_csv(part)
    part.replace(path)
    return path
