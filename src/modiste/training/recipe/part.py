"""What every table of a recipe is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Positive", "RecipePart", "Share"]

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]


class RecipePart(BaseModel):
    """A table of a recipe: what it does not know is refused, and nothing in it changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
