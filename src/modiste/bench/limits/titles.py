"""What titles say of a label: how often a word names another value. Titles judge labels here, never pictures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.bench.limits.families import find_family
from modiste.bench.limits.material import Material
from modiste.evaluation import Interval, Section, render_table, share_interval, wilson_interval

__all__ = ["Contradiction", "find_named", "list_phrases", "measure_contradictions", "show_titles"]

# Words that name materials or scents at least as often as colours.
_NO_COLOURS: Final = ("NA", "Multi", "Skin", "Steel", "Rose", "Metallic", "Copper", "Gold", "Silver", "Bronze")
_ALIASES: Final[Mapping[str, Mapping[str, str]]] = {
    "gender": {r"men'?s?": "Men", r"women'?s?": "Women", r"boy'?s?": "Boys", r"girl'?s?": "Girls", "unisex": "Unisex"},
    "baseColour": {"navy": "Navy Blue", "gray": "Grey", "turquoise": "Turquoise Blue"},
    "articleType": {"t-?shirts?": "Tshirts"},
}
_USAGES: Final = ("Casual", "Formal", "Sports", "Ethnic", "Party", "Travel")
_BRAND_WORDS: Final[Mapping[str, int]] = {"baseColour": 2, "usage": 2, "articleType": 1}


@dataclass(frozen=True)
class Contradiction:
    """How often titles that name one value of a field name another than the label.

    Args:
        named: Rows whose title names exactly one value, and whose label is known.
        rate: Share of them whose label is another value.
        far: Share of them whose label is of another family of colours too; for other fields the rate.
        judged: Validation rows whose title contradicts the label.
        label_right: Of these, how often the bundle says what the label says.
        title_right: Of these, how often it says what the title says.
    """

    named: int
    rate: Interval
    far: Interval
    judged: int
    label_right: Interval | None
    title_right: Interval | None


def list_phrases(name: str, values: Sequence[str]) -> dict[str, str]:
    """Return the patterns that name the values of a field in titles, pattern -> value, the longest name first.

    Example:
        >>> list_phrases("usage", ["Party", "NA"])
        {'party': 'Party'}
    """
    phrases = dict(_ALIASES.get(name, {}))
    if name == "baseColour":
        phrases |= {re.escape(value.lower()): value for value in values if value not in _NO_COLOURS}
    if name == "usage":
        phrases |= {value.lower(): value for value in values if value in _USAGES}
    if name == "articleType":
        phrases |= {re.escape(value.lower().removesuffix("s")) + "s?": value for value in values}
    return dict(sorted(phrases.items(), key=lambda phrase: -len(phrase[0])))


def find_named(titles: Sequence[str | None], phrases: Mapping[str, str], *, skip: int = 0) -> list[str | None]:
    """Return the one value that each title names; None where it names none, or several.

    Args:
        titles: The titles.
        phrases: Pattern -> value; where several begin at one place, the first counts, and what it took is no other's.
        skip: How many words to leave out in front, where the brand stands.

    Example:
        >>> find_named(["Lee Men Navy Blue Shirt", "Blue or Red"], {"navy blue": "Navy", "blue": "Blue", "red": "Red"})
        ['Navy', None]
    """
    values = list(phrases.values())
    pattern = re.compile(r"(?<![\w'])(?:" + "|".join(f"({phrase})" for phrase in phrases) + r")(?![\w'])")
    named = []
    for title in titles:
        words = " ".join((title or "").lower().split()[skip:])
        found = {values[match.lastindex - 1] for match in pattern.finditer(words) if match.lastindex}
        named.append(found.pop() if len(found) == 1 else None)
    return named


def measure_contradictions(name: str, material: Material) -> Contradiction:
    """Compare what titles name with the labels, over the training and validation rows, and with the answers."""
    field = material.rows.taxonomy[name]
    phrases = list_phrases(name, field.values)
    named = find_named(material.rows.items["title"].to_list(), phrases, skip=_BRAND_WORDS.get(name, 0))
    places = {value: place for place, value in enumerate(field.values)}
    said = np.array([-1 if value is None else places.get(value, -1) for value in named])
    labels = material.labels[name]
    both = (said >= 0) & (labels >= 0)
    differs = both & (said != labels)
    families = np.array([find_family(value) for value in field.values])
    far = differs & (families[said] != families[labels])
    return Contradiction(
        int(both.sum()),
        share_interval(differs[both], groups=material.titles[both]),
        share_interval(far[both], groups=material.titles[both]),
        *_compare_answers(name, material, said, differs),
    )


def _compare_answers(
    name: str, material: Material, said: NDArray[np.int64], differs: NDArray[np.bool_]
) -> tuple[int, Interval | None, Interval | None]:
    """Ask the bundle where a validation row's title contradicts its label."""
    entry = material.answers[name]
    rows = differs[material.judged] & entry.known
    count = int(rows.sum())
    if not count:
        return 0, None, None
    values = np.array([material.rows.taxonomy[name].values[place] for place in said[material.judged][rows]])
    answered = np.array([entry.field.values[place] for place in entry.answer[rows]])
    return (
        count,
        wilson_interval(int(entry.hits[rows].sum()), count),
        wilson_interval(int((values == answered).sum()), count),
    )


def show_titles(material: Material) -> tuple[Section, dict[str, Contradiction]]:
    """Measure the contradictions of the fields that titles speak of."""
    found = {name: measure_contradictions(name, material) for name in ("gender", "articleType", "baseColour", "usage")}
    header = (
        *("field", "titles that name one value", "label is another", "95 % interval", "of another family"),
        *("such validation rows", "bundle says the label", "bundle says the title"),
    )
    lines = [
        (
            name,
            item.named,
            f"{item.rate.value:.4f}",
            f"{item.rate.low:.4f} to {item.rate.high:.4f}",
            f"{item.far.value:.4f}" if name == "baseColour" else "–",
            item.judged,
            str(item.label_right or "–"),
            str(item.title_right or "–"),
        )
        for name, item in found.items()
    ]
    return Section("Titles against labels", f"{_TEXT}\n\n{render_table(header, lines)}", _to_json(found)), found


_TEXT = (
    "Titles of the training and validation parts that name exactly one value of a field. The brand in front (two "
    "words, one for articleType) is not read, nor are colours that name materials as often "
    f"({', '.join(_NO_COLOURS[2:])}). Where title and label differ, one of them is wrong or the product has both, so "
    "the rate estimates the labels' errors from above as far as titles are right; a shop's conventions (a `Kurta` "
    "among the Kurtis) count too. What the bundle says there was learnt from labels alone."
)


def _to_json(found: Mapping[str, Contradiction]) -> dict[str, dict[str, object]]:
    return {
        name: {key: value.to_json() if isinstance(value, Interval) else value for key, value in vars(item).items()}
        for name, item in found.items()
    }
