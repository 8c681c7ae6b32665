"""Which classes are looked at picture by picture, and which pictures stand for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.explore.statistics import list_incidences
from modiste.taxonomy import Taxonomy

__all__ = ["Group", "Groups", "build_groups", "pick_examples"]

# How many classes, over all fields, get histograms; and of these, mean pictures and examples.
_FOLLOWED, _PICTURED = 600, 160
_MOST_FOLLOWED, _MOST_PICTURED, _FEWEST = 60, 40, 2


@dataclass(frozen=True)
class Group:
    """A class: the items that have one value of one field.

    Args:
        field: The field.
        value: The value.
        items: How many items have it.
        pictured: Whether it gets a mean picture and examples, too.
    """

    field: str
    value: str
    items: int
    pictured: bool


class Groups:
    """The commonest values of each field as groups of items.

    Args:
        groups: The groups.
        rows: For each group the rows of its items, ascending.
        items: How many items there are.

    Example:
        >>> groups = Groups((Group("a", "x", 2, True),), (np.array([0, 2]),), 3)
        >>> groups.find_members(np.array([2, 1])).tolist()
        [[True, False]]
    """

    def __init__(self, groups: Sequence[Group], rows: Sequence[NDArray[np.int64]], items: int) -> None:
        self.groups = tuple(groups)
        self.rows = tuple(rows)
        lengths = [len(members) for members in rows]
        belongs = np.repeat(np.arange(len(rows)), lengths)
        flat = np.concatenate([*rows, np.empty(0, np.int64)]).astype(np.int64)
        order = np.argsort(flat, kind="stable")
        self._groups_by_item = belongs[order]
        self._starts = np.searchsorted(flat[order], np.arange(items + 1))

    def __len__(self) -> int:
        return len(self.groups)

    def find_members(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which groups some items [n] are in: [groups, n]."""
        members = np.zeros((len(self.groups), len(rows)), np.bool_)
        for at, row in enumerate(rows):
            members[self._groups_by_item[self._starts[row] : self._starts[row + 1]], at] = True
        return members


def build_groups(items: pl.DataFrame, taxonomy: Taxonomy) -> Groups:
    """Group the items by the commonest values of each field; fewer values a field where there are many fields.

    Example:
        >>> from modiste.taxonomy import Field
        >>> items = pl.DataFrame({"label.a": ["x", "y", "x"]})
        >>> [group.value for group in build_groups(items, Taxonomy((Field("a", "single", ("x", "y")),))).groups]
        ['x', 'y']
    """
    followed = _divide(_FOLLOWED, len(taxonomy), _MOST_FOLLOWED)
    pictured = _divide(_PICTURED, len(taxonomy), _MOST_PICTURED)
    groups, rows = [], []
    for field in list(taxonomy)[:_FOLLOWED]:
        found = list_incidences(items, field).group_by("value").agg("item", count=pl.len())
        found = found.sort(["count", "value"], descending=[True, False]).head(followed)
        for rank, (value, members, count) in enumerate(found.select("value", "item", "count").iter_rows()):
            groups.append(Group(field.name, value, count, rank < pictured))
            rows.append(np.sort(np.asarray(members, np.int64)))
    return Groups(groups, rows, items.height)


def pick_examples(
    groups: Groups, candidates: NDArray[np.bool_], rng: np.random.Generator, *, most: int = 700, each: int = 8
) -> NDArray[np.int64]:
    """Pick items whose pictures stand for the classes, the same one for several classes where that is possible.

    Args:
        groups: The classes.
        candidates: [items]: which pictures may be picked.
        rng: Draws them.
        most: How many pictures there may be in all.
        each: How many a class gets, if there is room.

    Returns:
        The rows of the chosen items, ascending; of all items at random where there is no class.
    """
    pictured = [rows for group, rows in zip(groups.groups, groups.rows, strict=True) if group.pictured]
    everything = np.arange(len(candidates))
    share = _divide(most, len(pictured), each)
    chosen: set[int] = set()
    # Small classes first: their few pictures then serve the large ones as well.
    for rows in sorted(pictured, key=len) or [everything]:
        open_rows = rows[candidates[rows]]
        missing = (share if pictured else 4 * each) - sum(int(row) in chosen for row in open_rows)
        left = np.array([row for row in _draw(open_rows, 4 * each + len(chosen), rng) if row not in chosen])
        if len(chosen) < most and missing > 0:
            chosen.update(left[:missing].astype(int).tolist())
    return np.array(sorted(chosen), np.int64)


def _draw(rows: NDArray[np.int64], most: int, rng: np.random.Generator) -> list[int]:
    return [int(row) for row in rng.choice(rows, min(most, len(rows)), replace=False)] if len(rows) else []


def _divide(room: int, shares: int, most: int) -> int:
    return max(_FEWEST, min(most, room // max(1, shares)))
