"""Copies that are certain: the same bytes, or the same pixels in another file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.collect.checking.examination import Examination
from modiste.collect.checking.findings import Finding, build_findings
from modiste.collect.checking.groups import list_members
from modiste.evaluation import group_rows

__all__ = ["find_exact_copies", "find_pixel_copies", "group_bytes", "group_pixels"]


def group_bytes(examination: Examination, boxes: Sequence[object]) -> NDArray[np.int64]:
    """Number items so that those with the same bytes, and the same box, share a number: int64 [n].

    Args:
        examination: Of the pictures; what can't be read is like nothing else.
        boxes: One an item; two boxes of one picture show two products.
    """
    keys = [
        None if digest is None or reason is not None else f"{digest} {box}"
        for digest, reason, box in zip(
            examination.facts["file_digest"], examination.facts["reason"], boxes, strict=True
        )
    ]
    return group_rows(keys)


def group_pixels(examination: Examination) -> NDArray[np.int64]:
    """Number items so that those with the same size and pixels share a number: int64 [n]."""
    return group_rows(examination.facts["pixel_digest"].to_list())


def find_exact_copies(examination: Examination, groups: NDArray[np.int64], places: NDArray[np.int64]) -> pl.DataFrame:
    """Find the surplus items of each group with equal bytes; the partner is the item to keep.

    Args:
        examination: Of the pictures.
        groups: From `group_bytes`.
        places: From `modiste.collect.checking.groups.rank_items`; the first of a group is kept.
    """
    ids = examination.facts["item_id"]
    findings = []
    for rows in list_members(groups):
        kept, *surplus = sorted(rows, key=lambda row: int(places[row]))
        text = f"the same {examination.facts['file_bytes'][kept]} bytes as {ids[kept]}"
        findings += [Finding(ids[row], 1.0, text, partner=ids[kept]) for row in surplus]
    return build_findings("exact-copy", findings)


def find_pixel_copies(
    examination: Examination, pixels: NDArray[np.int64], files: NDArray[np.int64], places: NDArray[np.int64]
) -> pl.DataFrame:
    """Find items with exactly the pixels of another, whose files differ (a stripped comment, PNG beside BMP).

    Args:
        examination: Of the pictures.
        pixels: From `group_pixels`.
        files: From `group_bytes`; of files with equal bytes only the first counts here.
        places: As in `find_exact_copies`.
    """
    ids = examination.facts["item_id"]
    findings = []
    for rows in list_members(pixels):
        ordered = sorted(rows, key=lambda row: int(places[row]))
        firsts = {int(files[row]): row for row in reversed(ordered)}
        kept, *surplus = sorted(firsts.values(), key=lambda row: int(places[row]))
        text = f"another file with exactly the pixels of {ids[kept]}"
        findings += [Finding(ids[row], 1.0, text, partner=ids[kept]) for row in surplus]
    return build_findings("pixel-copy", findings)
