"""Where a bundle is to be silent: which kinds of product have a field is learnt, how sure it must be is chosen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from modiste.bundle import Silence
from modiste.evaluation.calibration import choose_doubt_threshold
from modiste.runtime.scores import slice_fields
from modiste.taxonomy import Taxonomy
from modiste.training.dataset import LabelledItems
from modiste.training.recipe import SilenceRecipe

__all__ = ["PRECISION", "choose_silence", "learn_silence"]

PRECISION = float(SilenceRecipe.model_fields["precision"].default)
_NEVER = 1.0  # nothing is said but what is beyond doubt

Judged = Mapping[str, tuple[NDArray[np.float64], NDArray[np.bool_]]]


def learn_silence(train: LabelledItems, taxonomy: Taxonomy, recipe: SilenceRecipe) -> dict[str, Silence]:
    """Learn from the training part which kinds of product have the fields that not every product has.

    Args:
        train: The training items.
        taxonomy: The fields that the bundle says; others that the recipe names are passed over.
        recipe: The fields, the one that tells the kind, and the share of a kind's items that must be labelled.

    Returns:
        Field -> the values of ``recipe.under`` that have it, no least confidence yet; empty where there is none.
    """
    if recipe.under is None or recipe.under not in taxonomy:
        return {}
    kinds = train.targets[:, slice_fields(taxonomy)[recipe.under]] > 0  # [n, kinds]; nowhere true where not known
    values, silence = taxonomy[recipe.under].values, {}
    for position, name in enumerate(taxonomy.names):
        if name in recipe.fields:
            labelled = kinds[train.known[:, position]].sum(axis=0)
            has = (labelled > 0) & (labelled >= recipe.share * kinds.sum(axis=0))
            silence[name] = Silence(under=recipe.under, values=tuple(np.asarray(values)[has].tolist()))
    return silence


def choose_silence(silence: Mapping[str, Silence], judged: Judged, precision: float) -> dict[str, Silence]:
    """Choose on the validation part how sure an answer must be to be said.

    Args:
        silence: Field -> where it is said.
        judged: Field -> confidence float64 [m] and rightness bool [m] of the answers that would be said, where the
            label is known.
        precision: The share of what is said that is to be right, in (0, 1]: as much as possible is said that keeps it.
            Where no answer is known, or no confidence keeps it, nothing is said that is less than certain.

    Returns:
        Field -> the same with its least confidence.

    Example:
        >>> told = (np.array([0.9, 0.8, 0.4, 0.3]), np.array([True, True, False, True]))
        >>> choose_silence({"neck": Silence()}, {"neck": told}, 0.9)["neck"].below
        0.8
    """
    return {
        name: entry.model_copy(update={"below": _choose(*judged[name], precision) if name in judged else _NEVER})
        for name, entry in silence.items()
    }


def _choose(confidence: NDArray[np.float64], right: NDArray[np.bool_], precision: float) -> float:
    if not len(right):
        return _NEVER
    if not precision:
        return 0.0
    return choose_doubt_threshold(np.clip(confidence, 0, 1), right, precision=precision).threshold
