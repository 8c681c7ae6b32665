"""Dotted keys into a recipe, such as ``stages.all.rate``: found, or refused with the near ones."""

from __future__ import annotations

from typing import Any

from modiste.errors import RecipeError, UnknownNameError
from modiste.training.recipe import Recipe
from modiste.training.recipe.part import RecipePart

__all__ = ["list_keys", "replace_entry"]


def replace_entry(data: dict[str, Any], recipe: Recipe, key: str, value: Any) -> None:
    """Replace an entry of a recipe as plain data; whether the value fits is checked when the recipe is built again.

    Args:
        data: ``recipe.model_dump(mode="json")``, which is changed.
        recipe: The recipe, which knows what its entries are called.
        key: The entry: tables and options joined by dots; a stage by its name or its number from 0.
        value: What it becomes.

    Raises:
        RecipeError: There is no such entry; the text offers near ones.

    Example:
        >>> from modiste.training.recipe import StageRecipe
        >>> recipe = Recipe(name="quick", stages=(StageRecipe(name="only"),))
        >>> data = recipe.model_dump(mode="json")
        >>> replace_entry(data, recipe, "stages.only.rate", 0.1)
        >>> data["stages"][0]["rate"]
        0.1
    """
    *above, last = key.split(".")
    place: Any = data
    part: Any = recipe
    for word in above:
        step = _find(recipe, key, part, word)
        part = part[step] if isinstance(step, int) or isinstance(part, dict) else getattr(part, step)
        place = place[step]
    if not isinstance(part, (RecipePart, dict)):
        raise _refuse(recipe, key)
    place[_find(recipe, key, part, last)] = value


def list_keys(recipe: Recipe) -> list[str]:
    """Return every dotted key of a recipe's options, its stages by their names."""
    keys = []
    for name in type(recipe).model_fields:
        part = getattr(recipe, name)
        if isinstance(part, RecipePart):
            keys += [f"{name}.{option}" for option in type(part).model_fields]
        elif name == "stages":
            keys += [f"stages.{stage.name}.{option}" for stage in part for option in type(stage).model_fields]
        else:
            keys.append(name)
    return keys


def _find(recipe: Recipe, key: str, part: Any, word: str) -> str | int:
    """Return how the entry of this word is reached: an option's name, a key of a dictionary, or a stage's number."""
    if isinstance(part, RecipePart) and word in type(part).model_fields:
        return word
    if isinstance(part, dict):
        return word
    if isinstance(part, tuple) and part is recipe.stages:
        names = [stage.name for stage in part]
        if word in names:
            return names.index(word)
        if word.isdecimal() and int(word) < len(part):
            return int(word)
    raise _refuse(recipe, key)


def _refuse(recipe: Recipe, key: str) -> RecipeError:
    """Build the error of a key that does not exist; the nearest keys stand first, not all of them."""
    known = list_keys(recipe)
    near = str(UnknownNameError("entry of a recipe", key, known)).partition(" Known: ")[0]
    tables = sorted({name.partition(".")[0] for name in known})
    return RecipeError(f"{near} A key begins with one of {', '.join(tables)}; docs/training.md lists them all")
