"""Pictures that show nothing."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.collect.checking.examination import Examination
from modiste.collect.checking.findings import Finding, build_findings
from modiste.imaging.perceptual import measure_spread

__all__ = ["find_blank", "mark_blank"]


def mark_blank(examination: Examination, *, max_spread: float) -> NDArray[np.bool_]:
    """Say of each picture whether it could be read and is blank: bool [n]; ``max_spread`` as in `find_blank`."""
    return np.asarray(examination.readable & (measure_spread(examination.thumbnails) <= max_spread))


def find_blank(examination: Examination, *, max_spread: float) -> pl.DataFrame:
    """Find pictures of a single colour or with nearly no detail.

    Args:
        examination: Of the pictures.
        max_spread: How many grey levels of 255 the darkest and the lightest part may be apart
            (`modiste.imaging.perceptual.measure_spread`). The score is the share of it that is not used.
    """
    spread = measure_spread(examination.thumbnails)
    rows = np.flatnonzero(mark_blank(examination, max_spread=max_spread))
    ids = examination.facts["item_id"]
    findings = []
    for row in rows.tolist():
        colour = tuple(examination.thumbnails[row].reshape(-1, 3).mean(axis=0).round().astype(int).tolist())
        text = f"its colours span {spread[row]:.0f} of 255 levels around RGB {colour}"
        findings.append(Finding(ids[row], 1 - float(spread[row]) / (max_spread + 1), text))
    return build_findings("blank", findings)
