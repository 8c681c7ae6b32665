"""Fewer items of the commonest classes, or fewer of all: caps, and down-sampling by stratum."""

from __future__ import annotations

import math
import re

from modiste.collect.balancing.classes import count_classes, leave_out, list_members, name_column
from modiste.errors import UsageError
from modiste.manifest import Manifest
from modiste.splits import make_proportional_parts

__all__ = ["cap_classes", "down_sample", "parse_cap"]

_MULTIPLE = re.compile(r"(\d+(?:\.\d+)?)x-mean")


def parse_cap(text: str, manifest: Manifest, field: str) -> int:
    """Read a cap: a number, or a multiple of the mean size of a class, rounded down as S0 does.

    Args:
        text: ``"500"`` or ``"4x-mean"``.
        manifest: The items whose classes are counted.
        field: The single field.

    Returns:
        Items a class, 1 or more.

    Raises:
        UsageError: It is neither, or below 1.

    Example:
        >>> rows = [{"item_id": str(i), "image": "x", "source": "x", "label.hue": "ab"[i > 0]} for i in range(5)]
        >>> parse_cap("1.5x-mean", Manifest.from_rows(rows), "hue")
        3
    """
    counts = count_classes(manifest, field)
    multiple = _MULTIPLE.fullmatch(text.strip())
    if multiple and counts:
        cap = math.floor(float(multiple[1]) * sum(counts.values()) / len(counts))
    else:
        cap = int(text) if text.strip().isdecimal() else 0
    if cap < 1:
        raise UsageError(f"the cap is {text!r}; expected 1 or more, or a multiple of the mean such as 4x-mean")
    return cap


def cap_classes(manifest: Manifest, field: str, cap: int, *, seed: int = 1) -> Manifest:
    """Keep so many items of a class at most.

    Args:
        manifest: The items.
        field: A single field; items without a value are all kept.
        cap: 1 or more (`parse_cap`).
        seed: Another seed keeps other items.

    Returns:
        The items that are kept, in their order; which ones follows from the hashes of their ids. Copies whose source
        goes, go too.

    Raises:
        UsageError: The cap is below 1, or the items have several values.
    """
    if cap < 1:
        raise UsageError(f"the cap is {cap}; expected 1 or more")
    members = list_members(manifest.without_copies(), field, seed=seed)
    return _drop(manifest, [row for rows in members.values() for row in rows[cap:]])


def down_sample(manifest: Manifest, field: str, total: int, *, seed: int = 1) -> Manifest:
    """Keep so many items altogether, of every class its share.

    Args:
        manifest: The items.
        field: A single field; items without a value are a class of their own here.
        total: How many to keep; all where there are no more.
        seed: Another seed keeps other items.

    Returns:
        Exactly ``total`` items and their copies; each class keeps its share to less than one item.

    Raises:
        UsageError: The total is below 1, or the items have several values.
    """
    if total < 1:
        raise UsageError(f"{total} items were asked for; expected 1 or more")
    originals = manifest.without_copies()
    strata = originals.items[name_column(manifest, field)].to_list()
    if total >= len(originals):
        return manifest
    share = total / len(originals)
    parts = make_proportional_parts(
        originals.items["item_id"].to_list(),
        strata,
        {"kept": share, "left out": 1 - share},
        seed=seed,
    )
    return _drop(manifest, [row for row, part in enumerate(parts) if part != "kept"])


def _drop(manifest: Manifest, rows: list[int]) -> Manifest:
    """Leave out some rows of the originals."""
    return leave_out(manifest, set(manifest.without_copies().items["item_id"].gather(rows)))
