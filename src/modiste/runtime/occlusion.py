"""Which parts of a picture an answer rests on: cover one after the other, and see how much less likely it gets.

Zeiler and Fergus (2014), Visualizing and Understanding Convolutional Networks: section 4.2, occlusion sensitivity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.errors import UsageError

__all__ = ["OcclusionGrid", "measure_drop"]

_LEAST: Final = 1e-6  # probabilities nearer to 0 or 1 say the same


@dataclass(frozen=True)
class OcclusionGrid:
    """A grid over the part of a prepared picture that shows something, and the windows that are covered in turn.

    Args:
        region: Top, left, height, width in pixels of the prepared picture: all but its padding.
        rows: Cells from top to bottom.
        columns: Cells from left to right.
        window: Side of a window, in cells; windows overlap, one begins at each cell where it fits.

    Raises:
        UsageError: A number is below 1.

    Example:
        >>> grid = OcclusionGrid.fit((0, 0, 112, 84))
        >>> grid.rows, grid.columns, len(grid.windows)
        (12, 9, 70)
    """

    region: tuple[int, int, int, int]
    rows: int
    columns: int
    window: int = 3

    def __post_init__(self) -> None:
        if min(self.region[2:]) < 1 or min(self.rows, self.columns, self.window) < 1:
            raise UsageError(f"{self} has a side of no length; expected 1 or more everywhere")

    @classmethod
    def fit(cls, region: tuple[int, int, int, int], *, cells: int = 12, window: int = 3) -> OcclusionGrid:
        """Make a grid of nearly square cells.

        Args:
            region: As for the grid.
            cells: Along the longer side.
            window: As for the grid.
        """
        _, _, height, width = region
        longest = max(height, width)
        rows, columns = (max(1, min(side, round(cells * side / longest))) for side in (height, width))
        return cls(region, rows, columns, min(window, rows, columns))

    @property
    def windows(self) -> list[tuple[int, int]]:
        """The first row and column of each window, in cells."""
        rows, columns = self.rows - self.window + 1, self.columns - self.window + 1
        return [(row, column) for row in range(rows) for column in range(columns)]

    def cover(self, picture: NDArray[np.uint8], fill: tuple[int, int, int]) -> NDArray[np.uint8]:
        """Cover each window in turn.

        Args:
            picture: RGB [height, width, 3], as `Preprocessing.prepare` gives it.
            fill: The colour that padding has.

        Returns:
            [windows, height, width, 3].
        """
        covered = np.repeat(picture[None], len(self.windows), axis=0)
        for one, (row, column) in zip(covered, self.windows, strict=True):
            rows, columns = self._find_pixels(row, column)
            one[rows, columns] = fill
        return covered

    def spread(self, drops: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn what each window costs into a map.

        Args:
            drops: [windows], how much is lost when a window is covered.

        Returns:
            [rows, columns] in [0, 1]: of each cell the mean over the windows that cover it, nothing where covering
            helps, divided by the greatest; all 0 where no window costs anything.
        """
        total, count = np.zeros((self.rows, self.columns)), np.zeros((self.rows, self.columns))
        for drop, (row, column) in zip(drops.tolist(), self.windows, strict=True):
            total[row : row + self.window, column : column + self.window] += drop
            count[row : row + self.window, column : column + self.window] += 1
        mean = np.maximum(total / count, 0.0)
        greatest = float(mean.max())
        return mean / greatest if greatest > 0 else np.zeros_like(mean)

    def _find_pixels(self, row: int, column: int) -> tuple[slice, slice]:
        top, left, height, width = self.region
        rows = [top + round(height * edge / self.rows) for edge in (row, row + self.window)]
        columns = [left + round(width * edge / self.columns) for edge in (column, column + self.window)]
        return slice(*rows), slice(*columns)


def measure_drop(whole: float, covered: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much less likely an answer gets: the difference of the log-odds, so that sure answers count, too.

    Args:
        whole: The answer's probability for the whole picture.
        covered: [n], its probabilities with something covered.

    Returns:
        [n]; negative where covering makes the answer more likely.

    Example:
        >>> measure_drop(0.5, np.array([0.5, 0.2])).round(3).tolist()
        [0.0, 1.386]
    """
    return np.asarray(_log_odds(np.float64(whole)) - _log_odds(covered))


def _log_odds(probability: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    bounded = np.clip(probability, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(bounded) - np.log1p(-bounded))
