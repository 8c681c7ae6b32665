"""`[data]`: what is trained on."""

from __future__ import annotations

from pydantic import Field

from modiste.training.recipe.part import RecipePart, Share

__all__ = ["DataRecipe"]


class DataRecipe(RecipePart):
    """What is trained on: which fields, and which items train, choose and judge."""

    fields: tuple[str, ...] = Field((), description="fields to learn; none named: every field of the data")
    split_file: str | None = Field(None, description="split file beside the recipe; without one, the data's own parts")
    validation: Share = Field(0.1, description="share taken from the training part if nothing says which part chooses")
    min_count: int = Field(
        1, ge=1, description="a value with fewer training items is not learnt (its labels are masked)"
    )
