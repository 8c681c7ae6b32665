"""A data source as its files: a folder, an archive or one file, with names below its root."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from modiste.errors import PictureError, SourceError
from modiste.imaging import PICTURE_SUFFIXES, PictureSource, find_pictures, is_archive, list_members, split_reference
from modiste.imaging.archives import Archive, open_archive
from modiste.imaging.limits import ArchiveLimits
from modiste.imaging.references import SEPARATOR
from modiste.readers.identifiers import cut_suffix

__all__ = ["File", "Source", "has_picture_suffix"]

_MAX_TABLE_BYTES = 2_000_000_000
_ENDINGS = tuple(PICTURE_SUFFIXES)
_SURROGATES = re.compile("[\ud800-\udfff]")


class File(NamedTuple):
    """One file of a source.

    Args:
        name: The path below the source's root, with ``/``; an archive on the way counts as a folder.
        reference: What `modiste.imaging.PictureSource` reads.
    """

    name: str
    reference: str


class Source:
    """A folder, an archive or one file, listed when first asked.

    Args:
        path: Where it is.

    Raises:
        SourceError: There is nothing at ``path``.

    Example:
        >>> Source(Path("missing"))
        Traceback (most recent call last):
        modiste.errors.SourceError: there is no file or folder 'missing'; check the spelling, or give the whole path
    """

    def __init__(self, path: Path) -> None:
        if not os.path.lexists(path):
            raise SourceError(f"there is no file or folder '{path}'; check the spelling, or give the whole path")
        self.path = path
        self.is_file = not path.is_dir() and not is_archive(path)
        self._store = PictureSource()
        self._archive: Archive | None = None

    @cached_property
    def files(self) -> list[File]:
        """Every file, in natural order."""
        self._open_archive()
        return self._name(reference for reference, _ in list_members(self.path))

    @cached_property
    def pictures(self) -> list[File]:
        """Everything that calls itself a picture, and what can't be opened to look for some, in natural order."""
        return self._name(find_pictures(self.path))

    def find_unreadable(self) -> list[File]:
        """Return what can't be opened to look for pictures: damaged archives, folders named like a picture."""
        listed = {file.reference for file in self.files}
        return [file for file in self.pictures if file.reference not in listed]

    def read(self, file: File, *, max_bytes: int = _MAX_TABLE_BYTES) -> bytes:
        """Read a file whole.

        Raises:
            PictureError: It is damaged or longer than ``max_bytes``.
        """
        return self._store.read(file.reference, max_bytes)

    def read_table(self, file: File) -> bytes:
        """Read a table whole.

        Raises:
            SourceError: It is damaged or longer than 2 GB.
        """
        try:
            return self.read(file)
        except PictureError as error:
            raise self._refuse(file, error) from error

    def read_lines(self, file: File) -> Iterator[bytes]:
        """Read a table line by line, with the lines' ends; unless it lies in an archive, it is never held whole.

        Raises:
            SourceError: It is damaged or longer than 2 GB.
        """
        try:
            yield from self._store.read_lines(file.reference, _MAX_TABLE_BYTES)
        except PictureError as error:
            raise self._refuse(file, error) from error

    def _open_archive(self) -> None:
        """Open an archive to keep it open: whoever opens it again shares it, and its directory is read once."""
        if self._archive is None and is_archive(self.path):
            self._archive = open_archive(self.path, ArchiveLimits())

    def _refuse(self, file: File, error: PictureError) -> SourceError:
        return SourceError(f"{file.name} in {self.path} can't be read: {error}")

    def _name(self, references: Iterable[str]) -> list[File]:
        root = "" if self.path == Path() else str(self.path)
        return [File(_name_below(reference, root), reference) for reference in references]


def _name_below(reference: str, root: str) -> str:
    """Name a file below the root; what is no valid Unicode is percent-encoded, as in references."""
    archive, _, member = reference.rpartition(SEPARATOR)
    if not archive or not member:
        path, _ = split_reference(reference)
        return _encode(_cut(path, root) or path.name)
    if "%" in member:
        member = _encode(split_reference(archive + SEPARATOR + member)[1][-1])
    return _name_archive(archive, root) + member


@lru_cache(maxsize=64)  # 80,000 members of one archive share this part of their names
def _name_archive(archive: str, root: str) -> str:
    path, members = split_reference(archive if SEPARATOR in archive else archive + SEPARATOR)
    return "".join(f"{_encode(part)}/" for part in (_cut(path, root), *members) if part)


def _cut(path: Path, root: str) -> str:
    return str(path).removeprefix(root).lstrip(os.sep).replace(os.sep, "/")


def _encode(name: str) -> str:
    return _SURROGATES.sub(lambda match: f"%{ord(match[0]) & 0xFF:02X}", name)


def has_picture_suffix(name: str) -> bool:
    """Tell whether a name ends like a picture's.

    Example:
        >>> has_picture_suffix("a.JPG"), has_picture_suffix("styles.csv")
        (True, False)
    """
    return name.lower().endswith(_ENDINGS) and cut_suffix(name) != name  # a name such as ".jpg" has no suffix
