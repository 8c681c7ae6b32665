"""A lock on a file that the operating system releases when its process ends, however it ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO

__all__ = ["FileLock"]


class FileLock:
    """A lock that at most one process holds.

    Args:
        path: The file to lock; made if it is not there. Its folder must exist when the lock is acquired.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def acquire(self) -> bool:
        """Take the lock; False if another process holds it, or removes the file at this moment."""
        try:
            file = self._path.open("ab")
        except FileNotFoundError:
            return False
        try:
            _lock(file)
            in_place = os.path.samestat(os.fstat(file.fileno()), self._path.stat())
        except OSError:
            in_place = False
        if not in_place:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
