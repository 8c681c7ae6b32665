"""Acceptance of the attributes: each beside what the kind of product alone tells, and what of them is said."""

from modiste.bench.attributes.running import run

__all__ = ["run"]
