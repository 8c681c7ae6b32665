"""Acceptance of the master-category system: five divisions of the data, a sealed control part of each."""

from modiste.bench.master_category.running import run

__all__ = ["run"]
