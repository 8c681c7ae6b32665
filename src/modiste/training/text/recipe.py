"""A recipe of a text encoder: what is said of products, how it is garbled, and how the network learns it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from modiste.bundle import PieceSpec
from modiste.errors import RecipeError
from modiste.splits import list_recipe_folders
from modiste.training.recipe import list_problems

__all__ = [
    "GarbleRecipe",
    "PartRecipe",
    "TextDataRecipe",
    "TextFitRecipe",
    "TextRecipe",
    "TitleRecipe",
    "TowerRecipe",
    "find_text_recipe",
    "load_text_recipe",
]

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TextDataRecipe(_Part):
    """Which items are learnt from and which choose."""

    split_file: str | None = Field(None, description="split file beside the recipe; without one, the data's own parts")
    validation: Share = Field(0.1, description="share taken from the training part if nothing says which part chooses")


class TitleRecipe(_Part):
    """How titles are read out."""

    share: Share = Field(0.6, description="of the texts that are titles; the others are phrases made of labels")
    dropped: Share = Field(0.15, description="chance that a word is left out")
    shuffled: Share = Field(0.3, description="chance that the words are in any order")


class PartRecipe(_Part):
    """One part of a phrase: what a column of the manifest says of the item."""

    column: str = Field(min_length=1, description="such as 'label.gender' or 'meta.brand'; skipped if it is missing")
    chance: Share = Field(0.5, description="that a phrase says it")
    after: str = Field("", description="a word such as 'for', behind which the part may stand at the end")
    words: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="value -> what people say for it; its own words stay half of the time"
    )


class GarbleRecipe(_Part):
    """How people type."""

    typos: Share = Field(0.1, description="chance that a word of four letters or more has a typo")
    plurals: Share = Field(0.05, description="chance that a word gains or loses a final s")


class TowerRecipe(_Part):
    """The network."""

    width: int = Field(128, ge=8, le=1024, description="of a piece's vector")
    layers: int = Field(1, ge=0, le=12, description="of attention between the words")
    heads: int = Field(4, ge=1, le=64, description="of that attention, and of the pooling; must divide the width")
    hidden: int = Field(512, ge=8, le=4096, description="width of the layer before the last")
    dropout: Share = Field(0.1, description="of words' vectors and of the hidden layer")

    @model_validator(mode="after")
    def _check(self) -> TowerRecipe:
        if self.width % self.heads:
            raise ValueError(f"{self.heads} heads do not divide a width of {self.width}")
        return self


class TextFitRecipe(_Part):
    """How it is learnt."""

    epochs: int = Field(12, ge=1, description="each reads one text of every item")
    batch_size: int = Field(1024, ge=2, le=65_536, description="texts a step; each is told apart from all the others")
    rate: Positive = Field(2e-3, description="highest rate; the pieces' is twice that")
    weight_decay: float = Field(0.05, ge=0, description="of matrices, not of pieces, biases and norms")
    warmup: Share = Field(0.1, description="share of the steps in which the rate rises")
    scale: Positive = Field(14.0, description="what cosines are multiplied with at the start; it is learnt")
    average: float = Field(0.99, ge=0, lt=1, description="decay a step of the averaged weights that are kept; 0: off")


class TextRecipe(_Part):
    """The whole training of a text encoder.

    Example:
        >>> TextRecipe(name="quick", parts=(PartRecipe(column="label.kind"),)).titles.share
        0.6
    """

    name: str = Field(min_length=1, max_length=200, description="of the recipe")
    description: str = Field("", description="one sentence for the card")
    seed: int = Field(1, ge=0, description="of everything random")
    data: TextDataRecipe = TextDataRecipe()
    pieces: PieceSpec = PieceSpec()
    titles: TitleRecipe = TitleRecipe()
    parts: tuple[PartRecipe, ...] = Field((), description="in the order in which people say them")
    garble: GarbleRecipe = GarbleRecipe()
    tower: TowerRecipe = TowerRecipe()
    fit: TextFitRecipe = TextFitRecipe()


def load_text_recipe(path: Path) -> TextRecipe:
    """Read a recipe from a TOML file.

    Raises:
        RecipeError: The file can't be read; an entry is unknown, of the wrong type or out of range.
    """
    try:
        return TextRecipe.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"{path} can't be read as TOML: {error}") from error
    except ValidationError as error:
        raise RecipeError(f"{path} can't be carried out; change these lines:\n{list_problems(error)}") from error


def find_text_recipe(name: str) -> Path:
    """Return the file of a recipe, given as a path or as the name of one that modiste brings.

    Raises:
        RecipeError: There is neither; the text lists the recipes that modiste brings.
    """
    if Path(name).is_file():
        return Path(name)
    known = {path.stem: path for folder in list_recipe_folders() for path in sorted((folder / "text").glob("*.toml"))}
    if name not in known:
        raise RecipeError(
            f"there is no recipe of a text encoder {name!r}: expected a TOML file or one of {', '.join(known) or '-'}"
        )
    return known[name]
