"""Acceptance of the gallery of probable label errors: wrong labels are planted, and looked for on its first cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from modiste.bench.accept import Setting
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.evaluation import (
    Interval,
    Report,
    Section,
    SingleAnswers,
    Target,
    align_answers,
    load_protocol,
    predict_items,
    render_table,
    select_part,
    t_interval,
)
from modiste.explore.judged.label_errors import find_label_errors
from modiste.readers import read_source

__all__ = ["FieldFound", "find_planted", "plant_noise", "run"]

_PROTOCOL = "product-tagger-test"
_NOISE, _SEEDS, _FIRST = 0.1, 10, 100
_LEAST = 0.8


@dataclass(frozen=True)
class FieldFound:
    """What the gallery of one field holds, over several plantings into the same rows.

    Args:
        field: Its name.
        rows: How many have a label.
        classes: How many values occur among the labels.
        accuracy: How often the bundle agrees with the labels as they are.
        precision: Share of the first cards that were planted; of fewer cards, where fewer are shown.
        plain: The same where rows are ranked by how unlikely their label is, and by nothing else.
        listed: Rows that are suspected in all, on average.
        before: Rows that are suspected before anything is planted: real errors of the labels, or of the bundle.
    """

    field: str
    rows: int
    classes: int
    accuracy: float
    precision: Interval
    plain: Interval
    listed: float
    before: int


def run(setting: Setting) -> Report:
    """Plant wrong labels into products that the bundle was not trained on, field by field, and look for them.

    Args:
        setting: Needs the small pictures in the data folder. The validation part is used, whatever ``part`` says.

    Raises:
        UsageError: The file is missing.
    """
    manifest = read_source(setting.find_data(SMALL_PICTURES))
    split = setting.apply_protocol(manifest, load_protocol(_PROTOCOL))
    rows = select_part(split, "validation", digests={}).rows
    setting.say(f"predicting {len(rows)} items")
    told = predict_items(setting.open_bundle(), rows, threads=setting.threads)
    answers = align_answers(rows, told.predictions)
    found = [find_planted(entry.of_rows(entry.known)) for entry in answers if isinstance(entry, SingleAnswers)]
    targets = [Target(f"{item.field}: precision at {_FIRST}", _LEAST, item.precision.value) for item in found]
    facts = {
        "data": f"Kaggle Fashion Product Images, {SMALL_PICTURES}",
        "rows": f"{len(rows)} of the validation part: not trained on; temperatures and epochs were chosen on it",
        "picture size": told.describe_sizes(),
        "planted": f"{_NOISE:.0%} of the labels of a field get another value that occurs, each equally likely",
        "seeds": f"0 to {_SEEDS - 1}; intervals: t over these plantings, 95 %",
    }
    return Report("Planted label errors", facts, [_show(found), _explain(found)], targets)


def find_planted(told: SingleAnswers, *, seeds: int = _SEEDS, first: int = _FIRST) -> FieldFound:
    """Plant wrong labels into a field again and again, and count them among the first cards of the gallery.

    Args:
        told: Labels and answers of the rows whose label is known.
        seeds: How many plantings, at least two.
        first: How many cards are looked at.
    """
    precision, plain, listed = [], [], []
    for seed in range(seeds):
        labels, planted = plant_noise(told.truth, seed=seed)
        noisy = replace(told, truth=labels)
        cards = [row for row, _ in find_label_errors(noisy)]
        unlikely = np.argsort(told.scores[np.arange(len(labels)), labels], kind="stable")
        precision.append(_count(cards[:first], planted))
        plain.append(_count(unlikely[:first].tolist(), planted))
        listed.append(len(cards))
    return FieldFound(
        field=told.field.name,
        rows=len(told.truth),
        classes=len(np.unique(told.truth)),
        accuracy=float(told.hits.mean()),
        precision=t_interval(precision),
        plain=t_interval(plain),
        listed=float(np.mean(listed)),
        before=len(find_label_errors(told)),
    )


def plant_noise(
    labels: NDArray[np.int64], *, seed: int, share: float = _NOISE
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Give a share of the rows another label, each of the others that occur equally likely.

    Args:
        labels: int64 [n], of at least two values.
        seed: The same seed plants the same errors.
        share: In (0, 1).

    Returns:
        The labels, and which of them were planted, bool [n].

    Example:
        >>> labels, planted = plant_noise(np.array([0, 1] * 10), seed=0)
        >>> int(planted.sum()), bool((labels[planted] != np.array([0, 1] * 10)[planted]).all())
        (2, True)
    """
    rng = np.random.default_rng(seed)
    values, places = np.unique(labels, return_inverse=True)
    chosen = rng.permutation(len(labels))[: round(share * len(labels))]
    moved = (places[chosen] + rng.integers(1, len(values), size=len(chosen))) % len(values)
    noisy, planted = labels.copy(), np.zeros(len(labels), dtype=np.bool_)
    noisy[chosen], planted[chosen] = values[moved], True
    return noisy, planted


def _count(rows: Sequence[int], planted: NDArray[np.bool_]) -> float:
    return float(planted[list(rows)].mean()) if rows else 0.0


def _show(found: Sequence[FieldFound]) -> Section:
    order = (f"precision at {_FIRST}", "95 % interval", "least likely label first", "any order")
    header = ("field", "rows", "values", *order, "suspected", "before planting", "accuracy of the bundle")
    rows = [
        (
            item.field,
            item.rows,
            item.classes,
            f"{item.precision.value:.3f}",
            f"{item.precision.low:.3f} to {min(1.0, item.precision.high):.3f}",
            f"{item.plain.value:.3f}",
            f"{_NOISE:.3f}",
            f"{item.listed:.0f}",
            item.before,
            f"{item.accuracy:.3f}",
        )
        for item in found
    ]
    data = {
        item.field: {**vars(item), "precision": item.precision.to_json(), "plain": item.plain.to_json()}
        for item in found
    }
    return Section("Found again", render_table(header, rows), data)


def _explain(found: Sequence[FieldFound]) -> Section:
    most = max(found, key=lambda item: item.before / item.rows)
    least = min(found, key=lambda item: item.precision.value)
    text = (
        "A card counts as wrong where its label was not planted, although it may be a real error of the data. Before "
        f"anything is planted, {most.before} of {most.rows} labels of {most.field} are suspected, the most of all "
        "fields: labels that the shop gave otherwise, or answers of the bundle that are sure and wrong. That is what "
        f"limits the lowest precision, {least.precision.value:.3f} of {least.field}: where the bundle disagrees with "
        f"{1 - least.accuracy:.0%} of the labels as they are, some of these stand among the first cards.\n\n"
        "To rank by nothing but how unlikely the label is does as well here, or better: noise that is uniform gives a "
        "shirt the label of a watch. The gallery ranks lower what is confused all the time, as shirts are with blouses."
    )
    return Section("How it is counted", text)
