"""Reading pictures by reference, from folders and archives, from any number of threads."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from modiste.errors import PictureError, SourceError, UsageError
from modiste.imaging.archives import Archive, has_archive_suffix, open_archive
from modiste.imaging.limits import ArchiveLimits, DecodeLimits
from modiste.imaging.members import Member
from modiste.imaging.references import SEPARATOR, split_reference
from modiste.imaging.storage import open_regular_file, read_regular_file
from modiste.imaging.table_members import has_picture_table_suffix

if TYPE_CHECKING:
    from modiste.imaging.picture_tables import PictureTable

__all__ = ["PictureSource"]

# Each open archive holds a file descriptor, of which a process has 256 on macOS.
_MAX_OPEN = 100


class PictureSource:
    """Reads files by reference; archives stay open between reads, and threads may share one source.

    Args:
        limits: How far archives are opened.

    Example:
        >>> import tempfile, zipfile
        >>> with tempfile.TemporaryDirectory() as folder, PictureSource() as source:
        ...     with zipfile.ZipFile(f"{folder}/shop.zip", "w") as archive:
        ...         archive.writestr("1.txt", "hello")
        ...     source.read(f"{folder}/shop.zip::1.txt")
        b'hello'
    """

    def __init__(self, limits: ArchiveLimits = ArchiveLimits()) -> None:  # noqa: B008  (frozen)
        self._limits = limits
        self._archives: dict[str, Archive | PictureTable] = {}
        self._lock = threading.RLock()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, reference: str, max_bytes: int = DecodeLimits.max_bytes) -> bytes:
        """Read the file that a reference names.

        Args:
            reference: A path, or ARCHIVE::MEMBER, as `find_pictures` and `join_reference` write it.
            max_bytes: The longest file that is read.

        Returns:
            Its content.

        Raises:
            PictureError: There is no such file, it is too long, damaged or encrypted, no regular file, or its archive
                can't be opened. The text does not repeat the reference.
            UsageError: The source is closed.
        """
        if self._closed:
            raise UsageError("this PictureSource is closed; make a new one")
        head, _, tail = reference.rpartition(SEPARATOR)
        try:
            if has_archive_suffix(tail or head):
                self._refuse_archive(reference)
            if not tail or not head:
                return _read_file(split_reference(reference)[0], max_bytes)
            archive = self._archives.get(head) or self._open(head)
            return archive.read(_find_member(archive, head, tail), max_bytes)
        except SourceError as error:
            raise PictureError(str(error)) from error

    def read_lines(self, reference: str, max_bytes: int = DecodeLimits.max_bytes) -> Iterator[bytes]:
        """Read the file that a reference names line by line, with the lines' ends.

        Args:
            reference: As for `read`.
            max_bytes: The longest file that is read.

        Yields:
            The lines; only what lies in an archive is held whole.

        Raises:
            PictureError: As `read`.
            UsageError: As `read`.
        """
        if self._closed or SEPARATOR in reference or has_archive_suffix(reference):
            return iter(io.BytesIO(self.read(reference, max_bytes)))
        return _read_file_lines(Path(reference), max_bytes)

    def close(self) -> None:
        """Close the archives; reads that are under way in other threads still end well."""
        with self._lock:
            self._closed = True
            self._archives.clear()

    def _open(self, head: str) -> Archive | PictureTable:
        with self._lock:
            archive = self._archives.get(head)
            if archive is None:
                archive = self._open_new(head)
                self._archives[head] = archive
                while len(self._archives) > _MAX_OPEN:
                    # Threads that read in it keep it open until they are done.
                    del self._archives[next(iter(self._archives))]
            return archive

    def _open_new(self, head: str) -> Archive | PictureTable:
        if head.count(SEPARATOR) >= self._limits.max_depth:
            raise SourceError(f"archives within archives are opened {self._limits.max_depth} deep; unpack one first")
        outer, _, tail = head.rpartition(SEPARATOR)
        if has_picture_table_suffix(head):
            return self._open_table(head, is_inner=bool(outer))
        if not outer:
            return open_archive(_to_path(head), self._limits)
        archive = self._archives.get(outer) or self._open(outer)
        try:
            return archive.open_inner(_find_member(archive, outer, tail))
        except SourceError as error:
            raise SourceError(f"can't read the archive {head}: {error}") from error

    def _open_table(self, head: str, *, is_inner: bool) -> PictureTable:
        # Late, because most sources hold no such table, and polars takes a while to import.
        from modiste.imaging.picture_tables import open_picture_table

        if is_inner:
            raise SourceError(f"pictures in {head} can't be read where it lies; unpack the archive around it first")
        return open_picture_table(_to_path(head), self._limits)

    def _refuse_archive(self, reference: str) -> None:
        # Opening it says best what keeps it from being opened.
        path, members = split_reference(reference)
        if members:
            self._open_new(reference)
        elif path.is_dir():
            return
        else:
            open_archive(path, self._limits)
        raise PictureError("it is an archive; expected a picture in it: ARCHIVE::MEMBER")


def _to_path(head: str) -> Path:
    return split_reference(head + SEPARATOR)[0]


def _find_member(archive: Archive | PictureTable, head: str, name: str) -> Member:
    member = archive.members.get(name)
    if member is None:
        raise PictureError(f"the archive {head} has no member {name!r}; it has {len(archive.members):,} others")
    return member


def _read_file(path: Path, max_bytes: int) -> bytes:
    try:
        data = read_regular_file(path, max_bytes)
    except (OSError, ValueError) as error:
        raise _refuse_file(error) from error
    DecodeLimits(max_bytes=max_bytes).check_bytes(len(data))
    return data


def _read_file_lines(path: Path, max_bytes: int) -> Iterator[bytes]:
    try:
        with open_regular_file(path) as file:
            DecodeLimits(max_bytes=max_bytes).check_bytes(os.fstat(file.fileno()).st_size)
            yield from file
    except (OSError, ValueError) as error:
        raise _refuse_file(error) from error


def _refuse_file(error: Exception) -> PictureError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else error
    return PictureError(f"the file can't be read: {reason}")
