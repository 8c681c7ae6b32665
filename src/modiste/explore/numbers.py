"""The numbers of an exploration as plain JSON types; docs/exploring.md describes the document."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modiste import __version__
from modiste.explore.exploration import ClassPictures, EmbeddingMap, Exploration, PictureReport
from modiste.explore.statistics import CHANNELS, FieldCounts, FieldPair
from modiste.explore.writing import write_whole

__all__ = ["list_numbers", "write_numbers"]


def list_numbers(found: Exploration) -> dict[str, Any]:
    """Return the numbers of an exploration as plain JSON types.

    Args:
        found: The exploration.

    Returns:
        ``modiste`` (version), ``data_set`` (as ``modiste data inspect --json``), ``fields``, ``hierarchy``,
        ``cooccurrence``, ``missing``, ``parts``, ``pictures``, ``map`` (null without one), ``reasons``.
    """
    ids = found.manifest.items["item_id"]
    return {
        "modiste": __version__,
        "data_set": found.described,
        "fields": [_describe_field(counts) for counts in found.counts],
        "hierarchy": [asdict(tree) for tree in found.trees],
        "cooccurrence": [_describe_pair(pair) for pair in found.pairs],
        "missing": {
            "columns": [asdict(column) | {"share": column.share} for column in found.gaps],
            "patterns": [asdict(pattern) for pattern in found.gap_patterns],
        },
        "parts": [asdict(compared) for compared in found.parts],
        "pictures": _describe_pictures(found.pictures, ids.to_list()),
        "map": None if found.map is None else _describe_map(found.map, ids.to_list()),
        "reasons": dict(found.reasons),
    }


def write_numbers(path: Path, found: Exploration) -> Path:
    """Write the numbers as a JSON file, whole or not at all; return its path."""
    return write_whole(path, json.dumps(list_numbers(found), ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def _describe_field(counts: FieldCounts) -> dict[str, Any]:
    values = [{"value": item.value, "count": item.count} for item in counts.values]
    return asdict(counts) | {"values": values}


def _describe_pair(pair: FieldPair) -> dict[str, Any]:
    arrays = {"counts": pair.counts.tolist(), "expected": _round(pair.expected)}
    lists = {name: [asdict(item) for item in getattr(pair, name)] for name in ("frequent", "attracted", "avoided")}
    plain = {name: getattr(pair, name) for name in ("first", "second", "items", "information")}
    return plain | {"rows": list(pair.rows), "columns": list(pair.columns)} | arrays | lists


def _describe_pictures(report: PictureReport, ids: list[str]) -> dict[str, Any]:
    return {
        "items": report.items,
        "addresses": report.addresses,
        "opened": report.opened,
        "sampled": report.sampled,
        "unreadable": [{"item_id": item, "reason": reason} for item, reason in report.failures],
        "sizes": None if report.sizes is None else asdict(report.sizes),
        "histogram": _describe_histogram(report.histogram),
        "classes": [_describe_class(item, ids) for item in report.classes],
        "examples": [
            {"item_id": ids[portrait.row], "histogram": _describe_histogram(portrait.histogram)}
            for portrait in report.portraits
        ],
    }


def _describe_class(item: ClassPictures, ids: list[str]) -> dict[str, Any]:
    return {
        "field": item.group.field,
        "value": item.group.value,
        "items": item.group.items,
        "pictures": item.pictures,
        "histogram": _describe_histogram(item.histogram),
        "examples": [ids[row] for row in item.examples],
    }


def _describe_map(drawn: EmbeddingMap, ids: list[str]) -> dict[str, Any]:
    placed = zip(drawn.portraits, _round(drawn.points), strict=True)
    points = [{"item_id": ids[portrait.row], "x": x, "y": y} for portrait, (x, y) in placed]
    return {"method": drawn.method, "bundle": drawn.bundle, "points": points}


def _describe_histogram(histogram: NDArray[np.floating]) -> dict[str, list[float]]:
    """Return a histogram [4, 32] by channel, shares rounded to six digits."""
    return dict(zip(CHANNELS, _round(histogram), strict=True))


def _round(numbers: NDArray[np.floating] | Iterable[float]) -> list[Any]:
    rounded: list[Any] = np.round(np.asarray(numbers, np.float64), 6).tolist()
    return rounded
