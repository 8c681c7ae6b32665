"""A sealed part: kept apart from the beginning, and opened once, when everything is decided."""

from __future__ import annotations

from collections.abc import Mapping

from modiste.errors import UsageError

__all__ = ["SEALED", "seal_part"]

SEALED = "sealed"


def seal_part(parts: Mapping[str, str], name: str) -> tuple[dict[str, str], dict[str, str]]:
    """Take a part out of a split.

    Args:
        parts: Item id -> part.
        name: The part to seal.

    Returns:
        The split to work with, in which its items are called ``"sealed"``: an item that a split file does not name
        would be trained on. And the one to open at the end, which tells it from the rest.

    Raises:
        UsageError: No item belongs to the part.

    Example:
        >>> seal_part({"a": "train", "b": "control"}, "control")
        ({'a': 'train', 'b': 'sealed'}, {'a': 'train', 'b': 'control'})
    """
    if name not in parts.values():
        raise UsageError(f"no item belongs to {name!r}; the parts are {', '.join(sorted(set(parts.values())))}")
    opened = {item: part if part == name else "train" if part == "train" else "other" for item, part in parts.items()}
    return {item: SEALED if part == name else part for item, part in parts.items()}, opened
