"""What each part of a bundle beyond its plain network gains, and what it costs."""

from modiste.bench.ingredients.running import run

__all__ = ["run"]
