"""Acceptance of the multi-label system: what transfer, thresholds and losses do for micro-F1."""

from modiste.bench.multi_label.measuring import run

__all__ = ["run"]
