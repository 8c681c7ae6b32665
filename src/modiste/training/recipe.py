"""A recipe: a training as data. Read from TOML, checked before anything starts."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from modiste.errors import RecipeError
from modiste.imaging import Resample
from modiste.splits import list_recipe_folders
from modiste.training.conditions import Condition

__all__ = [
    "AugmentationRecipe",
    "DataRecipe",
    "HeadRecipe",
    "LossRecipe",
    "NeighbourRecipe",
    "Recipe",
    "SamplerRecipe",
    "SearchRecipe",
    "StageRecipe",
    "TrunkRecipe",
    "find_recipe",
    "list_problems",
    "load_recipe",
]

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Side = Annotated[int, Field(ge=16, le=1024)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataRecipe(_Part):
    """What is trained on: which fields, and which items train, choose and judge."""

    fields: tuple[str, ...] = Field((), description="fields to learn; none named: every field of the data")
    split_file: str | None = Field(None, description="split file beside the recipe; without one, the data's own parts")
    validation: Share = Field(0.1, description="share taken from the training part if nothing says which part chooses")
    min_count: int = Field(
        1, ge=1, description="a value with fewer training items is not learnt (its labels are masked)"
    )


class TrunkRecipe(_Part):
    """The network that turns a picture into features."""

    name: str = Field("tf_efficientnet_lite0", description="any timm model")
    weights: Literal["package", "hub", "none"] = Field(
        "package", description="'package': ImageNet weights from an installed package, offline; 'hub': timm's; 'none'"
    )
    drop_path: Share = Field(0.0, description="stochastic depth: share of residual branches dropped in the last block")
    compile: bool = Field(False, description="compile the training step with torch.compile (needs a C++ compiler)")


class HeadRecipe(_Part):
    """What stands on the trunk: one linear head a field, and an embedding for search."""

    dropout: Share = Field(0.2, description="dropout before the heads")
    embedding: int = Field(256, ge=8, le=4096, description="width of the embedding, unit length")
    embedding_scale: Positive = Field(16.0, description="factor on the cosines that train the embedding")


class LossRecipe(_Part):
    """How wrong answers are charged."""

    field_weights: dict[str, Positive] = Field(default_factory=dict, description="weight of a field's loss; default 1")
    class_weights: Literal["none", "inverse_frequency"] = Field("none", description="weights of the values of a field")
    logit_adjustment: float = Field(0.0, ge=0, le=2, description="tau of logit adjustment (Menon et al. 2021); 0: off")
    label_smoothing: Share = Field(0.0, description="share of probability spread over all values (single fields)")
    embedding_weight: float = Field(0.25, ge=0, description="weight of the loss that trains the embedding")


class SamplerRecipe(_Part):
    """In which proportions items are drawn."""

    kind: Literal["shuffle", "balanced"] = Field("shuffle", description="'balanced': every value of a field as often")
    field: str | None = Field(None, description="the field that is balanced")
    power: Share = Field(1.0, description="1: all values equally often; 0: as they occur; 0.5: square roots")

    @model_validator(mode="after")
    def _check(self) -> SamplerRecipe:
        if (self.kind == "balanced") != (self.field is not None):
            raise ValueError("a balanced sampler names its field, and no other sampler does")
        return self


class AugmentationRecipe(_Part):
    """Random changes to training pictures; never used outside training."""

    flip: Share = Field(0.5, description="chance of a mirror image")
    shift: Share = Field(0.08, description="largest shift, as a share of the side")
    zoom: Share = Field(0.15, description="largest relative change of size")
    stretch: Share = Field(0.1, description="largest relative change of the proportions")
    rotate: float = Field(5.0, ge=0, le=180, description="largest rotation, in degrees")
    brightness: Share = Field(0.08, description="largest relative change of brightness")
    contrast: Share = Field(0.08, description="largest relative change of contrast")
    erase: Share = Field(0.1, description="chance that a rectangle is painted in the picture's mean colour")


class NeighbourRecipe(_Part):
    """What the labels of the nearest training items add to the exported network's answers (single fields)."""

    share: Share = Field(0.0, description="of an answer that the neighbours' labels make up; 0: no neighbours")
    count: int = Field(10, ge=1, le=1000, description="how many neighbours vote")
    temperature: Positive = Field(0.02, description="of the votes' weights; the smaller, the more the nearest counts")
    dimensions: int = Field(48, ge=1, le=4096, description="principal directions of the embedding that are compared")


class SearchRecipe(_Part):
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


class StageRecipe(_Part):
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
    optimiser: Literal["adamw", "sgd"] = Field("adamw", description="'sgd' has a Nesterov momentum of 0.9")
    rate: Positive = Field(1e-3, description="highest rate of the heads")
    trunk_rate: Positive | None = Field(
        None, description="highest rate of the trunk's last block; default: as the heads"
    )
    rate_decay: float = Field(1.0, gt=0, le=1, description="factor on the rate for each block further down")
    weight_decay: float = Field(0.05, ge=0, description="of the weights; biases and norms are never decayed")
    weight_decay_factor: float = Field(
        1.0, gt=0, le=10, description="factor on the weight decay for each block further down"
    )
    schedule: Literal["one_cycle", "cosine", "constant"] = Field(
        "one_cycle", description="of every rate, over the stage: all rise first; 'constant' does not fall again"
    )
    warmup: Share = Field(0.2, description="share of the steps in which the rate rises")
    frozen: Literal["none", "trunk"] | Annotated[int, Field(ge=0)] = Field(
        "none", description="'trunk', or the number of lowest blocks of the trunk that keep their weights"
    )
    cache_features: bool = Field(
        True, description="with the whole trunk frozen: compute its features once, of pictures as they are"
    )
    own_answers: Share = Field(
        0.0,
        description="share of each target that the averaged network's own answers, as the stage begins, make up",
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


class Recipe(_Part):
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
    search: SearchRecipe = SearchRecipe()
    stages: tuple[StageRecipe, ...] = Field(min_length=1, description="carried out one after the other")

    @model_validator(mode="after")
    def _check(self) -> Recipe:
        names = [stage.name for stage in self.stages]
        if len(set(names)) < len(names):
            raise ValueError(f"every stage needs a name of its own; given: {', '.join(names)}")
        if self.stages[0].own_answers:
            raise ValueError("own_answers in the first stage: there is nothing learnt to answer with; leave it out")
        return self


def load_recipe(path: Path) -> Recipe:
    """Read a recipe from a TOML file.

    Raises:
        RecipeError: The file can't be read; an entry is unknown, of the wrong type or out of range. The text names
            each entry with what was given.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return Recipe.model_validate(data)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"{path} can't be read as TOML: {error}") from error
    except ValidationError as error:
        raise RecipeError(f"{path} can't be carried out; change these lines:\n{list_problems(error)}") from error


def find_recipe(name: str) -> Path:
    """Return the file of a recipe, given as a path or as the name of one that modiste brings.

    Raises:
        RecipeError: There is neither; the text lists the recipes that modiste brings.
    """
    if Path(name).is_file():
        return Path(name)
    known = {path.stem: path for folder in list_recipe_folders() for path in sorted(folder.glob("*.toml"))}
    if name not in known:
        raise RecipeError(f"there is no recipe {name!r}: expected a TOML file or one of {', '.join(known) or 'none'}")
    return known[name]


def list_problems(error: ValidationError) -> str:
    """Return a line for each entry of a recipe that can't be carried out, with what was given."""
    lines = []
    for problem in error.errors():
        where = ".".join(str(part) for part in problem["loc"]) or "recipe"
        given = "" if isinstance(problem["input"], dict) else f" (given: {problem['input']!r})"
        lines.append(f"  {where}: {problem['msg']}{given}")
    return "\n".join(lines)
