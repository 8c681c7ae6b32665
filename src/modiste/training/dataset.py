"""From a manifest to arrays: targets, masks, and which pictures show which item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from modiste.errors import RecipeError, UnknownNameError, UsageError
from modiste.imaging import find_pictures
from modiste.manifest import LABEL, Manifest, build_taxonomy
from modiste.readers.attribute_fields import AttributeFields, add_attribute_fields
from modiste.splits import apply_split_file, find_sources, make_stratified_parts
from modiste.taxonomy import Field, Taxonomy
from modiste.training.combining import combine_fields
from modiste.training.heads import check_levels
from modiste.training.pictures import PictureRequest
from modiste.training.recipe import DataRecipe, Recipe
from modiste.training.selection import limit_training, name_strata, select_items

__all__ = [
    "LabelledItems",
    "check_names",
    "choose_parts",
    "count_values",
    "drop_unreadable",
    "find_more_pictures",
    "learn_taxonomy",
    "read_items",
]


@dataclass(frozen=True)
class LabelledItems:
    """The items of one part, as arrays.

    ``targets`` uint8 [n, values of all fields], ``known`` bool [n, fields], ``requests`` the pictures, and ``owner``
    int64 [pictures]: the item that a picture shows, -1 where it can't be read. The first n pictures are the items'
    own, in their order.
    """

    item_ids: tuple[str, ...]
    targets: NDArray[np.uint8]
    known: NDArray[np.bool_]
    requests: tuple[PictureRequest, ...]
    owner: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.item_ids)


def choose_parts(
    manifest: Manifest, recipe: DataRecipe, recipe_folder: Path, *, seed: int
) -> tuple[Manifest, Manifest]:
    """Return the training part and the validation part that a recipe asks for.

    The split file decides if the recipe names one, else the manifest's own ``split`` column, else every item is
    training. If no item is left for validation, the recipe's share is taken from the training part by the values
    of its last field. Items of any other part, such as the test part, are left out of both. Copies (column
    ``meta.copy_of``) train where their source does, and never validate. Fields are made of attributes first, then
    combined; then ``only`` and ``merge`` act on all parts, and ``cap`` and ``sample`` on the training part alone.

    Raises:
        RecipeError: There is nothing to train on, fields can't be made or combined, or the data lacks what the recipe
            selects or balances by.
    """
    manifest = combine_fields(_add_attributes(manifest, recipe, recipe_folder), recipe.combine)
    if recipe.split_file is not None:
        manifest = apply_split_file(manifest, recipe_folder / recipe.split_file)
    split = manifest.items["split"].fill_null("train")
    manifest = select_items(Manifest(manifest.taxonomy, manifest.items.with_columns(split.alias("split"))), recipe)
    train, validation = manifest.of_split("train"), manifest.of_split("validation").without_copies()
    if len(train) and not len(validation):
        train, validation = _hold_out(train, recipe, seed)
    if not len(train) or not len(validation):
        raise RecipeError(
            f"{len(train)} items to train on and {len(validation)} to choose by; expected some of both. "
            f"The data's parts are {split.unique().sort().to_list()}; check data.split_file and data.validation"
        )
    return limit_training(train, recipe, seed=seed), validation


def _add_attributes(manifest: Manifest, recipe: DataRecipe, recipe_folder: Path) -> Manifest:
    if recipe.attributes is None:
        return manifest
    try:
        return add_attribute_fields(manifest, AttributeFields.read(recipe_folder / recipe.attributes))
    except UsageError as error:
        raise RecipeError(f"change data.attributes: {error}") from error


def _hold_out(train: Manifest, recipe: DataRecipe, seed: int) -> tuple[Manifest, Manifest]:
    if not recipe.validation:
        raise RecipeError("data.validation = 0 and the data names no validation part; write such as validation = 0.1")
    field, originals = name_strata(train, recipe), train.without_copies()
    strata = [None] * len(originals) if field is None else originals.labels(field).to_list()
    ids = originals.items["item_id"].to_list()
    parts = make_stratified_parts(ids, strata, {"validation": recipe.validation}, seed=seed)
    held_out = {item for item, part in zip(ids, parts, strict=True) if part == "validation"}
    chosen = pl.Series("chosen", [source in held_out for source in find_sources(train)], dtype=pl.Boolean)
    return train.where(~pl.lit(chosen)), train.where(pl.lit(chosen)).without_copies()


def learn_taxonomy(train: Manifest, recipe: DataRecipe) -> Taxonomy:
    """Return the fields to learn, with the values that the training part alone holds often enough."""
    names = recipe.fields or train.taxonomy.names
    parents = {field.name: field.parent for field in train.taxonomy if field.parent in names and field.name in names}
    table = train.items.select(
        _drop_rare(train, train.taxonomy[name], recipe.min_counts.get(name, recipe.min_count)) for name in names
    )
    learnt = build_taxonomy(table, {child: parent for child, parent in parents.items() if parent is not None})
    empty = [field.name for field in learnt if len(field) < (2 if field.kind == "single" else 1)]
    if empty:
        raise RecipeError(f"nothing to learn in data.fields {', '.join(empty)}: fewer than two values; leave them out")
    return learnt


def _drop_rare(train: Manifest, field: Field, min_count: int) -> pl.Expr:
    column = pl.col(LABEL + field.name)
    if min_count <= 1:
        return column
    labels = train.labels(field.name)
    flat = labels.explode(empty_as_null=True) if field.kind == "multi" else labels
    counts = flat.drop_nulls().value_counts()
    kept = counts.filter(pl.col("count") >= min_count)[:, 0].implode()
    if field.kind == "multi":
        return column.list.eval(pl.element().filter(pl.element().is_in(kept)))
    return pl.when(column.is_in(kept)).then(column).alias(LABEL + field.name)


def check_names(recipe: Recipe, taxonomy: Taxonomy) -> None:
    """Refuse a recipe that speaks of fields that are not learnt.

    Raises:
        RecipeError: A weight, the triplets or the sampler name such a field, or one of many values where one is needed;
            a loss of multi fields is chosen, and there is none; the heads' levels do not name every field once; no
            field would be left to ship; or the bundle is to be silent of fields that it does not have.
    """
    try:
        for name in recipe.loss.field_weights:
            _ = taxonomy[name]
        balanced = None if recipe.sampler.field is None else taxonomy[recipe.sampler.field]
        together = None if recipe.loss.triplet_field is None else taxonomy[recipe.loss.triplet_field]
    except UnknownNameError as error:
        raise RecipeError(f"change loss.field_weights, loss.triplet_field or sampler.field: {error}") from error
    _check_data_names(recipe.data, taxonomy)
    _check_silence(recipe, taxonomy)
    if balanced is not None and balanced.kind != "single":
        raise RecipeError(f"sampler.field = {balanced.name!r}: a field of many values can't be balanced; name another")
    if together is not None and together.kind != "single":
        raise RecipeError(f"loss.triplet_field = {together.name!r}: its items have many values; name a single field")
    if recipe.loss.multi != "bce" and all(field.kind == "single" for field in taxonomy):
        raise RecipeError(
            f"loss.multi = {recipe.loss.multi!r} is for fields of many values, and there is none; leave it out, "
            "or name one in data.fields"
        )
    if recipe.heads.levels:
        check_levels(recipe.heads.levels, taxonomy, multi_on_top=recipe.heads.kind != "conditional")


def _check_data_names(recipe: DataRecipe, taxonomy: Taxonomy) -> None:
    try:
        for name in (*recipe.training_only, *recipe.min_counts):
            _ = taxonomy[name]
    except UnknownNameError as error:
        raise RecipeError(f"change data.training_only or data.min_counts: {error}") from error
    if set(taxonomy.names) <= set(recipe.training_only):
        raise RecipeError("data.training_only names every field that is learnt, so that the bundle would say nothing")


def _check_silence(recipe: Recipe, taxonomy: Taxonomy) -> None:
    silence, behind = recipe.silence, recipe.data.training_only
    if silence.under is None:
        return
    try:
        fields = [taxonomy[name] for name in (silence.under, *silence.fields)]
    except UnknownNameError as error:
        raise RecipeError(f"change silence.under or silence.fields: {error}") from error
    if fields[0].kind != "single" or silence.under in behind:
        raise RecipeError(f"silence.under = {silence.under!r}: expected a single field that the bundle says")
    hidden = [name for name in silence.fields if name in behind]
    if hidden:
        raise RecipeError(
            f"silence.fields names {', '.join(hidden)}, which data.training_only leaves out of the bundle"
        )


def read_items(
    manifest: Manifest, taxonomy: Taxonomy, more: Mapping[str, Sequence[str]] | None = None
) -> LabelledItems:
    """Turn a part of a data set into arrays.

    Args:
        manifest: The part.
        taxonomy: The fields and values to learn; a label that it lacks counts as not known.
        more: Item id -> references of further pictures of the same product.
    """
    items = manifest.items
    ids = tuple(items["item_id"])
    requests = [
        PictureRequest(image, None if box is None else (box[0], box[1], box[2], box[3]))
        for image, box in items.select("image", "box").iter_rows()
    ]
    owner = list(range(len(ids)))
    for position, item in enumerate(ids):
        further = (more or {}).get(item, ())
        requests.extend(PictureRequest(reference) for reference in further)
        owner.extend([position] * len(further))
    columns = [_encode(manifest.labels(field.name), field) for field in taxonomy]
    targets = np.concatenate([target for target, _ in columns], axis=1)
    known = np.stack([mask for _, mask in columns], axis=1)
    return LabelledItems(ids, targets, known, tuple(requests), np.asarray(owner, dtype=np.int64))


def _encode(labels: pl.Series, field: Field) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    position = {value: index for index, value in enumerate(field.values)}
    target = np.zeros((len(labels), len(field)), dtype=np.uint8)
    known = np.zeros(len(labels), dtype=np.bool_)
    for row, label in enumerate(labels.to_list()):
        if label is None:
            continue
        values = [label] if field.kind == "single" else label
        indices = [position[value] for value in values if value in position]
        target[row, indices] = 1
        known[row] = bool(indices) or field.kind == "multi"
    return target, known


def find_more_pictures(sources: Sequence[Path], item_ids: Sequence[str]) -> dict[str, list[str]]:
    """Match further pictures to items by file name: ``images/1163.jpg`` shows item ``1163``.

    Returns:
        Item id -> references, only for ids that are asked for, so that no picture of another part is ever read.
    """
    wanted = set(item_ids)
    found: dict[str, list[str]] = {}
    for source in sources:
        for reference in find_pictures(source):
            stem = Path(reference.rpartition("::")[2]).stem
            if stem in wanted:
                found.setdefault(stem, []).append(reference)
    return found


def count_values(items: LabelledItems, taxonomy: Taxonomy) -> dict[str, Tensor]:
    """Return how often each value of each field occurs: field -> float [values]."""
    counts, start = {}, 0
    for field in taxonomy:
        column = items.targets[:, start : start + len(field)]
        counts[field.name] = torch.from_numpy(column.sum(axis=0, dtype=np.float32))
        start += len(field)
    return counts


def drop_unreadable(items: LabelledItems, failures: Mapping[int, str]) -> LabelledItems:
    """Leave out the pictures that can't be read; an item that has another picture keeps taking part.

    Args:
        items: The items of one part.
        failures: Position of a picture -> why it can't be read.

    Raises:
        RecipeError: More than half of the pictures can't be read: that is no accident.
    """
    if not failures:
        return items
    failed = sorted(failures)
    if len(failed) > len(items.requests) // 2:
        raise RecipeError(
            f"{len(failed)} of {len(items.requests)} pictures can't be read, the first because "
            f"{failures[failed[0]]}. Type: modiste data inspect SOURCE"
        )
    owner = items.owner.copy()
    owner[failed] = -1
    return replace(items, owner=owner)
