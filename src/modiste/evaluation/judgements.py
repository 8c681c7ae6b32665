"""What ``modiste evaluate --out`` wrote, read again: who was judged on what, and every verdict."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.errors import UsageError
from modiste.evaluation.metrics import confusion_matrix
from modiste.taxonomy import Taxonomy

__all__ = ["Judgement", "count_verdicts", "read_judgement"]

_AGAIN: Final = "Type: modiste evaluate BUNDLE --data SOURCE --out FOLDER"


@dataclass(frozen=True)
class Judgement:
    """A system's verdicts.

    Args:
        system: Its name, and a bundle's fingerprint.
        rows: On how many rows of what it was judged, for people.
        verdicts: As `modiste.evaluation.list_verdicts` gives them.
    """

    system: str
    rows: str
    verdicts: pl.DataFrame

    def check_of(self, fingerprint: str) -> None:
        """Check that a bundle was judged.

        Raises:
            UsageError: Another one was, or no bundle.
        """
        if not self.system.endswith(f"fingerprint {fingerprint}"):
            raise UsageError(f"it was {self.system} that was judged, not the bundle {fingerprint[:12]}... {_AGAIN}")


def read_judgement(folder: Path) -> Judgement:
    """Read the folder that ``modiste evaluate --out`` wrote.

    Raises:
        UsageError: It is no such folder.
    """
    try:
        facts = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))["facts"]
        verdicts = pl.read_parquet(folder / "verdicts.parquet").select("field", "truth", "prediction")
        return Judgement(facts["system"], f"{facts['data']}: {facts['rows']}", verdicts)
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
        raise UsageError(f"{folder} is no folder of an evaluation: {error!r}. {_AGAIN}") from error


def count_verdicts(verdicts: pl.DataFrame, taxonomy: Taxonomy) -> tuple[dict[str, NDArray[np.int64]], int]:
    """Count what was taken for what.

    Args:
        verdicts: Columns ``field``, ``truth``, ``prediction``; null where unknown.
        taxonomy: The single fields to count, and their values.

    Returns:
        Single field -> int64 [values, values], a row a true value, for each field of which anything is known; and how
        many known labels are in no cell: no answer was given, or the label is none of the field's values.

    Example:
        >>> from modiste.taxonomy import Field
        >>> told = pl.DataFrame({"field": ["hue"] * 3, "truth": ["red", "red", "pink"], "prediction": ["red"] * 3})
        >>> counts, left_out = count_verdicts(told, Taxonomy((Field("hue", "single", ("blue", "red")),)))
        >>> counts["hue"].tolist(), left_out
        ([[0, 0], [0, 2]], 1)
    """
    counts: dict[str, NDArray[np.int64]] = {}
    left_out = 0
    for field in taxonomy:
        known = verdicts.filter(pl.col("field") == field.name).drop_nulls("truth")
        if field.kind != "single" or not known.height:
            continue
        truth, answer = (_find_places(known[name], field.values) for name in ("truth", "prediction"))
        there = (truth >= 0) & (answer >= 0)
        left_out += int((~there).sum())
        if there.any():
            counts[field.name] = confusion_matrix(truth[there], answer[there], classes=len(field))
    return counts, left_out


def _find_places(values: Iterable[str | None], known: Iterable[str]) -> NDArray[np.int64]:
    """Return the place of each value among those known, int64 [n]; -1 where it is none of them."""
    place: dict[str | None, int] = {value: at for at, value in enumerate(known)}
    return np.array([place.get(value, -1) for value in values], dtype=np.int64)
