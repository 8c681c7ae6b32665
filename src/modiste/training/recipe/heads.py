"""`[heads]`: what stands on the trunk."""

from __future__ import annotations

from pydantic import Field

from modiste.training.recipe.part import Positive, RecipePart, Share

__all__ = ["HeadRecipe"]


class HeadRecipe(RecipePart):
    """What stands on the trunk: one linear head a field, and an embedding for search."""

    dropout: Share = Field(0.2, description="dropout before the heads")
    embedding: int = Field(256, ge=8, le=4096, description="width of the embedding, unit length")
    embedding_scale: Positive = Field(16.0, description="factor on the cosines that train the embedding")
