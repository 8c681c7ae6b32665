"""Acceptance of the similarity system: what each of its losses does for classification and for search."""

from modiste.bench.similarity.measuring import run

__all__ = ["run"]
