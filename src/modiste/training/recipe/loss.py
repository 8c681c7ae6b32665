"""`[loss]`: how wrong answers are charged."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from modiste.training.recipe.part import Positive, RecipePart, Share

__all__ = ["LossRecipe"]


class LossRecipe(RecipePart):
    """How wrong answers are charged."""

    field_weights: dict[str, Positive] = Field(default_factory=dict, description="weight of a field's loss; default 1")
    class_weights: Literal["none", "inverse_frequency"] = Field("none", description="weights of the values of a field")
    logit_adjustment: float = Field(0.0, ge=0, le=2, description="tau of logit adjustment (Menon et al. 2021); 0: off")
    label_smoothing: Share = Field(0.0, description="share of probability spread over all values (single fields)")
    embedding_weight: float = Field(0.25, ge=0, description="weight of the loss that trains the embedding")
