"""Retrieval methods, compared: modiste's kinds of index, hnswlib, LanceDB and the settings of S1, in one run."""

from modiste.bench.searching.report import Comparison, compare_methods, parse_sizes, run

__all__ = ["Comparison", "compare_methods", "parse_sizes", "run"]
