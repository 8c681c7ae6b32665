"""Acceptance of the own-search system: three trunks on divisions of 80/20, 50/50 and five times two halves."""

from modiste.bench.own_search.running import run

__all__ = ["run"]
