"""Acceptance of what limits each field, before a network is changed: labels, resolution, rarity, colour, launches."""

from modiste.bench.limits.running import run

__all__ = ["run"]
