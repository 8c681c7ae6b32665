"""What is in a folder or an archive: pictures, and any other file, in the order in which a person would count them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from modiste.errors import SourceError
from modiste.imaging.archives import Archive, has_archive_suffix, is_archive, open_archive
from modiste.imaging.limits import ArchiveLimits
from modiste.imaging.members import Member
from modiste.imaging.references import SEPARATOR, encode_part, join_reference

__all__ = ["PICTURE_SUFFIXES", "find_pictures", "list_members", "natural_key"]

PICTURE_SUFFIXES = frozenset(
    f".{name}"
    for name in "avif bmp dib gif heic heif jfif jpe jpeg jpg png tif tiff webp".split()  # noqa: SIM905
)
_ENDINGS = tuple(PICTURE_SUFFIXES)
_LITTER = "__MACOSX"
_NUMBERS = re.compile("([0-9]+)")


# Reference, name, and size in bytes: None for what can't be read as a file, a folder or a damaged archive. A plain
# tuple, because a named one takes five times as long to make.
_Entry = tuple[str, str, int | None]


def find_pictures(path: Path, *, limits: ArchiveLimits = ArchiveLimits()) -> Iterator[str]:  # noqa: B008  (frozen)
    """Find everything that calls itself a picture, by its suffix, below a folder or within an archive.

    Archives on the way are opened too, and archives within them. What should be a picture or hold pictures but can't
    be read as such is there as well, so that nothing is lost silently: a folder named like a picture, a folder that
    can't be listed, an archive that can't be opened. Reading such a reference raises PictureError. Hidden files and
    ``__MACOSX`` are skipped; a folder that several symbolic links lead to is listed once.

    Args:
        path: A folder, an archive, or one file, which is found whatever its name is.
        limits: How far archives are opened.

    Yields:
        References, each once, sorted name by name with numbers by their value: ``2.jpg`` before ``10.jpg``.

    Raises:
        SourceError: There is nothing at ``path``, it can't be listed, or it is a damaged archive.

    Example:
        >>> list(find_pictures(Path("missing")))
        Traceback (most recent call last):
        modiste.errors.SourceError: there is no file or folder 'missing'
    """
    path = Path(path)
    alone = path.is_file() and not is_archive(path)
    for reference, name, size in _Walk(limits).enter(path):
        if alone or size is None or _calls_itself_picture(name):
            yield reference


def list_members(path: Path, *, limits: ArchiveLimits = ArchiveLimits()) -> list[tuple[str, int]]:  # noqa: B008
    """List every file below a folder or within an archive, as `find_pictures` does but whatever its name is.

    Args:
        path: A folder, an archive, or one file.
        limits: How far archives are opened.

    Returns:
        Pairs of reference and size in bytes.

    Raises:
        SourceError: As `find_pictures`.
    """
    return [(reference, size) for reference, _, size in _Walk(limits).enter(Path(path)) if size is not None]


def natural_key(name: str) -> tuple[tuple[tuple[str, ...], ...], str]:
    """Return a key that sorts names part by part, numbers by their value and letters without their case.

    Example:
        >>> sorted(["10.jpg", "2.jpg", "B.jpg", "a.jpg"], key=natural_key)
        ['2.jpg', '10.jpg', 'a.jpg', 'B.jpg']
    """
    return tuple(map(_part_key, name.split("/"))), name


class _Walk:
    """One listing; remembers which folders it has been in and how much it has unpacked."""

    def __init__(self, limits: ArchiveLimits) -> None:
        self._limits = limits
        self._visited: set[tuple[int, int]] = set()
        self._unpacked = 0

    def enter(self, path: Path) -> Iterator[_Entry]:
        if path.is_dir():
            return self._walk_folder(path)
        if is_archive(path):
            archive = open_archive(path, self._limits)
            return self._walk_archive(archive, encode_part(str(path)), depth=1)
        if not os.path.lexists(path):
            raise SourceError(f"there is no file or folder {str(path)!r}")
        return iter([(join_reference(path), path.name, _size_of(path))])

    def _walk_folder(self, root: Path) -> Iterator[_Entry]:
        # A link to a folder above the root would lead round in circles.
        self._visited.update(_identity(parent) for parent in root.resolve().parents)
        first = self._scan(str(root))
        if first is None:
            raise SourceError(f"the folder {str(root)!r} can't be listed; is it yours to read?")
        # A stack instead of recursion: folders may be nested deeper than Python calls may.
        stack = [iter(first)]
        while stack:
            item = next(stack[-1], None)
            if item is None:
                stack.pop()
            elif _is_folder(item):
                inside = self._scan(item.path)
                if inside is None or _calls_itself_picture(item.name):
                    yield (join_reference(item.path), item.name, None)
                stack.append(iter(inside or []))
            else:
                yield from self._look_at_file(item)

    def _scan(self, folder: str) -> list[os.DirEntry[str]] | None:
        """Return what is in a folder, nothing if it was listed before, or None if it can't be listed."""
        try:
            identity = _identity(folder)
            if identity in self._visited:
                return []
            self._visited.add(identity)
            with os.scandir(folder) as items:
                seen = [item for item in items if not _is_hidden(item.name)]
        except OSError:
            return None
        return sorted(seen, key=lambda item: natural_key(item.name))

    def _look_at_file(self, item: os.DirEntry[str]) -> Iterator[_Entry]:
        if not has_archive_suffix(item.name):
            yield (join_reference(item.path), item.name, _size_of(item.path))
            return
        try:
            archive = open_archive(Path(item.path), self._limits)
        except SourceError:
            yield (join_reference(item.path), item.name, None)
            return
        yield from self._walk_archive(archive, encode_part(item.path), depth=1)

    def _walk_archive(self, archive: Archive, prefix: str, depth: int) -> Iterator[_Entry]:
        self._unpacked += archive.unpacked
        for name, member in sorted(archive.members.items(), key=lambda pair: natural_key(pair[1].name)):
            if _holds_hidden(member.name):
                continue
            reference = prefix + SEPARATOR + name
            if not has_archive_suffix(member.name):
                yield (reference, member.name, member.size)
                continue
            inner = self._open_inner(archive, member, depth)
            if inner is not None:
                yield from self._walk_archive(inner, reference, depth + 1)
            else:
                yield (reference, member.name, None)

    def _open_inner(self, archive: Archive, member: Member, depth: int) -> Archive | None:
        if depth >= self._limits.max_depth or self._unpacked >= self._limits.max_unpacked_bytes:
            return None
        try:
            return archive.open_inner(member)
        except SourceError:
            return None


@lru_cache(maxsize=1 << 16)  # the folders, and often the names, of a million pictures are a few thousand
def _part_key(part: str) -> tuple[str, ...]:
    pieces = _NUMBERS.split(part.casefold())
    # Digits are compared as text of equal length: Python refuses to make numbers of thousands of digits.
    pieces[1::2] = [f"{len(digits.lstrip('0')):06}{digits.lstrip('0')}" for digits in pieces[1::2]]
    return tuple(pieces)


def _is_hidden(part: str) -> bool:
    # Dots alone name a folder above, which an archive may do without hiding anything.
    return part == _LITTER or (part.startswith(".") and part.strip(".") != "")


def _holds_hidden(name: str) -> bool:
    if name.startswith(".") or "/." in name or _LITTER in name:
        return any(map(_is_hidden, name.split("/")))
    return False  # as nearly always; looking at each part takes several times as long


def _calls_itself_picture(name: str) -> bool:
    return name.lower().endswith(_ENDINGS)


def _is_folder(item: os.DirEntry[str]) -> bool:
    try:
        return item.is_dir()
    except OSError:
        return False


def _identity(path: str | Path) -> tuple[int, int]:
    status = Path(path).stat()
    return status.st_dev, status.st_ino


def _size_of(path: str | Path) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0
