"""`[loss]`: how wrong answers are charged."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field, model_validator

from modiste.training.recipe.part import Positive, RecipePart, Share

__all__ = ["LossRecipe"]

# Options that mean nothing without another one, and what they are then told to be.
_OF_MULTI: Final = {"gamma": ("focal", "asymmetric"), "gamma_negative": ("asymmetric",), "clip": ("asymmetric",)}
_OF_TRIPLETS: Final = ("triplet_field", "triplet_margin", "miner")
_OF_CROSS_ENTROPY: Final = ("logit_adjustment", "label_smoothing")


class LossRecipe(RecipePart):
    """How wrong answers are charged."""

    field_weights: dict[str, Positive] = Field(default_factory=dict, description="weight of a field's loss; default 1")
    class_weights: Literal["none", "inverse_frequency"] = Field("none", description="weights of the values of a field")
    logit_adjustment: float = Field(0.0, ge=0, le=2, description="tau of logit adjustment (Menon et al. 2021); 0: off")
    label_smoothing: Share = Field(0.0, description="share of probability spread over all values (single fields)")
    cross_entropy_weight: float = Field(1.0, ge=0, description="weight of the loss of the heads' answers; 0: off")
    multi: Literal["bce", "focal", "asymmetric"] = Field(
        "bce", description="loss of multi fields; 'focal' (Lin et al. 2017) and 'asymmetric' (Ridnik et al. 2021)"
    )
    gamma: float | None = Field(
        None, ge=0, le=10, description="focusing of 'focal' (default 2), and of the true values in 'asymmetric' (0)"
    )
    gamma_negative: float | None = Field(
        None, ge=0, le=10, description="focusing of the values that are not true, in 'asymmetric' (default 4)"
    )
    clip: float | None = Field(
        None, ge=0, lt=1, description="'asymmetric': what is not true and less likely than this is free (default 0.05)"
    )
    embedding_weight: float = Field(0.25, ge=0, description="weight of the classifiers that train the embedding")
    triplet_weight: float = Field(0.0, ge=0, description="weight of the triplet loss on the embedding; 0: off")
    triplet_field: str | None = Field(None, description="the single field whose values are to lie together")
    triplet_margin: float = Field(
        0.2, gt=0, le=2, description="by which the distance to another value exceeds that to the same; in [0, 2]"
    )
    miner: Literal["random", "semi_hard", "hard"] = Field(
        "semi_hard",
        description="triplets of a batch: one an item at random, all with a negative within the margin, or the hardest",
    )

    @model_validator(mode="after")
    def _check(self) -> LossRecipe:
        for name, kinds in _OF_MULTI.items():
            if getattr(self, name) is not None and self.multi not in kinds:
                raise ValueError(f"{name} is of multi = {' or '.join(map(repr, kinds))}; leave it out or change multi")
        if self.triplet_weight and self.triplet_field is None:
            raise ValueError("triplet_weight needs a field: add such as triplet_field = 'articleType'")
        if not self.triplet_weight:
            self._refuse_idle(_OF_TRIPLETS, "without triplet_weight; add such as triplet_weight = 1.0, or leave it out")
        if not self.cross_entropy_weight:
            self._refuse_idle(_OF_CROSS_ENTROPY, "with cross_entropy_weight = 0; leave it out")
        if not (self.cross_entropy_weight or self.triplet_weight or self.embedding_weight):
            raise ValueError("nothing is learnt: give cross_entropy_weight, triplet_weight or embedding_weight above 0")
        return self

    def _refuse_idle(self, names: tuple[str, ...], why: str) -> None:
        fields = type(self).model_fields
        idle = [name for name in names if getattr(self, name) != fields[name].default]
        if idle:
            raise ValueError(f"{idle[0]} does nothing {why}")

    def find_focus(self) -> tuple[float, float, float]:
        """Return the focusing of the true values, of the others, and the clip; all 0 is binary cross-entropy.

        Example:
            >>> LossRecipe(multi="asymmetric").find_focus(), LossRecipe(multi="focal").find_focus()
            ((0.0, 4.0, 0.05), (2.0, 2.0, 0.0))
        """
        if self.multi == "bce":
            return 0.0, 0.0, 0.0
        if self.multi == "focal":
            gamma = _choose(self.gamma, 2.0)
            return gamma, gamma, 0.0
        return _choose(self.gamma, 0.0), _choose(self.gamma_negative, 4.0), _choose(self.clip, 0.05)


def _choose(given: Any, default: float) -> float:
    return default if given is None else float(given)
