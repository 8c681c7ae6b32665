"""`[calibration]`: how sure an answer may be, and from which score on a value is given."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from modiste.training.recipe.part import RecipePart, Share

__all__ = ["CalibrationRecipe"]


class CalibrationRecipe(RecipePart):
    """What is chosen on the validation part when the bundle is made, and stored in it."""

    temperature: bool = Field(True, description="fit a temperature for each field, so that scores are chances")
    thresholds: Literal["per_value", "global"] | Share = Field(
        "per_value",
        description="of multi fields: each value's best F1, one for all (best micro-F1), or a number such as 0.75",
    )
    strangers: float = Field(
        0.03,
        ge=0,
        le=0.5,
        description="share of the validation pictures that may be taken for no fashion product; 0: none ever is",
    )
