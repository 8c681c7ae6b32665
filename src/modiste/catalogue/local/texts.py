"""Many short texts in two arrays: a million ids take their bytes, and not a Python object each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["GrowingTexts"]


class GrowingTexts:
    """Texts that are there from the start, packed, and texts that came later.

    Args:
        packed: UTF-8, one text after the other.
        offsets: int64 [n + 1]; text i is ``packed[offsets[i]:offsets[i + 1]]``.

    Example:
        >>> texts = GrowingTexts.pack(["a", "été"])
        >>> texts.extend(["c"])
        >>> texts.take([2, 1])
        ['c', 'été']
    """

    def __init__(self, packed: bytes, offsets: NDArray[np.int64]) -> None:
        # A piece of plain ASCII, which ids nearly always are, is a text already.
        self._packed = packed.decode("ascii") if packed.isascii() else packed
        self._offsets = offsets
        self._later: list[str] = []

    @classmethod
    def pack(cls, texts: Iterable[str]) -> GrowingTexts:
        """Pack some texts."""
        encoded = [text.encode() for text in texts]
        offsets = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(text) for text in encoded], out=offsets[1:])
        return cls(b"".join(encoded), offsets)

    def __len__(self) -> int:
        return len(self._offsets) - 1 + len(self._later)

    def extend(self, texts: Sequence[str]) -> None:
        """Append some texts."""
        self._later.extend(texts)

    def take(self, rows: Sequence[int] | NDArray[np.int64]) -> list[str]:
        """Return the texts of some rows."""
        wanted, first = np.asarray(rows, np.int64), len(self._offsets) - 1
        early = wanted < first
        if early.all():
            return self._cut(wanted)
        texts = iter(self._cut(wanted[early]))
        return [self._later[row - first] if row >= first else next(texts) for row in wanted.tolist()]

    def _cut(self, rows: NDArray[np.int64]) -> list[str]:
        # Numbers one by one out of an array cost more than the texts themselves.
        spans = zip(self._offsets[rows].tolist(), self._offsets[rows + 1].tolist(), strict=True)
        packed = self._packed
        if isinstance(packed, str):
            return [packed[start:end] for start, end in spans]
        return [packed[start:end].decode() for start, end in spans]
