"""Acceptance of the eye for strangers: pictures of no fashion product, drawn and from packages, beside products."""

from modiste.bench.strangers.running import run

__all__ = ["run"]
