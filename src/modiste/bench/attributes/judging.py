"""One attribute judged: asked of every labelled product, beside two guesses, and what the bundle says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from modiste.evaluation import (
    Interval,
    answer_majority,
    answer_majority_given_parent,
    average_classes,
    macro_f1,
    mean_average_precision,
    paired_difference,
    share_interval,
)
from modiste.taxonomy import Field

__all__ = ["GIVEN_KIND", "MAJORITY", "OURS", "Answers", "AsSaid", "Attribute", "Figures", "judge_attribute"]

OURS: Final = "the bundle"
GIVEN_KIND: Final = "majority of the kind"
MAJORITY: Final = "majority"
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Answers:
    """What is known and said of one attribute.

    Args:
        field: The attribute, with the bundle's values.
        truth: int64 [n], -1 where the label is not known or the bundle lacks the value.
        scores: float32 [n, values].
        said: bool [n], whether the bundle says anything.
        kinds: int64 [n], the kind of product that the bundle answers, -1 for none.
        training: int64 [m], the labels of the training part, -1 where not known.
        training_kinds: int64 [m], their kinds.
    """

    field: Field
    truth: Labels
    scores: NDArray[np.float32]
    said: NDArray[np.bool_]
    kinds: Labels
    training: Labels
    training_kinds: Labels


@dataclass(frozen=True)
class Figures:
    """How good some answers are, each in [0, 1], higher is better.

    Args:
        mean_precision: Mean over the values of the average precision.
        micro_f1: Of all answers together; where every product is answered it is the accuracy.
        macro_f1: Mean over the values.
    """

    mean_precision: float
    micro_f1: float
    macro_f1: float


@dataclass(frozen=True)
class AsSaid:
    """What the bundle says, with its silence.

    Args:
        coverage: The share of the labelled products of which it says something.
        precision: The share of that which is right; None where it says nothing.
        micro_f1: Of all that is said together: silence costs recall.
        macro_f1: Mean over the values.
        of_all: The share of all products, labelled or not, of which it says something.
    """

    coverage: Interval
    precision: Interval | None
    micro_f1: float
    macro_f1: float
    of_all: float


@dataclass(frozen=True)
class Attribute:
    """One attribute, judged.

    Args:
        name: The field.
        values: How many values it has.
        rows: How many products of the part are labelled.
        figures: System -> its figures, where every labelled product is answered.
        gain: Accuracy beyond that of the majority of the answered kind, paired by product, on the same rows.
        as_said: What the bundle says of them.
    """

    name: str
    values: int
    rows: int
    figures: Mapping[str, Figures]
    gain: Interval
    as_said: AsSaid

    @property
    def ships(self) -> bool:
        """Whether it beats what the kind of product alone tells, by its interval."""
        return self.gain.low > 0


def judge_attribute(answers: Answers, groups: NDArray[np.int64], **draws: Any) -> Attribute | None:
    """Judge one attribute on the products whose label is known.

    Args:
        answers: What is known and said.
        groups: int64 [n]; products of one title are drawn together.
        **draws: ``replicates`` and ``seed`` of the bootstrap.

    Returns:
        The figures; None where no product is labelled.
    """
    rows = answers.truth >= 0
    if not rows.any():
        return None
    truth, scores, kinds = answers.truth[rows], answers.scores[rows], answers.kinds[rows]
    guesses: dict[str, tuple[Labels, NDArray[Any]]] = {
        OURS: (np.asarray(scores.argmax(axis=1)), scores),
        GIVEN_KIND: (
            answer_majority_given_parent(answers.training, answers.training_kinds, kinds),
            _count_given_kind(answers, kinds),
        ),
        MAJORITY: (answer_majority(answers.training, len(truth)), _count_given_kind(answers, np.full(len(truth), -1))),
    }
    ours, theirs = (guesses[name][0] == truth for name in (OURS, GIVEN_KIND))
    return Attribute(
        answers.field.name,
        len(answers.field),
        len(truth),
        {name: _measure(truth, *guess) for name, guess in guesses.items()},
        paired_difference(ours, theirs, groups=groups[rows], **draws),
        _judge_said(answers, rows, groups),
    )


def _measure(truth: Labels, answer: Labels, scores: NDArray[Any]) -> Figures:
    table = truth[:, None] == np.arange(scores.shape[1])
    micro = average_classes(truth, answer, average="micro").f1
    return Figures(mean_average_precision(table, scores), micro, macro_f1(truth, answer))


def _count_given_kind(answers: Answers, kinds: Labels) -> NDArray[np.float64]:
    """Return how often each value occurs in training among the products of each kind; overall where it has none."""
    known = answers.training >= 0
    values = len(answers.field)
    overall = np.bincount(answers.training[known], minlength=values)
    shares = np.tile(overall / max(1, overall.sum()), (len(kinds), 1))
    for kind in np.unique(kinds[kinds >= 0]):
        counts = np.bincount(answers.training[known & (answers.training_kinds == kind)], minlength=values)
        if counts.any():
            shares[kinds == kind] = counts / counts.sum()
    return shares


def _judge_said(answers: Answers, rows: NDArray[np.bool_], groups: NDArray[np.int64]) -> AsSaid:
    truth, said, group = answers.truth[rows], answers.said[rows], groups[rows]
    answer = np.where(said, answers.scores[rows].argmax(axis=1), -1)
    return AsSaid(
        share_interval(said, groups=group),
        share_interval((answer == truth)[said], groups=group[said]) if said.any() else None,
        average_classes(truth, answer, average="micro").f1,
        macro_f1(truth, answer),
        float(answers.said.mean()),
    )
