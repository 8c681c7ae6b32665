"""`[[stages]]`: one stretch of a training."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from modiste.imaging import Resample
from modiste.training.conditions import Condition
from modiste.training.cycles import check_cycles
from modiste.training.recipe.part import Positive, RecipePart, Share

__all__ = ["StageRecipe"]

Side = Annotated[int, Field(ge=16, le=1024)]


class StageRecipe(RecipePart):
    """One stretch of a training: a size, a number of epochs, rates, and what is frozen."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,60}$", description="letters, digits, - and _; names files and logs")
    height: Side = Field(80, description="of the pictures, in pixels, 16 to 1024")
    width: Side = Field(60, description="of the pictures, in pixels, 16 to 1024")
    resample: Resample = Field(
        "bicubic",
        description="of the resize; the last stage's is the bundle's: 'bicubic' is sharper, 'bilinear' quicker",
    )
    epochs: int = Field(1, ge=1, description="at most so many; the rates are planned for all of them")
    fraction: float = Field(1.0, gt=0, le=1, description="share of the training part that this stage sees")
    batch_size: int = Field(64, ge=2, le=4096, description="pictures a step")
    optimiser: Literal["adamw", "adam", "rmsprop", "sgd"] = Field(
        "adamw", description="'adamw' keeps weight decay apart from the gradient; the others add it to the gradient"
    )
    momentum: Share | None = Field(
        None, description="of 'sgd' (Nesterov's, default 0.9) and of 'rmsprop' (default 0); the others have their own"
    )
    rate: Positive = Field(1e-3, description="highest rate of the heads")
    trunk_rate: Positive | None = Field(
        None, description="highest rate of the trunk's last block; default: as the heads"
    )
    rate_decay: float = Field(1.0, gt=0, le=1, description="factor on the rate for each block further down")
    weight_decay: float = Field(0.05, ge=0, description="of the weights; biases and norms are never decayed")
    weight_decay_factor: float = Field(
        1.0, gt=0, le=10, description="factor on the weight decay for each block further down"
    )
    schedule: Literal["one_cycle", "cosine", "constant", "restarts", "exponential"] = Field(
        "one_cycle",
        description="of every rate, over the stage: all rise first but 'restarts' and 'exponential', which begin at "
        "the highest; 'constant' does not fall again",
    )
    warmup: Share = Field(
        0.2, description="share of the steps in which the rate rises (not of 'restarts', 'exponential')"
    )
    decay_rate: float | None = Field(
        None, gt=0, le=1, description="'exponential': factor on the rate every decay_steps steps (default 0.9)"
    )
    decay_steps: int | None = Field(None, ge=1, description="'exponential': see decay_rate (default 10,000)")
    cycle_length: int | None = Field(None, ge=1, description="'restarts': epochs of the first cycle (default 1)")
    cycle_mult: int | None = Field(
        None, ge=1, le=10, description="'restarts': a cycle is so many times as long as the one before (default 1)"
    )
    frozen: Literal["none", "trunk"] | Annotated[int, Field(ge=0)] = Field(
        "none", description="'trunk', or the number of lowest blocks of the trunk that keep their weights"
    )
    cache_features: bool = Field(
        True, description="with the whole trunk frozen: compute its features once, of pictures as they are"
    )
    own_answers: Share = Field(
        0.0,
        description="share of each target that the averaged network's own answers, at the size of the stage before, "
        "make up",
    )
    teacher_answers: Share = Field(
        0.0,
        description="share of each target that teachers (--teacher) say of the picture that is shown, as it is changed",
    )
    blend: Share = Field(
        0.0, description="share of training pictures that are blended with another one, and their labels alike (mixup)"
    )
    augment: bool = Field(True, description="change training pictures at random (not where features are cached)")
    clip_gradients: float = Field(0.0, ge=0, description="largest norm of the gradients; 0: no limit")
    advance_when: str | None = Field(None, description="ends the stage early, such as 'val_loss > train_loss'")
    stop_when: str | None = Field(None, description="ends the training, such as 'epochs_without_improvement >= 3'")

    @model_validator(mode="after")
    def _check(self) -> StageRecipe:
        for text in (self.advance_when, self.stop_when):
            if text is not None:
                Condition.parse(text)
        if self.own_answers and self.caches_features:
            raise ValueError("own_answers is learnt from pictures; add cache_features = false, or leave it out")
        if self.caches_features and (self.teacher_answers or self.blend):
            raise ValueError("teacher_answers and blend need pictures; add cache_features = false, or leave them out")
        if self.blend and not self.augment:
            raise ValueError("blend changes pictures; leave out augment = false, or blend")
        fields = type(self).model_fields
        if self.schedule in ("restarts", "exponential") and self.warmup not in (0, fields["warmup"].default):
            raise ValueError(f"warmup does nothing with schedule = {self.schedule!r}; leave it out")
        if self.schedule != "exponential" and (self.decay_rate or self.decay_steps):
            raise ValueError("decay_rate and decay_steps are of schedule = 'exponential'; leave them out, or add it")
        if self.momentum is not None and self.optimiser not in ("sgd", "rmsprop"):
            raise ValueError(f"momentum is of 'sgd' and 'rmsprop', not of {self.optimiser!r}; leave it out")
        check_cycles(self.schedule, self.epochs, self.cycle_length, self.cycle_mult)
        return self

    @property
    def trunk_is_frozen(self) -> bool:
        """Whether the whole trunk keeps its weights."""
        return self.frozen == "trunk"

    @property
    def caches_features(self) -> bool:
        """Whether the trunk's features are computed once, before the first epoch."""
        return self.trunk_is_frozen and self.cache_features

    @property
    def changes_pictures(self) -> bool:
        """Whether training pictures are changed at random; features that were computed once can't be."""
        return self.augment and not self.caches_features
