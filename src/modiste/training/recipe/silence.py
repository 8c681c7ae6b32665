"""`[silence]`: fields that a bundle says only where a product has them and where it is sure enough."""

from __future__ import annotations

from pydantic import Field, model_validator

from modiste.training.recipe.part import RecipePart, Share

__all__ = ["SilenceRecipe"]


class SilenceRecipe(RecipePart):
    """Fields that not every product has, such as a neck: where the bundle is to say nothing of them."""

    fields: tuple[str, ...] = Field(
        (), description="fields that the bundle says nothing of where the product has none or it is not sure"
    )
    under: str | None = Field(
        None, description="the single field whose answer tells which of them a product has, such as 'articleType'"
    )
    share: Share = Field(
        0.05, description="a value of `under` has a field if so many of its training items are labelled with it"
    )
    precision: Share = Field(
        0.8, description="share of what is said that is to be right: the least confidence is the lowest that keeps it"
    )

    @model_validator(mode="after")
    def _check(self) -> SilenceRecipe:
        if bool(self.fields) != (self.under is not None):
            raise ValueError(
                "fields and under belong together; write such as fields = ['neck'] and under = 'articleType'"
            )
        if self.under in self.fields:
            raise ValueError(f"under = {self.under!r} is itself among the fields; every product needs an answer there")
        return self
