"""Files of a batch, which are read while they are sent: one is open at a time, and none is held."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Final, TypeAlias

from modiste.errors import UsageError

__all__ = ["PathLike", "WaitingFile", "list_uploads"]

PathLike: TypeAlias = "str | os.PathLike[str]"
_MOST: Final = 20_000  # as many as the server takes


class WaitingFile:
    """A file that is opened when it is read, and closed at its end.

    Args:
        path: Where it is.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "a.txt").write_text("hello")
        ...     file = WaitingFile(Path(folder, "a.txt"))
        ...     file.seek(0, os.SEEK_END), file.seek(0), file.read(3), file.read(9), file.read(9)
        (5, 0, b'hel', b'lo', b'')
    """

    def __init__(self, path: Path) -> None:
        self._path, self._size = path, path.stat().st_size
        self._file: IO[bytes] | None = None
        self._is_read = False

    def read(self, size: int) -> bytes:
        """Return the next bytes; none at the end."""
        if self._is_read:
            return b""
        if self._file is None:
            self._file = self._path.open("rb")
        piece = self._file.read(size)
        if not piece:
            self._close()
            self._is_read = True
        return piece

    def tell(self) -> int:
        """Return 0: only the start and the end are known."""
        return 0

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        """Go back to the start, or say where the end is."""
        if whence == os.SEEK_END:
            return self._size
        self._close()
        self._is_read = False
        return 0

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def list_uploads(files: PathLike | Iterable[PathLike]) -> list[tuple[str, WaitingFile]]:
    """Return files with the names under which they are sent.

    Args:
        files: A zip, a table, pictures, or folders, whose files are sent with their names below them.

    Raises:
        UsageError: There is no such file, or there are none, or too many.
    """
    places = [files] if isinstance(files, str | os.PathLike) else list(files)
    found = [pair for place in places for pair in _list_place(Path(place))]
    if not found:
        raise UsageError("there is no file to send; name a zip, a table, pictures, or a folder of them")
    if len(found) > _MOST:
        raise UsageError(f"there are {len(found):,} files; a batch takes {_MOST:,}. Send them as a zip")
    return [(name, WaitingFile(path)) for name, path in found]


def _list_place(place: Path) -> list[tuple[str, Path]]:
    if place.is_dir():
        inside = sorted(one for one in place.rglob("*") if one.is_file() and not _is_hidden(one, place))
        return [(one.relative_to(place).as_posix(), one) for one in inside]
    if not place.is_file():
        raise UsageError(f"{place}: there is no such file; name a zip, a table, pictures, or a folder of them")
    return [(place.name, place)]


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
