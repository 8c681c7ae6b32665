"""Acceptance of protocols that anyone can rerun: a model trained for each, judged once on its test part."""

from modiste.bench.protocols.running import run

__all__ = ["run"]
