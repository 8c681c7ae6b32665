"""Items as JSON, which comes back as the same item to the bit."""

from __future__ import annotations

import json
from typing import Any, Final

from modiste.catalogue.item import ORIGINS, CatalogueItem, ItemTag, Variant
from modiste.errors import CatalogueError, UsageError

__all__ = ["LONGEST", "dump_item", "load_item"]

LONGEST: Final = 65_535  # bytes that Milvus takes in one text
_PLAIN: Final = (
    "item_id",
    "product_id",
    "image",
    "title",
    "brand",
    "price",
    "list_price",
    "currency",
    "picture_hash",
    "look",
)


def dump_item(item: CatalogueItem) -> str:
    """Write an item.

    Raises:
        UsageError: It is longer than Milvus takes.

    Example:
        >>> dump_item(CatalogueItem("7", title="Navy shirt", variants=(Variant("M", 2),)))
        '{"item_id":"7","product_id":"7","title":"Navy shirt","variants":[["M",2]]}'
    """
    held: dict[str, Any] = {name: getattr(item, name) for name in _PLAIN}
    held["colours"] = None if item.colours is None else item.colours.hex()
    held["box"] = None if item.box is None else list(item.box)
    held["variants"] = [[one.size, one.stock] for one in item.variants] or None
    held["tags"] = [[tag.field, tag.value, tag.confidence, ORIGINS.index(tag.origin)] for tag in item.tags] or None
    held["details"] = dict(item.details) or None
    present = {name: value for name, value in held.items() if value is not None}
    text = json.dumps(present, ensure_ascii=False, separators=(",", ":"))
    if (size := len(text.encode())) > LONGEST:
        raise UsageError(f"item {item.item_id!r} takes {size:,} bytes; Milvus holds at most {LONGEST:,}. Shorten it")
    return text


def load_item(text: str) -> CatalogueItem:
    """Read what `dump_item` wrote.

    Raises:
        CatalogueError: It is something else.
    """
    try:
        held = json.loads(text)
        details = held.get("details") or {}
        return CatalogueItem(
            **{name: held[name] for name in _PLAIN if name in held},
            colours=bytes.fromhex(held["colours"]) if "colours" in held else None,
            box=tuple(held["box"]) if "box" in held else None,
            variants=tuple(Variant(*one) for one in held.get("variants", ())),
            tags=tuple(ItemTag(field, value, sure, ORIGINS[by]) for field, value, sure, by in held.get("tags", ())),
            details={name: tuple(value) if isinstance(value, list) else value for name, value in details.items()},
        )
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise CatalogueError(f"the collection holds what is no item of modiste ({error}): {text[:60]!r}") from error
