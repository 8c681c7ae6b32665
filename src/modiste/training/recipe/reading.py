"""From a TOML file to a recipe, with a line for each entry that can't be carried out."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from modiste.errors import RecipeError
from modiste.splits import list_recipe_folders
from modiste.training.recipe.whole import Recipe

__all__ = ["find_recipe", "list_problems", "load_recipe"]

_PLACES = ("*.toml", "smoke/*.toml")


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

    A recipe of seconds on drawn pictures, made to try a larger one out, is named as ``smoke/NAME``.

    Raises:
        RecipeError: There is neither; the text lists the recipes that modiste brings.
    """
    if Path(name).is_file():
        return Path(name)
    known = {
        path.relative_to(folder).with_suffix("").as_posix(): path
        for folder in list_recipe_folders()
        for pattern in _PLACES
        for path in sorted(folder.glob(pattern))
    }
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
