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
        self._packed = packed
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

    def take(self, rows: Iterable[int]) -> list[str]:
        """Return the texts of some rows."""
        wanted, first = list(rows), len(self._offsets) - 1
        # Numbers one by one out of an array cost more than the texts themselves.
        early = np.array([row for row in wanted if row < first], np.int64)
        spans = zip(self._offsets[early].tolist(), self._offsets[early + 1].tolist(), strict=True)
        texts = (self._packed[start:end].decode() for start, end in spans)
        return [self._later[row - first] if row >= first else next(texts) for row in wanted]
