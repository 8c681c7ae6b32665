"""`[sampler]`: in which proportions items are drawn."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from modiste.training.recipe.part import RecipePart, Share

__all__ = ["SamplerRecipe"]


class SamplerRecipe(RecipePart):
    """In which proportions items are drawn."""

    kind: Literal["shuffle", "balanced"] = Field("shuffle", description="'balanced': every value of a field as often")
    field: str | None = Field(None, description="the field that is balanced")
    power: Share = Field(1.0, description="1: all values equally often; 0: as they occur; 0.5: square roots")

    @model_validator(mode="after")
    def _check(self) -> SamplerRecipe:
        if (self.kind == "balanced") != (self.field is not None):
            raise ValueError("a balanced sampler names its field, and no other sampler does")
        return self
