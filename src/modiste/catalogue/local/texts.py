"""Many short texts in two arrays: a million ids take their bytes, and not a Python object each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

__all__ = ["GrowingTexts"]

_REMEMBERED: Final = 1 << 16  # texts that are kept as objects: some 8 MB
_AT_ONCE: Final = 1_024  # rows; whoever asks for more goes through all of them


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
        self._known: dict[int, str] = {}  # row -> its text, of those that were asked for a few at a time

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
        """Return texts out of the packed ones; threads share what is remembered, so none is ever taken out of it."""
        if len(rows) > _AT_ONCE:
            return self._decode(rows)
        wanted, known = rows.tolist(), self._known
        texts = [known.get(row) for row in wanted]
        if None not in texts:
            return cast("list[str]", texts)
        missing = [row for row, text in zip(wanted, texts, strict=True) if text is None]
        found = dict(zip(missing, self._decode(np.array(missing, np.int64)), strict=True))
        if len(known) > _REMEMBERED:
            known = self._known = {}
        known.update(found)
        return [found[row] if text is None else text for row, text in zip(wanted, texts, strict=True)]

    def _decode(self, rows: NDArray[np.int64]) -> list[str]:
        # Numbers one by one out of an array cost more than the texts themselves.
        spans = zip(self._offsets[rows].tolist(), self._offsets[rows + 1].tolist(), strict=True)
        return [self._packed[start:end].decode() for start, end in spans]
