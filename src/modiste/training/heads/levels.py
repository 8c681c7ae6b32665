"""The levels of connected heads: which fields stand on which, the most general first."""

from __future__ import annotations

from collections.abc import Sequence

from modiste.errors import RecipeError
from modiste.taxonomy import Taxonomy

__all__ = ["Levels", "check_levels"]

Levels = Sequence[Sequence[str]]


def check_levels(levels: Levels, taxonomy: Taxonomy, *, multi_on_top: bool = True) -> None:
    """Refuse levels that do not name every learnt field once.

    Args:
        levels: The names of the fields of each level.
        taxonomy: The fields that are learnt.
        multi_on_top: Whether a level that another one stands on may hold a field of many values.

    Raises:
        RecipeError: A field is missing or strange, or is of a kind that its level can't be.
    """
    named = [name for level in levels for name in level]
    missing = [name for name in taxonomy.names if name not in named]
    strangers = [name for name in named if name not in taxonomy.names]
    if missing or strangers:
        raise RecipeError(
            f"heads.levels must name each learnt field once; missing: {', '.join(missing) or 'none'}; not learnt: "
            f"{', '.join(strangers) or 'none'}. The fields are {', '.join(taxonomy.names)}; change heads.levels or "
            "data.fields"
        )
    above = [name for level in levels[:-1] for name in level if taxonomy[name].kind == "multi"]
    if above and not multi_on_top:
        raise RecipeError(
            f"heads.levels: {', '.join(above)} has many values, so that nothing can depend on it; name it on the last "
            "level"
        )
