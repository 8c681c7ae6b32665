"""Acceptance of structured output: three kinds of heads on one trunk, on the Kaggle hierarchy.

| module | subject |
|---|---|
| `material` | the 25,000 pictures and their parts |
| `training` | one kind of heads, from the recipe to its answers |
| `tables` | what the answers reach, in the published measures |
| `running` | the run |
"""

from modiste.bench.structured_output.running import run

__all__ = ["run"]
