"""Acceptance of catalogues under load: readers and a writer at once, the writer killed, every answer checked."""

from modiste.bench.catalogue_load.running import measure_load, run

__all__ = ["measure_load", "run"]
