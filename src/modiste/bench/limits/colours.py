"""Colour: families of hues, the share of the ground, mixed colours, and what the bundle says without ground or hue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.bench.accept import Setting
from modiste.bench.limits.families import FAMILIES, find_family
from modiste.bench.limits.grounds import fill_ground, find_ground, take_colour
from modiste.bench.limits.material import Material, answer_items, load_pictures, store_pictures
from modiste.evaluation import Interval, Section, SingleAnswers, paired_difference, render_table, share_interval
from modiste.imaging.colour_shares import describe_colours

__all__ = ["FIELD", "ColourErrors", "list_quarters", "measure_errors", "show_colours"]

FIELD: Final = "baseColour"
_GREY: Final = 160
_PAIRS: Final = 12
_SIGNS: Final[Mapping[str, str]] = {
    "white ground": "every pixel of the ground made pure white",
    "grey ground": f"the ground made grey, level {_GREY}",
    "no hue": "the whole picture in levels of grey",
}

Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class ColourErrors:
    """What the wrong colours are.

    Args:
        errors: How many rows are wrong.
        family: Share of the errors whose answer is of the label's family of colours.
        multi: Share of the errors where the label or the answer is Multi.
        accuracy: Share of all rows whose colour is right.
        family_accuracy: Share of all rows whose family is right.
    """

    errors: int
    family: Interval
    multi: float
    accuracy: Interval
    family_accuracy: Interval


def measure_errors(told: SingleAnswers, groups: NDArray[np.int64]) -> ColourErrors:
    """Say how many of the errors stay within a family of neighbouring hues.

    Args:
        told: Labels and answers; every label is known.
        groups: int64 [n]; rows that belong together.
    """
    families = np.array([find_family(value) for value in told.field.values])
    multi = np.array([value == "Multi" for value in told.field.values])
    wrong, kin = ~told.hits, families[told.truth] == families[told.answer]
    return ColourErrors(
        int(wrong.sum()),
        share_interval(kin[wrong], groups=groups[wrong]),
        float((multi[told.truth] | multi[told.answer])[wrong].mean()),
        share_interval(told.hits, groups=groups),
        share_interval(kin, groups=groups),
    )


def list_quarters(
    values: NDArray[np.float64], hits: NDArray[np.bool_], groups: NDArray[np.int64]
) -> Iterator[tuple[float, float, int, Interval]]:
    """Yield lowest and highest value, rows and accuracy of each quarter of the rows, the lowest values first."""
    for rows in np.array_split(np.argsort(values, kind="stable"), 4):
        yield (
            float(values[rows[0]]),
            float(values[rows[-1]]),
            len(rows),
            share_interval(hits[rows], groups=groups[rows]),
        )


def show_colours(
    material: Material, setting: Setting, folder: Path
) -> tuple[Section, ColourErrors, dict[str, Interval]]:
    """Measure the colours' errors, and how answers change without ground or hue.

    Returns:
        The section, the errors, and change of the picture -> difference that it makes to the colour's accuracy.
    """
    told, known = material.answers[FIELD], material.answers[FIELD].known
    own, groups = told.of_rows(known), material.groups[known]
    errors = measure_errors(own, groups)
    pictures = np.stack(load_pictures(material.validation, setting.open_bundle().preprocessing.load))
    ground = find_ground(pictures)
    measures = {
        "share of ground": ground.mean(axis=(1, 2)),
        "share of the most frequent of 64 colours": np.array([_find_dominance(picture) for picture in pictures]),
    }
    quarters = {name: list(list_quarters(values[known], own.hits, groups)) for name, values in measures.items()}
    changed = dict(_answer_changed(pictures, ground, material, setting, folder))
    differences = {name: _compare(told, other[FIELD], material, setting) for name, other in changed.items()}
    pairs = Counter(
        (own.field.values[true], own.field.values[said])
        for true, said in zip(own.truth[~own.hits], own.answer[~own.hits], strict=True)
    )
    parts = [
        _TEXT,
        _render_errors(errors),
        _render_quarters(quarters),
        _CHANGES,
        _render_changes(told, changed, differences),
    ]
    parts += [f"The {_PAIRS} most frequent confusions:", _render_pairs(pairs, errors.errors)]
    data = {
        "errors": {
            name: value.to_json() if isinstance(value, Interval) else value for name, value in vars(errors).items()
        },
        "quarters": {name: [(*row[:3], row[3].to_json()) for row in rows] for name, rows in quarters.items()},
        "changes": {name: gap.to_json() for name, gap in differences.items()},
        "confusions": [[*pair, count] for pair, count in pairs.most_common(_PAIRS)],
    }
    return Section("Colour", "\n\n".join(parts), data), errors, differences


_TEXT = (
    "Families of neighbouring hues, written down before the confusions were looked at: "
    + "; ".join(f"{name}: {', '.join(members)}" for name, members in FAMILIES.items())
    + ". Every other colour is a family of its own."
)
_CHANGES = (
    "The same validation pictures changed. Ground is what is light (level 232 or more in every channel) and hangs "
    "together with the picture's edge. What the bundle loses without hue is what it reads from the colour; what it "
    "loses with a grey ground also says that no training picture had one. Changed answers count whether they were "
    "right or not. " + "; ".join(f"{name}: {text}" for name, text in _SIGNS.items()) + "."
)


def _find_dominance(picture: Pictures) -> float:
    shares = describe_colours(picture).astype(np.float64)
    return float(shares.max() / shares.sum())


def _answer_changed(
    pictures: Pictures, ground: NDArray[np.bool_], material: Material, setting: Setting, folder: Path
) -> Iterator[tuple[str, dict[str, SingleAnswers]]]:
    changed = (fill_ground(pictures, ground, 255), fill_ground(pictures, ground, _GREY), take_colour(pictures))
    for name, told in zip(_SIGNS, changed, strict=True):
        yield name, answer_items(store_pictures(material.validation, told, folder), setting)


def _compare(told: SingleAnswers, other: SingleAnswers, material: Material, setting: Setting) -> Interval:
    rows = told.known
    return paired_difference(
        other.hits[rows], told.hits[rows], groups=material.groups[rows], replicates=setting.replicates
    )


def _render_errors(errors: ColourErrors) -> str:
    rows = [
        ("accuracy", str(errors.accuracy)),
        ("accuracy if any colour of the family counted", str(errors.family_accuracy)),
        ("errors", errors.errors),
        ("of which within the family", str(errors.family)),
        ("of which label or answer is Multi", f"{errors.multi:.4f}"),
    ]
    return render_table(("baseColour", ""), rows)


def _render_quarters(quarters: Mapping[str, list[tuple[float, float, int, Interval]]]) -> str:
    lines = [
        (name, f"{low:.2f} to {high:.2f}", rows, f"{share.value:.4f}", f"{share.low:.4f} to {share.high:.4f}")
        for name, own in quarters.items()
        for low, high, rows, share in own
    ]
    return render_table(("validation rows by", "from", "n", "accuracy", "95 % interval"), lines)


def _render_changes(
    told: SingleAnswers, changed: Mapping[str, Mapping[str, SingleAnswers]], differences: Mapping[str, Interval]
) -> str:
    lines = [
        (
            name,
            f"{(other[FIELD].answer != told.answer).mean():.4f}",
            f"{gap.value:+.4f}",
            f"{gap.low:+.4f} to {gap.high:+.4f}",
        )
        for (name, other), gap in zip(changed.items(), differences.values(), strict=True)
    ]
    return render_table(("picture", "answers that change", "accuracy, difference", "95 % interval"), lines)


def _render_pairs(pairs: Counter[tuple[str, str]], errors: int) -> str:
    lines = [
        (true, said, count, f"{count / errors:.4f}", "yes" if find_family(true) == find_family(said) else "no")
        for (true, said), count in pairs.most_common(_PAIRS)
    ]
    return render_table(("label", "answer", "rows", "of the errors", "one family"), lines)
