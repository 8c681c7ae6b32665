"""Stretches of files that any number of threads may read at once."""

from __future__ import annotations

import errno
import io
import os
import stat
import tempfile
import threading
import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import IO, BinaryIO

from modiste.errors import SourceError

__all__ = ["Stretch", "StretchFile", "open_regular_file", "open_stretch", "read_regular_file", "unpack"]

# Without O_NONBLOCK the opening of a pipe waits for somebody to write into it.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_BUFFER = 1 << 18  # bytes


class _Descriptor:
    """An open file, read by position; closed when nothing reads it any more."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._lock = threading.Lock()
        weakref.finalize(self, os.close, number)

    def read_at(self, position: int, count: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._number, count, position)
        with self._lock:  # Windows has no pread
            os.lseek(self._number, position, os.SEEK_SET)
            return os.read(self._number, count)


class Stretch:
    """Some consecutive bytes of an open file: a whole archive, or one that is stored within another.

    Args:
        descriptor: The open file.
        start: Where the stretch begins, in bytes.
        length: Its length in bytes.
    """

    __slots__ = ("_descriptor", "_start", "length")

    def __init__(self, descriptor: _Descriptor, start: int, length: int) -> None:
        self._descriptor = descriptor
        self._start = start
        self.length = length

    def read_at(self, position: int, count: int) -> bytes:
        """Return ``count`` bytes from ``position`` on, or fewer where the stretch ends."""
        count = min(count, self.length - position)
        if count <= 0:
            return b""
        data = self._descriptor.read_at(self._start + position, count)
        while len(data) < count:  # one call reads at most 2 GiB
            more = self._descriptor.read_at(self._start + position + len(data), count - len(data))
            if not more:
                break
            data += more
        return data

    def part(self, position: int, length: int) -> Stretch:
        """Return a stretch within this one; it keeps the file open."""
        return Stretch(self._descriptor, self._start + position, max(0, min(length, self.length - position)))


class StretchFile(io.RawIOBase):
    """A stretch as a file object, for libraries that want one."""

    def __init__(self, stretch: Stretch) -> None:
        super().__init__()
        self._stretch = stretch
        self._position = 0

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be read at any position."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position; negative ones are refused."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._stretch.length}[whence]
        if base + offset < 0:
            raise ValueError(f"position {base + offset} lies before the beginning")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer and return how many bytes there were."""
        data = self._stretch.read_at(self._position, len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def open_stretch(path: Path) -> Stretch:
    """Open a whole file.

    Raises:
        OSError: It can't be opened, or is not a regular file.
    """
    number, size = _open_regular(path)
    return Stretch(_Descriptor(number), 0, size)


def open_regular_file(path: Path) -> BinaryIO:
    """Open a file to be read from its beginning on.

    Raises:
        OSError: It can't be opened, or is not a regular file.
    """
    return open(_open_regular(path)[0], "rb", buffering=_BUFFER)  # noqa: PTH123  (a descriptor has no path)


def read_regular_file(path: Path, max_bytes: int) -> bytes:
    """Read a file whole.

    Args:
        path: Its path.
        max_bytes: Reading stops one byte beyond this.

    Returns:
        Its content, cut off after ``max_bytes + 1`` bytes.

    Raises:
        OSError: It can't be read, or is not a regular file.
    """
    number, size = _open_regular(path)
    try:
        data = os.read(number, min(size, max_bytes) + 1)
        while len(data) <= max_bytes and (more := os.read(number, max_bytes + 1 - len(data))):
            data += more
        return data
    finally:
        os.close(number)


def unpack(chunks: Iterable[bytes], max_bytes: int) -> Stretch:
    """Write chunks of bytes into a nameless temporary file.

    Raises:
        SourceError: There are more than ``max_bytes``.
    """
    with tempfile.TemporaryFile() as file:
        _write_bounded(file, chunks, max_bytes)
        file.flush()
        return Stretch(_Descriptor(os.dup(file.fileno())), 0, file.tell())


def _open_regular(path: Path) -> tuple[int, int]:
    number = os.open(path, _FLAGS)
    status = os.fstat(number)
    if stat.S_ISREG(status.st_mode):
        return number, status.st_size
    os.close(number)
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    raise OSError(errno.EINVAL, f"it is {kinds.get(stat.S_IFMT(status.st_mode), 'a device')}, not a file")


def _write_bounded(file: IO[bytes], chunks: Iterable[bytes], max_bytes: int) -> None:
    written = 0
    for chunk in chunks:
        written += len(chunk)
        if written > max_bytes:
            raise SourceError(f"unpacks to more than {max_bytes:,} bytes; unpack it yourself and give the folder")
        file.write(chunk)
