"""`[augmentation]`: random changes to training pictures."""

from __future__ import annotations

from pydantic import Field

from modiste.training.recipe.part import RecipePart, Share

__all__ = ["AugmentationRecipe"]


class AugmentationRecipe(RecipePart):
    """Random changes to training pictures; never used outside training."""

    flip: Share = Field(0.5, description="chance of a mirror image")
    shift: Share = Field(0.08, description="largest shift, as a share of the side")
    zoom: Share = Field(0.15, description="largest relative change of size")
    stretch: Share = Field(0.1, description="largest relative change of the proportions")
    rotate: float = Field(5.0, ge=0, le=180, description="largest rotation, in degrees")
    brightness: Share = Field(0.08, description="largest relative change of brightness")
    contrast: Share = Field(0.08, description="largest relative change of contrast")
    erase: Share = Field(0.1, description="chance that a rectangle is painted in the picture's mean colour")
