"""Answers that are sequences of something."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import TypeVar, overload

__all__ = ["Many"]

_T_co = TypeVar("_T_co", covariant=True)


class Many(Sequence[_T_co]):
    """An answer that is counted, gone through and indexed like a tuple."""

    @property
    @abstractmethod
    def _all(self) -> tuple[_T_co, ...]: ...

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[_T_co]:
        return iter(self._all)

    @overload
    def __getitem__(self, place: int) -> _T_co: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[_T_co, ...]: ...
    def __getitem__(self, place: int | slice) -> _T_co | tuple[_T_co, ...]:
        """Return one, or some."""
        return self._all[place]
