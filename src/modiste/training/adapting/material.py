"""From a labelled data set to what heads are fitted to: fields, features, folds, and the items that judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.bundle import Bundle
from modiste.errors import UsageError
from modiste.manifest import LABEL, Manifest
from modiste.taxonomy import Field, Taxonomy
from modiste.training.adapting.countdown import Countdown
from modiste.training.adapting.fields import choose_kept, find_parents
from modiste.training.adapting.parts import draw_folds, draw_held_out, group_items, take
from modiste.training.adapting.settings import AdaptSettings
from modiste.training.adapting.values import ValuePlan, plan_values, relabel
from modiste.training.features import compute_features
from modiste.training.pictures import PictureRequest, cache_pictures

__all__ = ["FEWEST", "Material", "choose_fields", "prepare_material"]

FEWEST: Final = 20  # labelled pictures, below which nothing can be both learnt and judged

Say = Callable[[str], None]


@dataclass(frozen=True)
class Material:
    """What heads are fitted to.

    Args:
        learnt: Field -> the learnt field, its values, parent and kind.
        kept: The names of the bundle's fields that stay.
        learn: The items to learn from, with the labels that are learnt.
        held: The items that only judge.
        features: float32 [items to learn from, features].
        folds: int64 [items to learn from].
        held_pixels: uint8 [items that judge, height, width, 3].
        plans: Field -> what became of its values.
        unreadable: Item id -> why its picture can't be read; these are left out.
        unlabelled: How many items of the data have no label of a learnt field.
    """

    learnt: Mapping[str, Field]
    kept: tuple[str, ...]
    learn: Manifest
    held: Manifest
    features: NDArray[np.float32]
    folds: NDArray[np.int64]
    held_pixels: NDArray[np.uint8]
    plans: Mapping[str, ValuePlan]
    unreadable: Mapping[str, str]
    unlabelled: int

    @property
    def split_given(self) -> bool:
        """Whether the data itself says which items judge."""
        return bool((self.held.items["split"] == "validation").any())

    @property
    def taxonomy(self) -> Taxonomy:
        """The learnt fields alone, parents before children."""
        return self.learn.taxonomy.select(tuple(self.learnt))


def choose_fields(manifest: Manifest, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the fields of the data to learn.

    Raises:
        UnknownNameError: The data has no such field.
        UsageError: No field is left that has a label.
    """
    names = tuple(manifest.taxonomy[name].name for name in wanted) or manifest.taxonomy.names
    empty = [name for name in names if manifest.labels(name).null_count() == len(manifest)]
    if (wanted and empty) or len(empty) == len(names):
        raise UsageError(
            f"the data labels no item with {', '.join(empty) or 'any field'}; its fields are "
            f"{', '.join(manifest.taxonomy.names) or 'none'}. Type: modiste data inspect SOURCE"
        )
    return tuple(name for name in names if name not in empty)


def prepare_material(
    bundle: Bundle, manifest: Manifest, settings: AdaptSettings, scratch: Path, *, say: Say = print
) -> Material:
    """Read the pictures of a data set once, and draw who teaches and who judges.

    Args:
        bundle: Whose preprocessing and features.
        manifest: The labelled items. Those of a part named ``validation`` judge, if there is one; those of any other
            part but ``train``, such as ``test``, are left out.
        settings: What is asked for.
        scratch: A folder for the decoded pictures.
        say: Told what goes on.

    Raises:
        UsageError: There is too little to learn from; the text says of what.
        UnknownNameError: A field that is asked for does not exist.
    """
    names = choose_fields(manifest, settings.fields)
    kept = choose_kept(bundle.taxonomy, names, settings.keep)
    items = _select_items(manifest, names)
    unlabelled = len(_select_parts(manifest)) - len(items)
    pixels, failures = _read_pictures(bundle, items, scratch, say)
    readable = np.array([row not in failures for row in range(len(items))])
    unreadable = {items.items["item_id"][row]: reason for row, reason in failures.items()}
    items = take(items, readable)
    rows = np.flatnonzero(readable)
    groups = group_items(items, [pixels[row] for row in rows])
    held = draw_held_out(items, names, groups, settings)
    plans = {
        name: plan_values(take(items, ~held), name, min_count=settings.min_count, rare_as=settings.rare_as)
        for name in names
    }
    _check_plans(plans, items.taxonomy, settings)
    parents = find_parents(bundle.taxonomy, manifest.taxonomy, names, kept)
    above = {name: _plan_parent(bundle.taxonomy[name]) for name in parents.values() if name in kept}
    learn, judges = (relabel(take(items, part), {**plans, **above}, parents) for part in (~held, held))
    say(f"{len(learn)} items to learn from, {len(judges)} held out to judge, {len(names)} fields: {', '.join(names)}")
    countdown = Countdown("computing features", len(learn), say)
    features = compute_features(bundle, pixels, rows[~held], threads=settings.threads, advance=countdown.advance)
    return Material(
        learnt={name: learn.taxonomy[name] for name in learn.taxonomy.names if name in names},
        kept=kept,
        learn=learn,
        held=judges,
        features=features,
        folds=draw_folds(learn, names, groups[~held], settings),
        held_pixels=pixels[rows[held]],
        plans=plans,
        unreadable=unreadable,
        unlabelled=unlabelled,
    )


def _select_parts(manifest: Manifest) -> Manifest:
    return manifest.without_copies().where(pl.col("split").fill_null("train").is_in(["train", "validation"]))


def _select_items(manifest: Manifest, names: Sequence[str]) -> Manifest:
    found = _select_parts(manifest).where(pl.any_horizontal(pl.col(LABEL + name).is_not_null() for name in names))
    _check_enough(len(found), f"of the {len(manifest)} items of the data have a label of {', '.join(names)}")
    return found


def _read_pictures(
    bundle: Bundle, items: Manifest, scratch: Path, say: Say
) -> tuple[NDArray[np.uint8], dict[int, str]]:
    requests = [
        PictureRequest(image, None if box is None else (box[0], box[1], box[2], box[3]))
        for image, box in items.items.select("image", "box").iter_rows()
    ]
    say(f"reading {len(items)} pictures")
    cached = cache_pictures(requests, bundle.preprocessing, scratch)
    left = len(items) - len(cached.failures)
    first = next(iter(cached.failures.values()), "")
    _check_enough(left, f"of the {len(items)} labelled pictures can be read{first and f'; the first: {first}'}")
    return cached.pixels, cached.failures


def _check_enough(count: int, what: str) -> None:
    if count < FEWEST:
        raise UsageError(f"{count} {what}; expected {FEWEST} or more. Type: modiste data inspect SOURCE")


def _check_plans(plans: Mapping[str, ValuePlan], taxonomy: Taxonomy, settings: AdaptSettings) -> None:
    for name, plan in plans.items():
        least = 2 if taxonomy[name].kind == "single" else 1
        if len(set(plan.names.values())) >= least:
            continue
        seen = {**plan.kept, **plan.merged, **plan.masked}
        counts = ", ".join(f"{value} {count}" for value, count in list(seen.items())[:8]) or "none"
        others = ",".join(other for other in plans if other != name)
        instead = f", or leave the field out: --fields {others}" if others else ""
        raise UsageError(
            f"field {name!r}: expected {least} or more values with {settings.min_count} or more items each to learn "
            f"from; given {counts}. Label more{instead}"
        )


def _plan_parent(field: Field) -> ValuePlan:
    """Take a kept parent's labels of the data only where the bundle knows the value."""
    return ValuePlan(field.name, dict.fromkeys(field.values, 0), {}, {})
