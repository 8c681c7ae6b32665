"""Pictures with too few pixels."""

from __future__ import annotations

import polars as pl

from modiste.collect.checking.examination import Examination
from modiste.collect.checking.findings import Finding, build_findings

__all__ = ["find_tiny"]


def find_tiny(examination: Examination, *, min_side: int) -> pl.DataFrame:
    """Find pictures, or boxes, whose shorter side is below a limit.

    Args:
        examination: Of the pictures.
        min_side: In pixels. The score is the share that is missing to it.
    """
    side = pl.min_horizontal("width", "height")
    rows = examination.facts.filter(pl.col("reason").is_null() & (side < min_side))
    return build_findings(
        "tiny",
        (
            Finding(item, 1 - min(width, height) / min_side, f"{width} x {height} pixels; at least {min_side} a side")
            for item, width, height in rows.select("item_id", "width", "height").iter_rows()
        ),
    )
