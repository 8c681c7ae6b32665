"""A whole recipe: its tables, and what they must agree on."""

from __future__ import annotations

from typing import Final

from pydantic import Field, model_validator

from modiste.training.recipe.augmentation import AugmentationRecipe
from modiste.training.recipe.calibration import CalibrationRecipe
from modiste.training.recipe.data import DataRecipe
from modiste.training.recipe.heads import HeadRecipe
from modiste.training.recipe.loss import LossRecipe
from modiste.training.recipe.neighbours import NeighbourRecipe
from modiste.training.recipe.part import RecipePart
from modiste.training.recipe.sampler import SamplerRecipe
from modiste.training.recipe.search import SearchRecipe
from modiste.training.recipe.silence import SilenceRecipe
from modiste.training.recipe.stage import StageRecipe
from modiste.training.recipe.trunk import TrunkRecipe

__all__ = ["Recipe"]

_MOST_MINED: Final = 512  # items a batch, of which there can be 30 million triplets


class Recipe(RecipePart):
    """A whole training.

    Example:
        >>> Recipe(name="quick", stages=(StageRecipe(name="only", epochs=2),)).stages[0].epochs
        2
    """

    name: str = Field(min_length=1, max_length=200, description="of the run and, by default, of its bundle")
    description: str = Field("", description="one sentence for the bundle's card")
    seed: int = Field(1, ge=0, description="of everything random; the same seed gives the same network on one machine")
    ema: float = Field(
        0.998, ge=0, lt=1, description="decay a step of the averaged weights that are judged and shipped; 0: off"
    )
    data: DataRecipe = DataRecipe()
    trunk: TrunkRecipe = TrunkRecipe()
    heads: HeadRecipe = HeadRecipe()
    loss: LossRecipe = LossRecipe()
    sampler: SamplerRecipe = SamplerRecipe()
    augmentation: AugmentationRecipe = AugmentationRecipe()
    neighbours: NeighbourRecipe = NeighbourRecipe()
    calibration: CalibrationRecipe = CalibrationRecipe()
    silence: SilenceRecipe = SilenceRecipe()
    search: SearchRecipe = SearchRecipe()
    stages: tuple[StageRecipe, ...] = Field(min_length=1, description="carried out one after the other")

    @model_validator(mode="after")
    def _check(self) -> Recipe:
        names = [stage.name for stage in self.stages]
        if len(set(names)) < len(names):
            raise ValueError(f"every stage needs a name of its own; given: {', '.join(names)}")
        if self.stages[0].own_answers:
            raise ValueError("own_answers in the first stage: there is nothing learnt to answer with; leave it out")
        if self.data.training_only and self.heads.levels:
            raise ValueError(
                f"data.training_only: heads of kind {self.heads.kind!r} connect the fields, so that none can be left "
                "out of the bundle; choose heads.kind = 'linear' or 'embedding'"
            )
        self._check_triplets()
        return self

    def _check_triplets(self) -> None:
        if not self.loss.triplet_weight or self.loss.miner != "semi_hard":
            return
        for stage in self.stages:
            if stage.batch_size > _MOST_MINED:
                raise ValueError(
                    f"batch_size = {stage.batch_size} in stage {stage.name!r}: miner = 'semi_hard' looks at "
                    f"every triplet of a batch; write at most {_MOST_MINED}, or miner = 'hard'"
                )
