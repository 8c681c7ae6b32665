"""`[heads]`: what stands on the trunk."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from modiste.training.recipe.part import Positive, RecipePart, Share

__all__ = ["HeadRecipe"]


class HeadRecipe(RecipePart):
    """What stands on the trunk: the answers of every field, and an embedding for search."""

    kind: Literal["linear", "embedding", "message_passing", "conditional"] = Field(
        "linear",
        description="'linear': every field on its own; 'embedding': the same, read off the embedding; "
        "'message_passing': a branch a level, connected both ways; 'conditional': a level's logits get the "
        "probabilities of the level above",
    )
    levels: tuple[tuple[str, ...], ...] = Field(
        (), description="the fields of each level, the most general first; for heads that connect them"
    )
    width: int = Field(1024, ge=4, le=8192, description="of the branches and layers of 'message_passing'")
    dropout: Share = Field(
        0.2, description="before the heads; of 'message_passing', after the final layers of its block"
    )
    l2: float = Field(
        0.0, ge=0, le=1, description="times the sum of the squares of the heads' weights: a term of the training loss"
    )
    embedding: int = Field(256, ge=8, le=4096, description="width of the embedding, unit length")
    embedding_scale: Positive = Field(16.0, description="factor on the cosines that train the embedding")

    @model_validator(mode="after")
    def _check(self) -> HeadRecipe:
        named = [name for level in self.levels for name in level]
        flat = self.kind in ("linear", "embedding")
        if flat and self.levels:
            raise ValueError(f"kind = {self.kind!r} connects no fields; leave levels out, or choose another kind")
        if not flat and (len(self.levels) < 2 or not all(self.levels)):
            raise ValueError(
                f"kind = {self.kind!r} needs at least two levels, such as levels = [['subCategory'], ['articleType']]"
            )
        if len(set(named)) < len(named):
            raise ValueError(f"every field stands on one level; given {', '.join(named)}")
        return self
