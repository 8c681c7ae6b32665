"""What is known, as plain JSON types in the shapes of the answers."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from modiste.catalogue import CatalogueItem, Hit, Results
from modiste.runtime import Tag, Tags
from modiste.serving.schemas.shape import Said

__all__ = ["find_picture_address", "view_hit", "view_item", "view_results", "view_tag", "view_tags"]

_DECIMALS: Final = 6
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def view_item(item: CatalogueItem) -> Said:
    """Return an item."""
    return {
        "item_id": item.item_id,
        "product_id": item.product_id,
        "title": item.title,
        "brand": item.brand,
        "price": item.price,
        "list_price": item.list_price,
        "currency": item.currency,
        "variants": [{"size": one.size, "stock": one.stock} for one in item.variants],
        "labels": {name: list(values) for name, values in item.labels.items()},
        "tags": [
            {"field": tag.field, "value": tag.value, "confidence": tag.confidence, "origin": tag.origin}
            for tag in item.tags
        ],
        "details": {name: _make_plain(value) for name, value in item.details.items()},
        "picture": find_picture_address(item),
    }


def find_picture_address(item: CatalogueItem) -> str | None:
    """Return where the server shows an item's picture; None where it has none, or one on another host."""
    if item.image is None or _ADDRESS.match(item.image):
        return None
    return f"/v1/items/{quote(item.item_id, safe='')}/picture"


def view_hit(hit: Hit) -> Said:
    """Return a hit without its item."""
    return {
        "item_id": hit.item_id,
        "score": _round(hit.score),
        "word_score": _round(hit.word_score),
        "colour_score": _round(hit.colour_score),
        "folded": list(hit.folded),
        "reasons": None if hit.reasons is None else {**hit.reasons.to_json(), "text": str(hit.reasons)},
    }


def view_results(results: Results, hits: Sequence[Said]) -> Said:
    """Return results with some hits."""
    return {
        "hits": list(hits),
        "total": results.total,
        "reason": results.reason,
        "corrected": results.corrected,
        "unknown": list(results.unknown),
        "added": list(results.added),
        "methods": list(results.methods),
        "notes": list(results.notes),
        "facets": {
            name: [{"value": v.value, "count": v.count, "low": v.low, "high": v.high} for v in values]
            for name, values in results.facets.items()
        },
        "seconds": round(results.seconds, _DECIMALS),
    }


def view_tags(tags: Tags, top_k: int) -> Said:
    """Return the tags of a picture, each with ``top_k - 1`` alternatives at most."""
    return {name: view_tag(tag, top_k) for name, tag in tags.items()}


def view_tag(tag: Tag, top_k: int) -> Said:
    """Return what is said of one field."""
    return {
        "value": tag.value,
        "values": list(tag.values),
        "confidence": _clip(tag.confidence),
        "doubtful": tag.doubtful,
        "kind": tag.kind,
        "alternatives": [
            {"value": one.value, "confidence": _clip(one.confidence)} for one in tag.alternatives[: top_k - 1]
        ],
    }


def _clip(confidence: float) -> float:
    return round(min(1.0, max(0.0, confidence)), _DECIMALS)


def _round(number: float | None) -> float | None:
    return None if number is None or not math.isfinite(number) else round(number, _DECIMALS)


def _make_plain(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
