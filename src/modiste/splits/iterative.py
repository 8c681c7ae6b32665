"""Iterative stratification: parts that keep the share of many labels at once, for single items or whole groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from modiste.splits.repair import repair_parts
from modiste.splits.stratified import check_shares
from modiste.splits.units import Units, build_units

__all__ = ["add_label_pairs", "divide_units", "make_iterative_parts"]

_EQUAL = 1e-9


def make_iterative_parts(
    item_ids: Sequence[str],
    rows: NDArray[np.int64],
    labels: NDArray[np.int64],
    shares: Mapping[str, float],
    *,
    seed: int,
    groups: NDArray[np.int64] | None = None,
    pairs: bool = False,
) -> list[str]:
    """Divide items so that each part has its share of every label.

    The rarest label that is left is dealt out first, item by item, to the part that lacks most of it (Sechidis,
    Tsoumakas and Vlahavas, "On the Stratification of Multi-Label Data", ECML PKDD 2011). With ``pairs``, pairs of
    labels that occur together count as labels too (Szymański and Kajdanowicz, "A Network Perspective on
    Stratification of Multi-Label Data", LIDTA 2017). Then items are moved from part to part until every label lies
    within one item or 10 % of its share, whichever is larger, or no move helps any more.

    Args:
        item_ids: [n], each once; the order in which they come does not matter.
        rows: int64 [pairs]; with ``labels``, which item has which label, each pair once.
        labels: int64 [pairs]; numbers from 0.
        shares: Part -> share, in (0, 1]; together 1.
        seed: Another seed gives another division.
        groups: int64 [n]; items of one number stay together (`connect_rows`).
        pairs: Also keep the shares of pairs of labels.

    Returns:
        One part an item.

    Raises:
        ValueError: The shares do not add up to 1.

    Example:
        >>> ids = [str(number) for number in range(40)]
        >>> rows = np.arange(40)
        >>> parts = make_iterative_parts(ids, rows, rows % 2, {"train": 0.75, "test": 0.25}, seed=0)
        >>> sum(part == "test" and row % 2 for row, part in enumerate(parts))
        5
    """
    check_shares(shares)
    width = int(labels.max(initial=-1)) + 1
    units = build_units(item_ids, rows, labels, width, seed=seed, groups=groups)
    wanted = np.array(list(shares.values()))
    parts = divide_units(add_label_pairs(units) if pairs else units, wanted)
    parts = repair_parts(units, parts, wanted)
    names = [*shares]
    return [names[part] for part in parts[units.unit_of_item].tolist()]


def divide_units(units: Units, shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Deal out units, the rarest label first; those without a label come last, the largest first.

    Args:
        units: Of equally large ones, the first is dealt out first.
        shares: float64 [parts], which add up to 1.

    Returns:
        int64 [units]; the number of each unit's part.
    """
    dealer = _Dealer(units, shares)
    left = np.bincount(units.labels, minlength=units.width)  # units that have each label and no part yet
    members = _list_members(units)
    while left.any():
        label = int(np.argmin(np.where(left > 0, left, np.iinfo(np.int64).max)))
        taken = [unit for unit in members[label] if dealer.parts[unit] < 0]
        for unit in taken:
            dealer.deal(unit, label)
        np.subtract.at(left, np.concatenate([dealer.labels_of(unit) for unit in taken]), 1)
    for unit in np.argsort(-units.sizes, kind="stable").tolist():
        if dealer.parts[unit] < 0:
            dealer.deal(unit, None)
    return np.array(dealer.parts, dtype=np.int64)


def add_label_pairs(units: Units) -> Units:
    """Return the units with a further label for every pair of labels that one of them has.

    Args:
        units: The units; a pair counts as often as the rarer of its two labels within a unit.

    Returns:
        The same units, wider.
    """
    owners, places = units.owners, np.arange(len(units.labels))
    reach = units.starts[owners + 1] - places - 1  # entries behind each one within its unit
    first = np.repeat(places, reach)
    offsets = np.arange(len(first)) - np.repeat(np.cumsum(reach) - reach, reach)
    second = first + 1 + offsets
    codes, pairs = np.unique(units.labels[first] * units.width + units.labels[second], return_inverse=True)
    labels = np.concatenate([units.labels, units.width + pairs])
    counts = np.concatenate([units.counts, np.minimum(units.counts[first], units.counts[second])])
    owners = np.concatenate([owners, owners[first]])
    order = np.lexsort((labels, owners))
    starts = np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=len(units)))])
    return Units(units.sizes, starts, labels[order], counts[order], units.width + len(codes), units.unit_of_item)


class _Dealer:
    """What each part still lacks of each label. Plain lists: a part is chosen unit by unit, where arrays are slow."""

    def __init__(self, units: Units, shares: NDArray[np.float64]) -> None:
        self._units = units
        self._lacking: list[list[float]] = (units.totals[:, None] * shares).tolist()  # [labels][parts]
        self._room: list[float] = (units.sizes.sum() * shares).tolist()
        self._starts: list[int] = units.starts.tolist()
        self._labels: list[int] = units.labels.tolist()
        self._counts: list[int] = units.counts.tolist()
        self._sizes: list[int] = units.sizes.tolist()
        self.parts = [-1] * len(units)

    def labels_of(self, unit: int) -> NDArray[np.int64]:
        return self._units.labels[self._starts[unit] : self._starts[unit + 1]]

    def deal(self, unit: int, label: int | None) -> None:
        """Give a unit to the part that lacks most of a label; of equal ones to the one with most room."""
        room = self._room
        part = _find_most(room if label is None else self._lacking[label], room, unit)
        self.parts[unit] = part
        room[part] -= self._sizes[unit]
        for place in range(self._starts[unit], self._starts[unit + 1]):
            self._lacking[self._labels[place]][part] -= self._counts[place]


def _find_most(lacking: list[float], room: list[float], unit: int) -> int:
    most = max(lacking) - _EQUAL
    best = [part for part, value in enumerate(lacking) if value >= most]
    if len(best) > 1:
        widest = max(room[part] for part in best) - _EQUAL
        best = [part for part in best if room[part] >= widest]
    return best[unit % len(best)]  # units are in the order of hashes, so this is a draw


def _list_members(units: Units) -> list[list[int]]:
    """Return the units that have each label, those that have it oftenest first."""
    owners = units.owners
    order = np.lexsort((owners, -units.counts, units.labels))
    stops = np.cumsum(np.bincount(units.labels, minlength=units.width))
    return [part.tolist() for part in np.split(owners[order], stops[:-1])] if units.width else []
