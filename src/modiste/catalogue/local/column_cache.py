"""Columns beside a cached state, a file each: what filters read, without gathering it from the tables again."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.filters.columns import Column, NumberColumn, VariantColumns, WordColumn, WordListColumn
from modiste.catalogue.local.array_file import read_arrays, write_arrays
from modiste.catalogue.local.columns import ColumnSet

__all__ = ["load_cached_columns", "save_columns"]

_WORDS: Final = "words"
_ENDS: Final = "ends"


def load_cached_columns(folder: Path, names: Iterable[str], rows: int, state: Mapping[str, Any]) -> ColumnSet:
    """Read those of some columns that are there, whole, and of the cached state's rows.

    Args:
        folder: The cached state.
        names: Which columns.
        rows: How many rows the state has.
        state: What they were gathered from, as it was given to `save_columns`.
    """
    found: ColumnSet = {}
    for name in names:
        with contextlib.suppress(OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
            column = _build(read_arrays(_name(folder, name), {**state, "name": name}))
            if len(column) == rows:
                found[name] = column
    return found


def save_columns(folder: Path, columns: ColumnSet, state: Mapping[str, Any]) -> None:
    """Write columns of the cached state's rows, where the folder can be written."""
    with contextlib.suppress(OSError):
        for name, column in columns.items():
            write_arrays(_name(folder, name), {**state, "name": name}, _take_apart(column))


def _name(folder: Path, name: str) -> Path:
    # Names of columns come from the shop, and may hold anything.
    return folder / f"column-{hashlib.sha256(name.encode()).hexdigest()[:24]}"


def _take_apart(column: Column | VariantColumns) -> dict[str, NDArray[Any]]:
    if isinstance(column, NumberColumn):
        return {"values": column.values}
    if isinstance(column, WordColumn):
        return {"codes": column.codes, **_pack(column.values)}
    if isinstance(column, WordListColumn):
        return {"offsets": column.offsets, "codes": column.codes, **_pack(column.values)}
    return {"offsets": column.offsets, "sizes": column.sizes, "stock": column.stock, **_pack(column.size_values)}


def _build(arrays: Mapping[str, NDArray[Any]]) -> Column | VariantColumns:
    """Build a column; LookupError or ValueError if its parts contradict each other."""
    if "values" in arrays:
        return NumberColumn(arrays["values"])
    values = _unpack(arrays)
    if "offsets" not in arrays:
        _check(arrays["codes"], -1, len(values))
        return WordColumn(arrays["codes"], values)
    offsets, codes = arrays["offsets"], arrays["sizes" if "sizes" in arrays else "codes"]
    _check(codes, 0, len(values))
    if int(offsets[0]) or int(offsets[-1]) != len(codes) or (np.diff(offsets) < 0).any():
        raise ValueError("offsets contradict the entries")
    if "sizes" not in arrays:
        return WordListColumn(offsets, codes, values)
    if len(arrays["stock"]) != len(codes):
        raise ValueError("stock is missing")
    return VariantColumns(offsets, codes, values, arrays["stock"])


def _check(codes: NDArray[Any], least: int, count: int) -> None:
    if len(codes) and not least <= int(codes.min()) <= int(codes.max()) < count:
        raise ValueError("a code has no word")


def _pack(values: Iterable[str]) -> dict[str, NDArray[Any]]:
    encoded = [value.encode() for value in values]
    ends = np.cumsum([len(value) for value in encoded], dtype=np.int64)
    return {_WORDS: np.frombuffer(b"".join(encoded), np.uint8), _ENDS: ends}


def _unpack(arrays: Mapping[str, NDArray[Any]]) -> tuple[str, ...]:
    packed, ends = arrays[_WORDS].tobytes(), arrays[_ENDS].tolist()
    return tuple(packed[start:end].decode() for start, end in zip([0, *ends], ends, strict=False))
