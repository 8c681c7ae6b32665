"""From the path, name or address that a table gives to the picture itself."""

from __future__ import annotations

import os
import posixpath
import re
from functools import cached_property
from urllib.parse import urlsplit

from modiste.errors import PictureError
from modiste.imaging import is_archive, join_reference, split_reference
from modiste.imaging.references import SEPARATOR
from modiste.readers.cells import is_url
from modiste.readers.source import File, Source, has_picture_suffix

__all__ = ["PictureFinder"]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_DRIVE = re.compile(r"[A-Za-z]:/")
_OUTSIDE = "the path leads out of the folder of pictures; name a folder that holds them all: root"


class PictureFinder:
    """Finds the pictures that a table speaks of, never outside a root.

    A path is tried as it stands, from the table's folder and from the root. Where the root may be searched, the name
    alone, with or without its suffix, is enough if only one file there has it.

    Args:
        root: The folder or the archive that holds the pictures.
        base: The table's folder, as a name below the root.
        search: Whether the root may be listed.
    """

    def __init__(self, root: Source, *, base: str = "", search: bool) -> None:
        self._root = root
        self._base = base
        self._search = search
        self._absolute = os.path.abspath(root.path).replace(os.sep, "/").rstrip("/")  # noqa: PTH100

    def find(self, cell: str) -> File:
        """Return the picture of a cell.

        Args:
            cell: A path, a name, a web address, or a reference into an archive.

        Raises:
            PictureError: There is none, several, or it lies outside the root; the text is the same for all of a kind.
        """
        cell = cell.strip()
        if is_url(cell):
            return File(urlsplit(cell).path.strip("/") or cell, cell)
        if _SCHEME.match(cell):
            raise PictureError("an address that is neither http nor https; download the picture first")
        path = cell.replace("\\", "/")
        name = self._place(path)
        found = None if name is None else self._find_on_disk(name)
        if found is None and self._search and not (name and _is_absolute(path)):
            found = self._find_listed(name, path)
        if found is None:
            raise PictureError(_OUTSIDE if name is None else "no such picture")
        return found

    def _place(self, path: str) -> str | None:
        """Return the path's name below the root, None if it lies outside."""
        if _is_absolute(path):
            inside = posixpath.normpath(path).startswith(self._absolute + "/")
            return posixpath.normpath(path)[len(self._absolute) + 1 :] if inside else None
        name = posixpath.normpath(posixpath.join(self._base, path))
        return None if name == ".." or name.startswith("../") else name

    def _find_on_disk(self, name: str) -> File | None:
        if not self._root.path.is_dir():
            return None
        below, members = split_reference(name)
        path = self._root.path / below
        # Unlike Path.is_file, this takes a path that is too long or holds a zero byte for no file.
        if not os.path.isfile(path) or (not members and is_archive(path)):  # noqa: PTH113
            return None
        return File("/".join((below.as_posix(), *members)), join_reference(path, *members))

    def _find_listed(self, name: str | None, path: str) -> File | None:
        """Look in the listing of the root: for the path from the table's folder, from the root, then by the name."""
        path = posixpath.normpath(path.replace(SEPARATOR, "/"))
        for exact in (name and name.replace(SEPARATOR, "/"), path):
            if exact in self._by_path:
                return self._by_path[exact]
        named = self._by_name.get(posixpath.basename(path), [])
        same_end = [file for file in named if file.name.endswith("/" + path)]
        if len(named) > 1 and len(same_end) != 1:
            raise PictureError("several pictures have this name; give the path below the folder of pictures")
        return next(iter(same_end or named), None)

    @cached_property
    def _by_path(self) -> dict[str, File]:
        return {file.name: file for file in self._root.files}

    @cached_property
    def _by_name(self) -> dict[str, list[File]]:
        """Pictures by their names, with and without the suffix."""
        found: dict[str, list[File]] = {}
        for file in self._root.files:
            if has_picture_suffix(file.name):
                name = posixpath.basename(file.name)
                for key in {name, posixpath.splitext(name)[0]}:
                    found.setdefault(key, []).append(file)
        return found


def _is_absolute(path: str) -> bool:
    return path.startswith("/") or _DRIVE.match(path) is not None
