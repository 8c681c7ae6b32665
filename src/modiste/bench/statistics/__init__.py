"""Acceptance of the statistics: how often intervals hold the truth, and how seldom chance passes for a difference."""

from modiste.bench.statistics.report import Worlds, measure_statistics, run

__all__ = ["Worlds", "measure_statistics", "run"]
