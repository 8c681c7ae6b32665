"""Arrays in a file of the cache: written whole or not at all, checked when they are read, and never more than data."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["read_arrays", "write_arrays"]

_MARK: Final = b"modiste arrays 1\n"
_LONGEST_HEAD: Final = 1 << 16
_TYPES: Final = frozenset(("<i8", "<i4", "<f4", "<f8", "|u1"))


def write_arrays(path: Path, head: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays of one dimension.

    Args:
        path: The file; its folder exists.
        head: What they are of: plain JSON types.
        arrays: Name -> numbers.

    Raises:
        OSError: The file can't be written.
    """
    bodies = {name: np.ascontiguousarray(array, array.dtype.newbyteorder("<")) for name, array in arrays.items()}
    entries = [[name, body.dtype.str, len(body), zlib.crc32(body.data)] for name, body in bodies.items()]
    line = json.dumps({"head": dict(head), "arrays": entries}).encode() + b"\n"
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(_MARK)
            file.write(line)
            for body in bodies.values():
                file.write(body.data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read_arrays(path: Path, head: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Read arrays that `write_arrays` wrote.

    Args:
        path: The file.
        head: Those of its head's entries that must be as given.

    Raises:
        OSError: The file can't be read.
        ValueError: It is damaged, cut short, or of something else.
    """
    with path.open("rb") as file:
        if file.read(len(_MARK)) != _MARK:
            raise ValueError(f"{path} holds no arrays")
        said = json.loads(file.readline(_LONGEST_HEAD))
        if {name: said["head"].get(name) for name in head} != dict(head):
            raise ValueError(f"{path} is of another state")
        left = os.fstat(file.fileno()).st_size - file.tell()
        arrays = {}
        for name, dtype, length, checksum in said["arrays"]:
            if dtype not in _TYPES or type(length) is not int or not 0 <= length <= left:
                raise ValueError(f"{path} is damaged")
            data = file.read(length * np.dtype(dtype).itemsize)
            if zlib.crc32(data) != checksum:
                raise ValueError(f"{path} is damaged or cut short")
            arrays[str(name)] = np.frombuffer(data, dtype)
    return arrays
