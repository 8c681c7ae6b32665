"""What the pictures of a class look like on average."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["GroupMeans", "choose_canvas"]


class GroupMeans:
    """The mean picture of each of some groups.

    Args:
        groups: How many groups there are; a picture may be in several.
        height: Of the pictures, in pixels.
        width: Of the pictures, in pixels.

    Example:
        >>> means = GroupMeans(2, 1, 1)
        >>> means.add(np.array([[[[10, 0, 0]]], [[[20, 0, 0]]]], np.uint8), np.array([[True, True], [False, False]]))
        >>> means.pictures[0].tolist(), means.counts.tolist()
        ([[[15, 0, 0]]], [2, 0])
    """

    def __init__(self, groups: int, height: int, width: int) -> None:
        self.counts = np.zeros(groups, np.int64)
        self._sums = np.zeros((groups, height, width, 3), np.float64)

    def add(self, pictures: NDArray[np.uint8], membership: NDArray[np.bool_]) -> None:
        """Take in n pictures [n, height, width, 3], and which groups [groups, n] they are in."""
        present = membership.any(axis=1)
        flat = pictures.reshape(len(pictures), -1).astype(np.float32)
        # Exact: a batch of n pictures adds up to at most 255 n, far below 2 to the 24.
        sums = membership[present].astype(np.float32) @ flat
        self._sums[present] += sums.reshape(-1, *self._sums.shape[1:])
        self.counts += membership.sum(axis=1)

    @property
    def pictures(self) -> NDArray[np.uint8]:
        """The means, RGB [groups, height, width, 3], rounded; black where a group has no picture."""
        means = self._sums / np.maximum(1, self.counts)[:, None, None, None]
        return np.rint(means).astype(np.uint8)


def choose_canvas(widths: NDArray[np.int64], heights: NDArray[np.int64], longest: int) -> tuple[int, int]:
    """Choose the size on which pictures are laid over each other: the median shape, from 1:2 to 2:1.

    Args:
        widths: [n] of some of the pictures, in pixels.
        heights: [n] of the same.
        longest: The longer side of the result, in pixels.

    Returns:
        Height and width; a square for no picture.

    Example:
        >>> choose_canvas(np.array([60]), np.array([80]), 80)
        (80, 60)
    """
    aspect = float(np.clip(np.median(widths / heights), 0.5, 2.0)) if len(widths) else 1.0
    if aspect <= 1:
        return longest, round(longest * aspect)
    return round(longest / aspect), longest
