"""`[sampler]`: in which proportions items are drawn."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from modiste.training.recipe.part import RecipePart, Share

__all__ = ["SamplerRecipe"]


class SamplerRecipe(RecipePart):
    """In which proportions items are drawn."""

    kind: Literal["shuffle", "balanced", "under"] = Field(
        "shuffle",
        description="'balanced': every value of a field as often, the rare ones again and again; 'under': each epoch "
        "shows as many items of every value as the rarest has",
    )
    field: str | None = Field(None, description="the field that is balanced")
    power: Share = Field(
        1.0, description="'balanced': 1: all values equally often; 0: as they occur; 0.5: square roots"
    )

    @model_validator(mode="after")
    def _check(self) -> SamplerRecipe:
        if (self.kind != "shuffle") != (self.field is not None):
            raise ValueError("a sampler that balances names its field, and 'shuffle' does not")
        if self.kind != "balanced" and self.power != type(self).model_fields["power"].default:
            raise ValueError(f"power is of kind = 'balanced', not of {self.kind!r}; leave it out")
        return self
