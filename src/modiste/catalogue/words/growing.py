"""An array that grows at its end, so that adding one row costs the row and not the array."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["GrowingArray"]

Scalar = TypeVar("Scalar", bound=np.generic)


class GrowingArray(Generic[Scalar]):
    """A one-dimensional array that numbers are appended to.

    Args:
        dtype: Of the numbers.

    Example:
        >>> numbers = GrowingArray(np.int64)
        >>> numbers.extend([3, 4])
        >>> numbers.view.tolist()
        [3, 4]
    """

    def __init__(self, dtype: DTypeLike) -> None:
        self._room: NDArray[Any] = np.empty(16, dtype)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def view(self) -> NDArray[Scalar]:
        """What is in it: [n], not a copy; good until the next `extend`."""
        return self._room[: self._size]

    def extend(self, numbers: Any) -> None:
        """Append some numbers."""
        numbers = np.asarray(numbers, self._room.dtype)
        size = self._size + len(numbers)
        if size > len(self._room):
            room = np.empty(max(size, 2 * len(self._room)), self._room.dtype)
            room[: self._size] = self.view
            self._room = room
        self._room[self._size : size] = numbers
        self._size = size
