"""Lists as people type them into one option: names with commas between."""

from __future__ import annotations

__all__ = ["split_names"]


def split_names(text: str | None) -> tuple[str, ...]:
    """Split what a user typed at its commas.

    Example:
        >>> split_names("gender, season")
        ('gender', 'season')
    """
    return tuple(part.strip() for part in text.split(",")) if text else ()
