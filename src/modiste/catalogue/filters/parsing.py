"""From text to a filter."""

from __future__ import annotations

from modiste.catalogue.filters.tree import Filter

__all__ = ["parse_filter"]


def parse_filter(text: str) -> Filter:
    """Parse a filter."""
    raise NotImplementedError
