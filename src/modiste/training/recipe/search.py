"""`[search]`: the vectors for search."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from modiste.training.recipe.part import Positive, RecipePart

__all__ = ["SearchRecipe"]


class SearchRecipe(RecipePart):
    """The vectors for search: a linear layer fitted to the finished network's features by a metric loss."""

    alike: tuple[tuple[str, ...], ...] = Field(
        (), description="sets of fields; items that share the labels of a set are alike. None: no layer of its own"
    )
    weights: tuple[float, ...] = Field((), description="of the sets' losses, one each; none named: 1 each")
    temperature: Positive = Field(0.1, description="of the supervised contrastive loss")
    noise: float = Field(0.25, ge=0, le=10, description="on the features, in units of their standard deviation")
    epochs: int = Field(6, ge=1, description="over the features of the training pictures, computed once")
    batch_size: int = Field(1024, ge=16, le=16_384, description="items a step; each is compared with all others")
    rate: Positive = Field(1e-3, description="highest rate; it falls to 0 in a straight line")
    weight_decay: float = Field(0.01, ge=0, description="of the layer")
    seed: int = Field(1, ge=0, description="of the layer, the order and the noise")

    @model_validator(mode="before")
    @classmethod
    def _fill_weights(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data.get("weights"):
            return {**data, "weights": [1.0] * len(data.get("alike") or ())}
        return data

    @model_validator(mode="after")
    def _check(self) -> SearchRecipe:
        if len(self.weights) != len(self.alike) or not all(weight > 0 for weight in self.weights):
            raise ValueError(f"{len(self.alike)} sets of fields need as many weights above 0; given {self.weights}")
        if not all(self.alike):
            raise ValueError("an empty set makes everything alike; name at least one field in each set of 'alike'")
        return self
