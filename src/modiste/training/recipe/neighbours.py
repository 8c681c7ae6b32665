"""`[neighbours]`: what the nearest training items' labels add."""

from __future__ import annotations

from pydantic import Field

from modiste.training.recipe.part import Positive, RecipePart, Share

__all__ = ["NeighbourRecipe"]


class NeighbourRecipe(RecipePart):
    """What the labels of the nearest training items add to the exported network's answers (single fields)."""

    share: Share = Field(0.0, description="of an answer that the neighbours' labels make up; 0: no neighbours")
    count: int = Field(10, ge=1, le=1000, description="how many neighbours vote")
    temperature: Positive = Field(0.02, description="of the votes' weights; the smaller, the more the nearest counts")
    dimensions: int = Field(48, ge=1, le=4096, description="principal directions of the embedding that are compared")
