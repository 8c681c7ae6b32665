"""Retrieval at a million vectors: the kinds of index that such a catalogue may have, without those of others."""

from __future__ import annotations

from typing import Final

from modiste.bench.accept import Setting
from modiste.bench.searching.report import compare_methods
from modiste.evaluation import Report

__all__ = ["run"]

_KINDS: Final = ("exact", "ivf-sq8", "ivf-pq")


def run(setting: Setting) -> Report:
    """Compare exact search with the default index and a smaller one at a million vectors."""
    return compare_methods(setting, ("1m",), peers=False, kinds=_KINDS).report
