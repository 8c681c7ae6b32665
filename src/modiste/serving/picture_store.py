"""Pictures that were uploaded, a file for each item: written whole or not at all, gone with its item."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from modiste.catalogue import CatalogueItem
from modiste.imaging.formats import detect_format
from modiste.imaging.references import join_reference, split_reference

__all__ = ["PictureStore", "write_whole"]

_SUFFIXES: Final = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "WEBP": ".webp",
    "GIF": ".gif",
    "BMP": ".bmp",
    "TIFF": ".tif",
    "AVIF": ".avif",
    "HEIF": ".heic",
}
_OWN: Final = re.compile(r"[0-9a-f]{64}-[0-9a-f]{16}\.\w+")
_SETTLED: Final = 3_600.0  # seconds after which a file that no item has is nobody's, and no put is under way


class PictureStore:
    """A folder of pictures that were uploaded.

    Each file is one item's alone, also where two items show the same picture: its name is the hash of its content and
    a word by chance. So what an item leaves can be removed without asking who else has it, even while another process
    puts an item.

    Args:
        folder: Where; made when the first picture comes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    def keep(self, data: bytes) -> str:
        """Write a picture's file; return its reference.

        Raises:
            PictureError: It is of no format that is known.
        """
        digest = hashlib.sha256(data).hexdigest()
        suffix = _SUFFIXES[detect_format(data)]
        path = self.folder / digest[:2] / f"{digest}-{secrets.token_hex(8)}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)
        return join_reference(path)

    def drop(self, references: Iterable[str | None]) -> None:
        """Remove pictures that their items have no more; what is not of this store stays.

        A file that can't be removed now is left to `sweep`; so is one of an older modiste, which several items may
        share.
        """
        for reference in references:
            path, members = split_reference(reference or "")
            if not members and _OWN.fullmatch(path.name) and path.parent.parent == self.folder:
                _remove(path)

    def sweep(self, items: Iterable[CatalogueItem]) -> int:
        """Remove what a kill left behind: files that no item has. Those of the last hour may be about to get theirs.

        Names are compared, not folders: a catalogue that was moved keeps its pictures.

        Args:
            items: All items of the catalogue; not asked for where there are no pictures.

        Returns:
            How many files were removed.
        """
        files = {path.name: path for path in self.folder.glob("*/*") if _is_settled(path)}
        if not files:
            return 0
        for item in items:
            files.pop(split_reference(item.image or "")[0].name, None)
        for path in files.values():
            _remove(path)
        return len(files)


def _is_settled(path: Path) -> bool:
    try:
        return path.stat().st_mtime < time.time() - _SETTLED
    except OSError:  # another process was quicker
        return False


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all, onto the disk."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
