"""From a TOML file to the recipes of a sweep; what does not fit is refused before anything starts."""

from __future__ import annotations

import hashlib
import itertools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from modiste.errors import RecipeError
from modiste.training.recipe import Recipe, find_recipe, list_problems, load_recipe
from modiste.training.sweeping.keys import replace_entry

__all__ = ["Sweep", "Variant", "load_sweep"]

_MOST: Final = 500
_LONGEST: Final = 80


class _Plan(BaseModel):
    """The file as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipe: str = Field(min_length=1)
    choose_by: Literal["val_accuracy", "val_loss"] = "val_accuracy"
    axes: dict[str, list[Any]] = {}
    variants: list[dict[str, Any]] = []

    @model_validator(mode="after")
    def _check(self) -> _Plan:
        if not self.axes and not self.variants:
            raise ValueError("nothing is varied; write a table [axes], such as \"trunk.name\" = ['a', 'b']")
        empty = [key for key, values in self.axes.items() if not values]
        if empty:
            raise ValueError(f"no value is listed for {', '.join(empty)}")
        return self


@dataclass(frozen=True)
class Variant:
    """One training of a sweep: what it changes in the base recipe, and the recipe that this gives."""

    changes: Mapping[str, Any]
    recipe: Recipe

    @property
    def folder(self) -> str:
        """The name of its run's folder: what it changes, so that it stays the same when the sweep is extended."""
        text = ",".join(f"{key}={value}" for key, value in self.changes.items()) or "as-it-is"
        name = re.sub(r"[^A-Za-z0-9.,=_+-]+", "-", text).lstrip(".-")
        if name == text and len(name) <= _LONGEST:
            return name
        return f"{name[: _LONGEST - 9]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Sweep:
    """The trainings of a sweep.

    Args:
        base: The name of the base recipe.
        recipe_folder: Where the recipes' split file is looked up.
        choose_by: The figure on the validation part that the winner is chosen by.
        variants: The trainings, no two alike.
    """

    base: str
    recipe_folder: Path
    choose_by: Literal["val_accuracy", "val_loss"]
    variants: tuple[Variant, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """What is varied, in the order of the file."""
        return tuple(dict.fromkeys(key for variant in self.variants for key in variant.changes))


def load_sweep(path: Path) -> Sweep:
    """Read a sweep from a TOML file.

    Its key ``recipe`` names the base, a recipe of modiste's or a file beside this one. The table ``[axes]`` lists
    values of dotted keys, such as ``"stages.all.rate" = [1e-3, 3e-3]``, of which every combination is trained; each
    table ``[[variants]]`` is one set of changes. With both, every variant is trained at every combination.

    Args:
        path: The file.

    Raises:
        RecipeError: The file can't be read; a key is unknown (the text offers near ones), or a value does not fit.
    """
    plan = _read_plan(path)
    base = path.parent / plan.recipe if (path.parent / plan.recipe).is_file() else find_recipe(plan.recipe)
    recipe = load_recipe(base)
    sets = _combine(plan)
    if len(sets) > _MOST:
        raise RecipeError(
            f"{path} asks for {len(sets):,} trainings; at most {_MOST} are carried out. List fewer values"
        )
    variants = tuple(_build(path, recipe, changes) for changes in sets)
    twice = [name for name, count in _count([variant.folder for variant in variants]).items() if count > 1]
    if twice:
        raise RecipeError(f"{path} asks twice for {', '.join(twice)}; list each value once")
    return Sweep(recipe.name, base.parent, plan.choose_by, variants)


def _read_plan(path: Path) -> _Plan:
    try:
        return _Plan.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"{path} can't be read as TOML: {error}") from error
    except ValidationError as error:
        raise RecipeError(
            f"{path} is no sweep; it holds recipe, choose_by, [axes] and [[variants]]. Change these lines:\n"
            f"{list_problems(error)}"
        ) from error


def _combine(plan: _Plan) -> list[dict[str, Any]]:
    points = [dict(zip(plan.axes, values, strict=True)) for values in itertools.product(*plan.axes.values())]
    return [{**variant, **point} for variant in plan.variants or [{}] for point in points]


def _build(path: Path, recipe: Recipe, changes: Mapping[str, Any]) -> Variant:
    told = ", ".join(f"{key} = {value!r}" for key, value in changes.items())
    data = recipe.model_dump(mode="json")
    for key, value in changes.items():
        replace_entry(data, recipe, key, value)
    if "name" not in changes:
        data["name"] = f"{recipe.name}: {told}"[:200]
    try:
        return Variant(changes, Recipe.model_validate(data))
    except ValidationError as error:
        raise RecipeError(f"{path}: with {told} the recipe can't be carried out:\n{list_problems(error)}") from error


def _count(names: list[str]) -> dict[str, int]:
    return {name: names.count(name) for name in names}
