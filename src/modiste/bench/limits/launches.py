"""Season and usage against what no picture shows: the year of the launch and the line, which titles begin with.

Years and titles are read to find out what the labels follow. No model gets either.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.bench.accept import Setting
from modiste.bench.limits.material import Material
from modiste.evaluation import Interval, Section, bootstrap_mean, paired_difference, render_table
from modiste.manifest import LABEL, META

__all__ = ["LINE", "YEAR", "Followed", "answer_by_key", "blend_prior", "measure_information", "show_launches"]

FIELDS: Final = ("season", "usage", "gender")
LINE: Final = "the first three words of the title"
YEAR: Final = "picture and year"
_FIRST: Final = (2, 3, 4)  # words of a title that name its line
_WORDS: Final = {2: "two", 3: "three", 4: "four"}

Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Followed:
    """How well the majority of the training rows with the same key tells a label.

    Args:
        covered: Share of the validation rows whose key the training part has.
        rows: How many that are.
        accuracy: Of the majority, on these rows.
        network: The bundle's accuracy on them.
        gain: ``accuracy - network``, paired.
    """

    covered: float
    rows: int
    accuracy: Interval
    network: float
    gain: Interval


def answer_by_key(keys: Sequence[object], labels: Labels, asked: Sequence[object]) -> Labels:
    """Return for each asked key the label that most rows with it have, -1 where no labelled row has it.

    Args:
        keys: [n]; null is no key.
        labels: int64 [n], -1 where unknown.
        asked: [m].

    Example:
        >>> answer_by_key(["a", "a", "b"], np.array([1, 1, 0]), ["a", "c"]).tolist()
        [1, -1]
    """
    counts: defaultdict[object, Counter[int]] = defaultdict(Counter)
    for key, label in zip(keys, labels.tolist(), strict=True):
        if key is not None and label >= 0:
            counts[key][label] += 1
    best = {key: min(own, key=lambda label: (-own[label], label)) for key, own in counts.items()}
    return np.array([best.get(key, -1) for key in asked], np.int64)


def measure_information(first: Labels, second: Labels) -> tuple[float, float]:
    """Return the entropy of the first numbers and what the second tell of them, both in bits, as counted.

    Args:
        first: int64 [n].
        second: int64 [n].

    Returns:
        ``H(first)`` and the mutual information ``I(first; second)``, between 0 and the entropy.

    Example:
        >>> measure_information(np.array([0, 1, 0, 1]), np.array([5, 7, 5, 7]))
        (1.0, 1.0)
    """
    rows, columns = (np.unique(values, return_inverse=True)[1] for values in (first, second))
    joint = np.bincount(rows * (columns.max() + 1) + columns) / len(first)
    own, other = (np.bincount(values) / len(first) for values in (rows, columns))
    entropy = _sum_entropy(own)
    return entropy, entropy + _sum_entropy(other) - _sum_entropy(joint)


def blend_prior(scores: NDArray[np.float32], labels: Labels, keys: Labels, asked: Labels) -> Labels:
    """Answer by scores times how much more frequent each label is among the training rows with the same key.

    Bayes' rule for a key that is independent of the picture given the label; one row is added to every count.

    Args:
        scores: float32 [m, values].
        labels: int64 [n]; of the training rows, all known.
        keys: int64 [n], from 0 on.
        asked: int64 [m]; the keys of the rows with these scores.

    Returns:
        int64 [m]; the answers.
    """
    size = max(keys.max(), asked.max()) + 1
    table = np.ones((size, scores.shape[1]))
    np.add.at(table, (keys, labels), 1)
    among = table / table.sum(axis=1, keepdims=True)
    everywhere = table.sum(axis=0) / table.sum()
    return np.asarray((scores * (among / everywhere)[asked]).argmax(axis=1), np.int64)


def show_launches(material: Material, setting: Setting) -> tuple[Section, dict[str, dict[str, Followed]]]:
    """Measure what season, usage and gender follow."""
    found = {name: dict(_measure_field(name, material, setting)) for name in FIELDS}
    bits = {name: _tell_information(name, material) for name in FIELDS}
    header = (
        "field",
        "told by",
        "covered",
        "n",
        "accuracy",
        "95 % interval",
        "the bundle",
        "difference",
        "95 % interval",
    )
    lines = [(name, key, *_tell(item)) for name, own in found.items() for key, item in own.items()]
    known = render_table(
        ("field", "entropy", "of which the year tells", "of which the bundle's answer tells"),
        [(name, *(f"{value:.3f} bits" for value in values)) for name, values in bits.items()],
    )
    data = {
        name: {"bits": bits[name], **{key: _to_json(item) for key, item in own.items()}} for name, own in found.items()
    }
    return Section("Launches and lines", f"{_TEXT}\n\n{known}\n\n{render_table(header, lines)}", data), found


_TEXT = (
    "The year of the launch and the first words of a title, which name brand and line, are no input of any model. Here "
    "the label that most training rows with the same year, type or words have is the answer for a validation row, on "
    "the rows whose key the training part has; the bundle's accuracy on the same rows stands beside. `picture and "
    "year` multiplies the bundle's scores by how much more frequent each label is in that year. Entropy and mutual "
    "information are counted on the training rows for the year, on the validation rows for the bundle's answer."
)


def _measure_field(name: str, material: Material, setting: Setting) -> Iterator[tuple[str, Followed]]:
    entry, labels = material.answers[name], material.labels[name]
    for key, answer in _list_answers(name, material):
        rows = (answer >= 0) & entry.known
        right = (answer == labels[material.judged])[rows]
        groups, network = material.groups[rows], entry.hits[rows]
        yield (
            key,
            Followed(
                float(rows.sum() / entry.known.sum()),
                int(rows.sum()),
                bootstrap_mean(right, groups=groups, replicates=setting.replicates),
                float(network.mean()),
                paired_difference(right, network, groups=groups, replicates=setting.replicates),
            ),
        )


def _list_answers(name: str, material: Material) -> Iterator[tuple[str, Labels]]:
    labels = material.labels[name][~material.judged]
    for told, keys in _list_keys(material):
        trained, asked = (
            [key for key, own in zip(keys, material.judged.tolist(), strict=True) if own is side]
            for side in (False, True)
        )
        yield told, answer_by_key(trained, labels, asked)
    years = material.rows.items[META + "year"].fill_null(0).to_numpy().astype(np.int64)
    known = labels >= 0
    trained_years, asked_years = years[~material.judged][known], years[material.judged]
    scores = material.answers[name].scores[:, : len(material.rows.taxonomy[name])]
    yield YEAR, blend_prior(scores, labels[known], trained_years, asked_years)


def _list_keys(material: Material) -> Iterator[tuple[str, list[object]]]:
    items = material.rows.items
    years, kinds = items[META + "year"].to_list(), items[LABEL + "articleType"].to_list()
    words = [(title or "").lower().split() for title in items["title"]]
    yield "nothing (the most frequent)", [0] * len(items)
    yield "the year", years
    yield "year and article type", list(zip(years, kinds, strict=True))
    for count in _FIRST:
        keys: list[object] = [tuple(own[:count]) if len(own) >= count else None for own in words]
        yield f"the first {_WORDS[count]} words of the title", keys
    yield "the whole title", [tuple(own) or None for own in words]


def _tell_information(name: str, material: Material) -> tuple[float, float, float]:
    labels, entry = material.labels[name][~material.judged], material.answers[name]
    years = material.rows.items[META + "year"].fill_null(0).to_numpy()[~material.judged]
    entropy, year = measure_information(labels[labels >= 0], years[labels >= 0])
    return entropy, year, measure_information(entry.truth[entry.known], entry.answer[entry.known])[1]


def _sum_entropy(shares: NDArray[np.float64]) -> float:
    kept = shares[shares > 0]
    return float(-(kept * np.log2(kept)).sum())


def _tell(item: Followed) -> tuple[object, ...]:
    return (
        f"{item.covered:.3f}",
        item.rows,
        f"{item.accuracy.value:.4f}",
        f"{item.accuracy.low:.4f} to {item.accuracy.high:.4f}",
        f"{item.network:.4f}",
        f"{item.gain.value:+.4f}",
        f"{item.gain.low:+.4f} to {item.gain.high:+.4f}",
    )


def _to_json(item: Followed) -> dict[str, object]:
    return {**vars(item), "accuracy": item.accuracy.to_json(), "gain": item.gain.to_json()}
