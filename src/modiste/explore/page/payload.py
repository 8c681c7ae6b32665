"""The numbers that the page's scripts draw from, as compact as they may be."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modiste.explore.atlas import Atlas
from modiste.explore.exploration import EmbeddingMap, Exploration
from modiste.explore.statistics import FieldPair, ValuePair
from modiste.manifest import LABEL

__all__ = ["build_payload", "to_script_json"]

_COLOURS = 10


def build_payload(found: Exploration, examples: Atlas, mapped: Atlas, *, longest: int) -> dict[str, Any]:
    """Collect what the scripts need.

    Args:
        found: The exploration.
        examples: Holds its example pictures, in order.
        mapped: Holds the pictures of its map, in order.
        longest: Letters of an item's texts at most.

    Returns:
        ``fields``, ``portraits`` (of the examples), ``histograms``, ``pairs``, ``map``.
    """
    return {
        "fields": [counts.name for counts in found.counts],
        "portraits": _list_portraits(found, examples, longest),
        "histograms": _list_histograms(found),
        "pairs": [_describe_pair(pair) for pair in found.pairs],
        "map": None if found.map is None else _describe_map(found, found.map, mapped, longest),
    }


def to_script_json(data: object) -> str:
    """Write data as JSON that can stand within a script element, whatever texts it holds.

    Example:
        >>> to_script_json({"a": "</script>"})
        '{"a":"\\\\u003c/script>"}'
    """
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _list_portraits(found: Exploration, atlas: Atlas, longest: int) -> dict[str, Any]:
    rows = [portrait.row for portrait in found.pictures.portraits]
    return {
        "items": [_describe_item(found, row, longest) for row in rows],
        "tiles": [list(tile) for tile in atlas.tiles],
        "sheets": [list(size) for size in atlas.sizes],
        "histograms": [_scale(portrait.histogram) for portrait in found.pictures.portraits],
    }


def _describe_item(found: Exploration, row: int, longest: int) -> list[Any]:
    """Return an item's id, its title and its labels, field by field."""
    items = found.manifest.items
    labels = [items[LABEL + counts.name][row] for counts in found.counts]
    texts = ["" if label is None else label if isinstance(label, str) else ", ".join(label) for label in labels]
    name, title = items["item_id"][row], items["title"][row] or ""
    return [_cut(name, longest), _cut(title, longest), [_cut(text, longest) for text in texts]]


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _list_histograms(found: Exploration) -> dict[str, Any]:
    places = {portrait.row: at for at, portrait in enumerate(found.pictures.portraits)}
    classes = [
        [
            item.group.field,
            item.group.value,
            item.pictures,
            _scale(item.histogram),
            [places[row] for row in item.examples],
        ]
        for item in found.pictures.classes
        if item.pictures
    ]
    pictures = found.pictures.sizes.pictures if found.pictures.sizes else 0
    return {"all": [pictures, _scale(found.pictures.histogram)], "classes": classes}


def _scale(histogram: NDArray[np.floating]) -> list[int]:
    """Return shares [4, 32] as hundredths of a percent, one channel after the other."""
    scaled: list[int] = np.rint(np.asarray(histogram, np.float64) * 10_000).astype(int).ravel().tolist()
    return scaled


def _describe_pair(pair: FieldPair) -> dict[str, Any]:
    return {
        "first": pair.first,
        "second": pair.second,
        "items": pair.items,
        "information": None if pair.information is None else round(pair.information, 3),
        "rows": list(pair.rows),
        "columns": list(pair.columns),
        "counts": pair.counts.tolist(),
        "expected": np.round(pair.expected, 2).tolist(),
        **{name: _list_pairs(getattr(pair, name)) for name in ("frequent", "attracted", "avoided")},
    }


def _list_pairs(pairs: Sequence[ValuePair]) -> list[list[Any]]:
    return [[pair.first, pair.second, pair.count, round(pair.expected, 1), round(pair.lift, 3)] for pair in pairs]


def _describe_map(found: Exploration, drawn: EmbeddingMap, atlas: Atlas, longest: int) -> dict[str, Any]:
    rows = [portrait.row for portrait in drawn.portraits]
    columns = [_colour(found, counts.name, rows, longest) for counts in found.counts]
    return {
        "points": np.rint(drawn.points * 10_000).astype(int).tolist(),
        "tiles": [list(tile) for tile in atlas.tiles],
        "sheets": [list(size) for size in atlas.sizes],
        "items": [_describe_item(found, row, longest) for row in rows],
        "colours": [{"values": values, "codes": codes} for values, codes in columns],
    }


def _colour(found: Exploration, field: str, rows: Sequence[int], longest: int) -> tuple[list[str], list[int]]:
    """Return the commonest values on the map, and for each point which of them it has: -1 another one, -2 none."""
    column = found.manifest.items[LABEL + field]
    labels = [_listed(column[row]) for row in rows]
    counts = Counter(value for values in labels for value in values)
    common = sorted(counts, key=lambda value: (-counts[value], value))[:_COLOURS]
    ranks = {value: at for at, value in enumerate(common)}
    codes = [
        min((ranks[value] for value in values if value in ranks), default=-1 if values else -2) for values in labels
    ]
    return [_cut(value, longest) for value in common], codes


def _listed(label: Any) -> list[str]:
    if label is None:
        return []
    return [label] if isinstance(label, str) else list(label)
