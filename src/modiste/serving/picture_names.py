"""What pictures are called to those who are elsewhere: names below a folder, nothing of where that folder is."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from modiste.imaging.references import join_reference, split_reference

__all__ = ["PictureNames"]


class PictureNames:
    """Names of a catalogue's pictures below the folder that holds them all.

    Whoever has a copy of that folder reads them: ``--root COPY``. Where nothing but the whole disk holds them all, the
    uploaded ones are named below the folder that holds ``pictures``, and the others below one of their own.

    Args:
        roots: Folders; a picture is named below the first one that holds it.

    Example:
        >>> names = PictureNames.of(["/srv/shop/a/1.jpg", "/srv/shop/more.zip::2.jpg"], uploads=Path("/srv/x/pictures"))
        >>> names.find("/srv/shop/a/1.jpg"), names.find("/srv/shop/more.zip::2.jpg"), names.find("/etc/passwd")
        ('a/1.jpg', 'more.zip::2.jpg', None)
    """

    def __init__(self, roots: Iterable[Path]) -> None:
        self._roots = tuple(roots)

    @classmethod
    def of(cls, references: Iterable[str | None], uploads: Path) -> Self:
        """Make the names of all pictures of a catalogue.

        Args:
            references: Of the pictures; addresses, relative names and None have no folder.
            uploads: The folder of those that were uploaded.
        """
        paths = {path.parent for path in (split_reference(one or "")[0] for one in references) if path.is_absolute()}
        whole = _find_common(paths)
        others = {path for path in paths if not path.is_relative_to(uploads)}
        roots = [whole] if whole is not None else [uploads.parent, _find_common(others)]
        return cls(root for root in roots if root is not None)

    def find(self, reference: str | None) -> str | None:
        """Return a picture's name; None where it is in none of the folders. Addresses and relative names stay."""
        if reference is None:
            return None
        path, members = split_reference(reference)
        if "://" in reference or not path.is_absolute():
            return reference
        root = next((root for root in self._roots if path.is_relative_to(root)), None)
        return None if root is None else join_reference(path.relative_to(root).as_posix(), *members)


def _find_common(folders: Iterable[Path]) -> Path | None:
    """Return the folder that holds all folders; None if that is the whole disk, or there are none."""
    try:
        common = Path(os.path.commonpath(list(folders)))
    except ValueError:  # none, or of several disks
        return None
    return None if common == common.parent else common
