"""Two systems on the same rows, field by field: which is better, by how much, and whether chance explains it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from modiste.errors import UsageError
from modiste.evaluation.answers import MultiAnswers, SingleAnswers, align_answers
from modiste.evaluation.bootstrap import bootstrap_sums, paired_difference
from modiste.evaluation.comparison import Comparison, compare_hits
from modiste.evaluation.intervals import Interval
from modiste.evaluation.multilabel import score_values
from modiste.evaluation.predictions import Predictions
from modiste.evaluation.rendering import render_table
from modiste.evaluation.scoring import Grouping, find_groups
from modiste.evaluation.swapping import compare_sums
from modiste.manifest import Manifest

__all__ = ["ALL_FIELDS", "PairedField", "compare_predictions", "render_pairing"]

ALL_FIELDS = "all fields right"
_TINY = 0.001  # below it nobody needs the digits


@dataclass(frozen=True)
class PairedField:
    """One field of two systems, on the rows whose label is known.

    Args:
        field: Its name, or `ALL_FIELDS`.
        rows: How many rows.
        figure: What is compared: ``"right"``, the share of right rows, or ``"micro-F1"`` of a field with many values.
        first: The first system's figure.
        second: The second one's.
        only_first: Rows that only the first one gets right.
        only_second: Rows that only the second one gets right.
        difference: First less second, with a paired bootstrap interval over whole groups of rows.
        test: Of the share of right rows McNemar's exact test of those that only one of them gets right, each group of
            rows once; of micro-F1 the approximate randomisation test, which swaps the answers of whole groups.
    """

    field: str
    rows: int
    figure: Literal["right", "micro-F1"]
    first: float
    second: float
    only_first: int
    only_second: int
    difference: Interval
    test: Comparison

    @property
    def real(self) -> bool:
        """Whether the difference is more than chance, by its interval and by the test."""
        return self.test.real and not self.difference.low <= 0 <= self.difference.high

    def describe(self, first: str, second: str) -> str:
        """Say in plain words which system is better.

        Example:
            >>> test = Comparison(0.1, 0.01, "McNemar's exact test")
            >>> paired = PairedField("hue", 100, "right", 0.9, 0.8, 12, 2, Interval(0.1, 0.04, 0.16), test)
            >>> paired.describe("A", "B")
            'A is better than B: 90.0 against 80.0 %, a difference of 4.0 to 16.0 points (p = 0.01).'
        """
        better, worse = (first, second) if self.difference.value >= 0 else (second, first)
        low, high = sorted(100 * abs(end) for end in (self.difference.low, self.difference.high))
        figures = [100 * self.first, 100 * self.second]
        high_figure, low_figure = max(figures), min(figures)
        chance = f"p = {self.test.p_value:.2g}" if self.test.p_value >= _TINY else f"p < {_TINY}"
        if self.real:
            return (
                f"{better} is better than {worse}: {high_figure:.1f} against {low_figure:.1f} %, a difference of "
                f"{low:.1f} to {high:.1f} points ({chance})."
            )
        if not self.difference.value:
            return f"{first} and {second} are equally good: {figures[0]:.1f} % ({chance})."
        return (
            f"{better} seems better than {worse}, {high_figure:.1f} against {low_figure:.1f} %, but that can't be told "
            f"from chance ({chance}; {100 * self.difference.low:+.1f} to {100 * self.difference.high:+.1f} points)."
        )

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as plain JSON types."""
        plain = {name: value for name, value in vars(self).items() if name not in ("difference", "test")}
        test = {"method": self.test.method, "p_value": self.test.p_value, "level": self.test.level}
        return {**plain, "difference": self.difference.to_json(), "test": test, "real": self.real}


def compare_predictions(
    manifest: Manifest,
    first: Predictions,
    second: Predictions,
    *,
    fields: Sequence[str] | None = None,
    classes: Mapping[str, Collection[str]] | None = None,
    group_by: Grouping = "title",
    replicates: int = 1000,
    seed: int = 0,
) -> tuple[PairedField, ...]:
    """Compare two systems on the same rows.

    Args:
        manifest: The items; copies are left out. A row of which a system says nothing is wrong for that system.
        first: What the first system said.
        second: What the second system said.
        fields: The fields; by default all that the data and both systems share.
        classes: Field -> the values that may be answered, for both.
        group_by: What bootstrap draws keep together.
        replicates: Bootstrap draws an interval.
        seed: The draws repeat with it.

    Returns:
        One entry a field, and one for all of the single fields together if there are several.

    Raises:
        UsageError: They share no field, or no row has a known label.

    Example:
        >>> hues = dict(zip("abcd", ["red", "red", "blue", "blue"]))
        >>> rows = [{"item_id": i, "image": i, "source": "x", "label.hue": hue} for i, hue in hues.items()]
        >>> shop = Manifest.from_rows(rows)
        >>> scores = np.array([[0.1, 0.9], [0.2, 0.8], [0.9, 0.1], [0.8, 0.2]], dtype=np.float32)  # blue, red
        >>> one = Predictions.from_scores(shop.taxonomy, list("abcd"), {"hue": scores})
        >>> other = Predictions.from_scores(shop.taxonomy, list("abcd"), {"hue": scores[:, ::-1]})
        >>> paired = compare_predictions(shop, one, other, replicates=10)[0]
        >>> paired.difference.value, paired.test.p_value, paired.real
        (1.0, 0.125, False)
    """
    manifest = manifest.without_copies()
    shared = [item.name for item in manifest.taxonomy if item.name in first.taxonomy and item.name in second.taxonomy]
    names = list(fields) if fields is not None else shared
    if not names:
        raise UsageError(f"the systems share no field: {first.taxonomy.names} against {second.taxonomy.names}")
    groups = find_groups(manifest, group_by)
    settings = {"replicates": replicates, "seed": seed}
    pairs = [
        (_restrict(one, classes or {}), _restrict(other, classes or {}))
        for one, other in zip(*(align_answers(manifest, told, fields=names) for told in (first, second)), strict=True)
    ]
    pairs = [pair for pair in pairs if pair[0].known.any()]
    if not pairs:
        raise UsageError("no item has a known label of the fields to compare, so there is nothing to compare by")
    compared = [_compare(*pair, groups, settings) for pair in pairs]
    single = [pair for pair in pairs if isinstance(pair[0], SingleAnswers)]
    together = _compare_together(single, groups, settings) if len(single) > 1 else None
    return (*compared, *([together] if together else []))


def render_pairing(compared: Sequence[PairedField], first: str, second: str) -> str:
    """Return a comparison as Markdown: a verdict in words for each field, and the numbers."""
    lines = [f"- **{item.field}**: {item.describe(first, second)}" for item in compared]
    header = (
        "field",
        "n",
        first,
        second,
        "difference",
        "95 % interval",
        f"only {first}",
        f"only {second}",
        "p",
        "real",
    )
    rows = [
        (
            item.field,
            item.rows,
            f"{item.first:.4f}",
            f"{item.second:.4f}",
            f"{item.difference.value:+.4f}",
            f"{item.difference.low:+.4f} to {item.difference.high:+.4f}",
            item.only_first,
            item.only_second,
            f"{item.test.p_value:.2g}",
            "yes" if item.real else "no",
        )
        for item in compared
    ]
    return "\n".join(lines) + "\n\n" + render_table(header, rows)


def _restrict(
    entry: SingleAnswers | MultiAnswers, classes: Mapping[str, Collection[str]]
) -> SingleAnswers | MultiAnswers:
    allowed = classes.get(entry.field.name)
    return entry.restrict(allowed) if allowed is not None and isinstance(entry, SingleAnswers) else entry


def _compare(
    one: SingleAnswers | MultiAnswers,
    other: SingleAnswers | MultiAnswers,
    groups: NDArray[np.int64] | None,
    settings: Mapping[str, int],
) -> PairedField:
    rows = one.known
    drawn: dict[str, Any] = {"groups": None if groups is None else groups[rows], **settings}
    paired = _compare_hits(one.field.name, one.hits[rows], other.hits[rows], drawn)
    if not (isinstance(one, MultiAnswers) and isinstance(other, MultiAnswers)):
        return paired
    told = [entry.of_rows(rows) for entry in (one, other)]
    own, others = (_count_values(entry) for entry in told)
    gap = bootstrap_sums(np.concatenate([own, others], axis=1), _subtract_f1, **drawn)
    test = compare_sums(own, others, _divide_f1, groups=drawn["groups"], seed=settings["seed"])
    first, second = (score_values(entry.truth, entry.answer).f1 for entry in told)
    return replace(paired, figure="micro-F1", first=first, second=second, difference=gap, test=test)


def _count_values(told: MultiAnswers) -> NDArray[np.int64]:
    """Return numerator and denominator of each row's part of micro-F1, [n, 2]."""
    hits = 2 * (told.truth & told.answer).sum(axis=1)
    return np.stack([hits, told.truth.sum(axis=1) + told.answer.sum(axis=1)], axis=1)


def _divide_f1(sums: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Return micro-F1 of numerators and denominators, [..., 2]; 0 where a denominator is 0."""
    hits, both = sums[..., 0], sums[..., 1]
    return np.asarray(np.divide(hits, both, out=np.zeros_like(hits), where=both > 0))


def _subtract_f1(sums: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Return micro-F1 of the first system less that of the second."""
    return np.asarray(_divide_f1(sums[..., :2]) - _divide_f1(sums[..., 2:]))


def _compare_together(
    pairs: Sequence[tuple[SingleAnswers | MultiAnswers, SingleAnswers | MultiAnswers]],
    groups: NDArray[np.int64] | None,
    settings: Mapping[str, int],
) -> PairedField | None:
    """Compare by the rows that are right in all of the fields; None where no row has every label known."""
    rows = np.asarray(np.all([one.known for one, _ in pairs], axis=0))
    if not rows.any():
        return None
    drawn = {"groups": None if groups is None else groups[rows], **settings}
    first, second = (np.all([pair[at].hits[rows] for pair in pairs], axis=0) for at in (0, 1))
    return _compare_hits(ALL_FIELDS, np.asarray(first), np.asarray(second), drawn)


def _compare_hits(
    name: str, first: NDArray[np.bool_], second: NDArray[np.bool_], drawn: Mapping[str, Any]
) -> PairedField:
    return PairedField(
        field=name,
        rows=len(first),
        figure="right",
        first=float(first.mean()),
        second=float(second.mean()),
        only_first=int((first & ~second).sum()),
        only_second=int((second & ~first).sum()),
        difference=paired_difference(first, second, **drawn),
        test=compare_hits(first, second, groups=drawn["groups"]),
    )
