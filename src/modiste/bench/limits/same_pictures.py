"""Labels of products that show the same picture, field by field: the ceiling that no look at a picture can exceed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.bench.accept import Setting
from modiste.bench.limits.copies import (
    NEAR_LIMITS,
    Disagreement,
    list_equal,
    list_near,
    measure_disagreement,
    split_by_title,
)
from modiste.bench.limits.material import Material
from modiste.collect.checking.groups import join_groups, join_pairs
from modiste.evaluation import Section, render_table

__all__ = ["ALL_RIGHT", "EQUAL", "NEAR", "OTHER_TITLE", "show_same_pictures"]

EQUAL, NEAR, OTHER_TITLE = "equal", "nearly equal", ", other title"
ALL_RIGHT: Final = "all fields right"
_OF_COLOUR: Final = ("baseColour", ALL_RIGHT)  # judged on equal files alone

Labels = NDArray[np.int64]
Found = Mapping[str, Mapping[str, Disagreement]]


def show_same_pictures(material: Material, setting: Setting) -> tuple[Section, Found]:
    """Measure how often the labels of equal and nearly equal pictures differ.

    Returns:
        The section, and kind of pairs -> field -> figures.
    """
    labels = {**material.labels, ALL_RIGHT: _join_labels(material)}
    found = {kind: dict(_measure(kind, pairs, labels, material, setting)) for kind, pairs in _list_kinds(material)}
    data = {
        kind: {
            name: {**vars(item), "rate": item.rate.to_json(), "high": item.high.to_json()} for name, item in own.items()
        }
        for kind, own in found.items()
    }
    return Section("Labels of the same picture", f"{_TEXT}\n\n{_render(found, tuple(labels))}", data), found


_TEXT = (
    "Products of the training and validation parts in pairs. Equal: the files are the same, byte for byte. Of these, "
    "other title: the shop entered them as different products, so that nobody copied a row with its labels. Nearly "
    f"equal: the perceptual hashes differ in at most {NEAR_LIMITS.bits} of 64 bits, and no cell of an 8 x 8 grid in "
    f"more than {NEAR_LIMITS.lightness} levels of lightness or {NEAR_LIMITS.colour} of colour, half of what the report "
    "of leaks allows; a garment in another colour is none of them, and for baseColour only equal files count. No "
    "network takes part in finding them, as one that learnt the labels calls alike what is labelled alike. The last "
    "columns are the bounds of Cover and Hart (1967) on the best rule that sees nothing but such a picture, if two "
    "labels of it are drawn independently: 1 less the disagreement R, and 1 less (M - 1) / M times "
    "(1 - sqrt(1 - M / (M - 1) R)) for M values, about 1 - R / 2 where R is small. Two labels of one picture are not "
    "quite independent, since one person may have given both: then more is in doubt than is seen, and the ceiling lies "
    "lower. Where two colours of a product got one picture by mistake, the picture is wrong and no label: then it lies "
    "higher. Copies are no sample of the catalogue, and not many."
)


def _list_kinds(material: Material) -> Iterator[tuple[str, NDArray[np.int64]]]:
    equal = list_equal([material.prints.digests[reference] for reference in material.rows.items["image"]])
    near = list_near(material)
    for kind, pairs in ((EQUAL, equal), (NEAR, near)):
        yield kind, pairs
        yield kind + OTHER_TITLE, split_by_title(pairs, material.titles)


def _join_labels(material: Material) -> Labels:
    """Number the combinations of all labels, int64 [rows]; -1 where one is unknown."""
    table = np.stack(list(material.labels.values()), axis=1)
    numbers = np.unique(table, axis=0, return_inverse=True)[1].ravel()
    return np.where((table >= 0).all(axis=1), numbers, -1).astype(np.int64)


def _measure(
    kind: str, pairs: NDArray[np.int64], labels: Mapping[str, Labels], material: Material, setting: Setting
) -> Iterator[tuple[str, Disagreement]]:
    groups = join_groups(material.titles, join_pairs(len(material.titles), pairs))
    for name, own in labels.items():
        classes = len(np.unique(own[own >= 0]))
        item = measure_disagreement(pairs, own, groups, classes=classes, replicates=setting.replicates)
        if item is not None and (kind.startswith(EQUAL) or name not in _OF_COLOUR):
            yield name, item


def _render(found: Found, names: tuple[str, ...]) -> str:
    header = ("field", "pairs", "products", "groups", "labels differ", "95 % interval")
    lines = [
        (
            name,
            kind,
            own[name].rows,
            own[name].groups,
            f"{own[name].rate.value:.4f}",
            f"{own[name].rate.low:.4f} to {own[name].rate.high:.4f}",
            f"{own[name].low:.4f}",
            f"{own[name].high.value:.4f}",
            f"{own[name].high.low:.4f} to {own[name].high.high:.4f}",
        )
        for name in names
        for kind, own in found.items()
        if name in own
    ]
    return render_table((*header, "best accuracy, at least", "at most", "95 % interval"), lines)
