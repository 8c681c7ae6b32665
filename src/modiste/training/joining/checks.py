"""Whether networks fit together: the same fields, pictures and, for their weights, the same recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import numpy as np

from modiste.bundle import Bundle
from modiste.errors import UsageError
from modiste.evaluation import find_seen
from modiste.manifest import Manifest
from modiste.splits import digest_pictures
from modiste.taxonomy import Taxonomy
from modiste.training.run import TrainingRun

__all__ = ["check_bundles", "check_runs", "check_same_validation", "check_untouched"]

_MAY_DIFFER: Final = ("name", "description", "seed")
_SHOWN: Final = 5
_Network = TypeVar("_Network", Bundle, TrainingRun)


def check_bundles(bundles: Mapping[str, Bundle]) -> None:
    """Refuse bundles that say other fields than the first, or that see pictures otherwise.

    Args:
        bundles: Name -> bundle, at least two.

    Raises:
        UsageError: They do not fit; the text says what differs.
    """
    (first, one), *others = _expect_several(bundles, "runs or bundles")
    for name, other in others:
        _check_fields(first, one.taxonomy, name, other.taxonomy)
        differing = [
            f"{key} {old} against {new}"
            for (key, old), new in zip(
                one.preprocessing.to_json().items(), other.preprocessing.to_json().values(), strict=True
            )
            if old != new
        ]
        if differing:
            raise UsageError(
                f"{first} and {name} see pictures otherwise: {'; '.join(differing)}. Combine such as agree"
            )


def check_runs(runs: Mapping[str, TrainingRun]) -> None:
    """Refuse runs whose weights do not belong to one network: other recipes, fields or values than the first's.

    Args:
        runs: Name -> run, at least two.

    Raises:
        UsageError: They do not fit; the text says what differs.
    """
    (first, one), *others = _expect_several(runs, "runs")
    for name, other in others:
        differing = _list_differences(one.recipe.model_dump(mode="json"), other.recipe.model_dump(mode="json"))
        if differing:
            raise UsageError(
                f"{first} and {name} are runs of different recipes: {'; '.join(differing[:_SHOWN])}. The mean of their "
                "weights means nothing; type: --by predictions"
            )
        _check_fields(first, one.taxonomy, name, other.taxonomy)


def check_same_validation(runs: Mapping[str, TrainingRun]) -> None:
    """Refuse runs that were chosen by different items: what one was chosen by, another may have learnt from.

    Raises:
        UsageError: Their validation parts differ.
    """
    (first, one), *others = runs.items()
    for name, other in others:
        if set(other.validation.item_ids) != set(one.validation.item_ids):
            raise UsageError(
                f"{first} and {name} were chosen by different items, so none can calibrate both. Train them on data "
                "that names its validation part (modiste data split), or name labelled pictures: --data SOURCE"
            )


def check_untouched(bundles: Mapping[str, Bundle], judges: Manifest) -> list[str]:
    """Refuse to calibrate on items that one of the bundles was trained on.

    Args:
        bundles: Name -> bundle.
        judges: The items that calibrate.

    Returns:
        The names of the bundles that do not say what they were trained on.

    Raises:
        UsageError: One of them was trained on some.
    """
    silent, digests = [], digest_pictures(judges.items["image"])
    for name, bundle in bundles.items():
        marks = bundle.read_training_items()
        if marks is None:
            silent.append(name)
        elif np.any(seen := find_seen(judges, marks, digests).items):
            raise UsageError(
                f"{name} was trained on {int(seen.sum())} of the {len(seen)} items that calibrate; expected none. Name "
                "labelled pictures that no network learnt from: --data SOURCE, perhaps with --split"
            )
    return silent


def _expect_several(named: Mapping[str, _Network], what: str) -> list[tuple[str, _Network]]:
    if len(named) < 2:
        raise UsageError(f"{next(iter(named))} is alone; name at least two {what} to combine")
    return list(named.items())


def _check_fields(first: str, one: Taxonomy, second: str, other: Taxonomy) -> None:
    if one.names != other.names:
        raise UsageError(
            f"{first} says {', '.join(one.names)} and {second} says {', '.join(other.names)}; only networks of the "
            "same fields are combined"
        )
    for mine, theirs in zip(one, other, strict=True):
        if mine.values != theirs.values or mine.kind != theirs.kind:
            only = sorted(set(mine.values) ^ set(theirs.values))
            told = f"{', '.join(only[:_SHOWN])} only in one of them" if only else "their kind or order differs"
            raise UsageError(
                f"the field {mine.name!r} of {first} has {len(mine)} values, that of {second} {len(theirs)}: {told}. "
                "Train both on the same values"
            )


def _list_differences(one: Mapping[str, Any], other: Mapping[str, Any], above: str = "") -> list[str]:
    found = []
    for key in dict.fromkeys((*one, *other)):
        name, mine, theirs = f"{above}{key}", one.get(key), other.get(key)
        if mine == theirs or name in _MAY_DIFFER:
            continue
        if isinstance(mine, dict) and isinstance(theirs, dict):
            found += _list_differences(mine, theirs, f"{name}.")
        elif name == "stages" and _same_length(mine, theirs):
            for at, (stage, twin) in enumerate(zip(mine or (), theirs or (), strict=True)):
                found += _list_differences(stage, twin, f"stages.{at}.")
        else:
            found.append(f"{name} = {mine!r} against {theirs!r}"[:120])
    return found


def _same_length(mine: Sequence[Any] | None, theirs: Sequence[Any] | None) -> bool:
    return mine is not None and theirs is not None and len(mine) == len(theirs)
