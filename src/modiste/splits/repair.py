"""Moving single units between parts until every label has its share in each, as nearly as is asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modiste.splits.units import Units

__all__ = ["SLACK", "find_tolerance", "repair_parts"]

SLACK = 0.1
_SIZE_SLACK = 0.02
_ENOUGH = 1e-6
_PATIENCE = 400  # steps without anything better
_REST = 10  # steps
_SIZERS = 2000  # units that are looked at where only the size of a part is at fault
_PULL = 1e-4


def find_tolerance(wanted: NDArray[np.float64], slack: float = SLACK) -> NDArray[np.float64]:
    """Return how far each count may lie from the one wanted: one item or a share of it, whichever is larger.

    Example:
        >>> find_tolerance(np.array([2.0, 70.0])).tolist()
        [1.0, 7.0]
    """
    return np.maximum(1.0, slack * wanted)


def repair_parts(units: Units, parts: NDArray[np.int64], shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Move units while a label lies outside its tolerance: tabu search (Glover, ORSA Journal on Computing 1989).

    Every step takes a unit out of a part that has too many of one of its labels, or brings it into one that has too
    few: by the move that helps most, or harms least. That unit is then left alone for a while. It ends when nothing is
    at fault, or when nothing has become better for long.

    Args:
        units: What is moved.
        parts: int64 [units]; where they are.
        shares: float64 [parts]; each part's share of all items and of every label.

    Returns:
        int64 [units]; where they were when it was best: never farther from the shares than at the beginning, by the
        sum of the excesses over the tolerances and their squares (`find_tolerance`; for the sizes of parts 2 %).
    """
    board = _Board(units, parts.copy(), shares)
    best, lowest, penalty, since = parts.copy(), 0.0, 0.0, 0
    free_from = np.zeros(len(units), dtype=np.int64)
    step = 0
    while since < _PATIENCE:
        useful = board.find_useful()
        if not len(useful):
            return board.parts
        useful = useful[free_from[useful] <= step]
        if len(useful):
            penalty += _move_best(board, useful, free_from, step)
        step, since = step + 1, since + 1
        if penalty < lowest - _ENOUGH:
            best, lowest, since = board.parts.copy(), penalty, 0
    return best


def _move_best(board: _Board, useful: NDArray[np.int64], free_from: NDArray[np.int64], step: int) -> float:
    """Make the best move of some units, and return what it changes the penalty by."""
    changes = board.measure_moves(useful)
    place, part = divmod(int(changes.argmin()), changes.shape[1])
    if not np.isfinite(changes[place, part]):
        return 0.0
    unit = int(useful[place])
    board.move(unit, part)
    free_from[unit] = step + _REST + unit % _REST  # of different length, or the same moves come round again
    return float(changes[place, part])


class _Board:
    """How many of each label every part has, and should have; the size of a part counts as one more label."""

    def __init__(self, units: Units, parts: NDArray[np.int64], shares: NDArray[np.float64]) -> None:
        count = len(units)
        self.parts = parts
        owners = np.concatenate([units.owners, np.arange(count)])
        order = np.argsort(owners, kind="stable")
        self._labels = np.concatenate([units.labels, np.full(count, units.width)])[order]
        self._counts = np.concatenate([units.counts, units.sizes])[order].astype(np.float64)
        self._starts = units.starts + np.arange(count + 1)
        by_label = units.owners[np.argsort(units.labels, kind="stable")]
        self._having = np.split(by_label, np.cumsum(np.bincount(units.labels, minlength=units.width))[:-1])
        totals = np.append(units.totals, units.sizes.sum())
        self._wanted = totals[:, None] * shares  # [labels + 1, parts]
        self._tolerance = find_tolerance(self._wanted)
        self._tolerance[-1] = find_tolerance(self._wanted[-1], _SIZE_SLACK)
        self._seen = np.zeros(self._wanted.shape)
        np.add.at(self._seen, (self._labels, np.repeat(parts, np.diff(self._starts))), self._counts)

    def find_useful(self) -> NDArray[np.int64]:
        """Return the units that have a label which lies outside its tolerance in some part, ascending."""
        faults = np.abs(self._seen - self._wanted) > self._tolerance + _ENOUGH  # [labels + 1, parts]
        outside: NDArray[np.bool_] = np.any(faults, axis=1)
        found = [self._having[label] for label in np.flatnonzero(outside[:-1])]
        if outside[-1]:
            found.append(np.arange(min(len(self.parts), _SIZERS)))
        return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)

    def move(self, unit: int, part: int) -> None:
        """Bring a unit into another part."""
        entries = slice(self._starts[unit], self._starts[unit + 1])
        self._seen[self._labels[entries], self.parts[unit]] -= self._counts[entries]
        self._seen[self._labels[entries], part] += self._counts[entries]
        self.parts[unit] = part

    def measure_moves(self, some: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return what the penalty changes by if one of some units is moved to a part: [some, parts].

        Moves that correct no fault are infinitely bad.
        """
        widths = self._starts[some + 1] - self._starts[some]
        firsts = np.cumsum(widths) - widths
        entries = np.arange(widths.sum()) + np.repeat(self._starts[some] - firsts, widths)
        labels, counts = self._labels[entries], self._counts[entries][:, None]
        seen, wanted, tolerance = self._seen[labels], self._wanted[labels], self._tolerance[labels]  # [entries, parts]
        now = _penalise(seen, wanted, tolerance)
        arriving = np.add.reduceat(_penalise(seen + counts, wanted, tolerance) - now, firsts)
        leaving = np.add.reduceat(_penalise(seen - counts, wanted, tolerance) - now, firsts)
        here = np.arange(len(some)), self.parts[some]
        faults: NDArray[np.float64] = (np.abs(seen - wanted) > tolerance + _ENOUGH) * np.sign(seen - wanted)
        too_many = faults[np.arange(len(labels)), np.repeat(self.parts[some], widths)] > 0
        helps = np.asarray(np.logical_or.reduceat((faults < 0) | too_many[:, None], firsts))
        helps[here] = False
        return np.where(helps, arriving + leaving[here][:, None], np.inf)


def _penalise(
    seen: NDArray[np.float64], wanted: NDArray[np.float64], tolerance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the excess over the tolerance plus its square, and a slight pull towards what is wanted within it."""
    distance = np.abs(seen - wanted)
    excess = np.maximum(distance - tolerance, 0.0)
    return np.asarray(excess + excess**2 + _PULL * distance**2 / tolerance)
