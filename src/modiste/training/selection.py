"""What of a data set a recipe takes part: items with some values, merged values, fewer items to train on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl

from modiste.collect.balancing import cap_classes, down_sample, merge_classes, parse_cap
from modiste.errors import RecipeError, UnknownNameError, UsageError
from modiste.manifest import LABEL, Manifest
from modiste.training.recipe import DataRecipe

__all__ = ["limit_training", "name_strata", "select_items"]


def select_items(manifest: Manifest, recipe: DataRecipe) -> Manifest:
    """Return the items and labels that take part at all, in whichever part they are.

    Args:
        manifest: The data set.
        recipe: ``only`` leaves items out by the values that the data has; then ``merge`` joins values.

    Raises:
        RecipeError: The data lacks such a field or value, or no item is left.
    """
    for field, values in recipe.only.items():
        with _refuse_line(f"data.only.{field}"):
            manifest = _keep_values(manifest, field, values)
    for field, groups in recipe.merge.items():
        with _refuse_line(f"data.merge.{field}"):
            into = {value: target for target, values in groups.items() for value in values}
            manifest = merge_classes(manifest, field, into)
    return manifest


def limit_training(train: Manifest, recipe: DataRecipe, *, seed: int) -> Manifest:
    """Return the training part with no more items than the recipe allows.

    Args:
        train: The training part.
        recipe: ``cap`` limits each value of a field, then ``sample`` all items; of each value its share stays.
        seed: Which items are kept.

    Raises:
        RecipeError: There is no field to go by, or it has several values an item.
    """
    if recipe.cap is None and recipe.sample is None:
        return train
    field = recipe.balance_by or name_strata(train, recipe)
    if field is None:
        raise RecipeError("data.cap and data.sample go by a single field, and none is learnt; write data.balance_by")
    with _refuse_line("data.balance_by"):
        if recipe.cap is not None:
            train = cap_classes(train, field, parse_cap(f"{recipe.cap:g}x-mean", train, field), seed=seed)
        return train if recipe.sample is None else down_sample(train, field, recipe.sample, seed=seed)


def name_strata(manifest: Manifest, recipe: DataRecipe) -> str | None:
    """Return the last single field that is learnt, the most particular one of a hierarchy; None without any."""
    names = recipe.fields or manifest.taxonomy.names
    single = [name for name in names if manifest.taxonomy[name].kind == "single"]
    return single[-1] if single else None


def _keep_values(manifest: Manifest, field: str, values: tuple[str, ...]) -> Manifest:
    known = manifest.taxonomy[field]
    for value in values:
        if value not in known.values:
            raise UnknownNameError(f"value of {field}", value, known.values)
    column = pl.col(LABEL + field)
    if known.kind == "single":
        return manifest.where(column.is_in(values))
    return manifest.where(column.list.eval(pl.element().is_in(values)).list.any())


@contextmanager
def _refuse_line(line: str) -> Iterator[None]:
    """Name the recipe's line in what goes wrong."""
    try:
        yield
    except (UnknownNameError, UsageError) as error:
        raise RecipeError(f"change {line}: {error}") from error
