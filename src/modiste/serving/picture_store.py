"""Pictures that were uploaded, each under the hash of its content: written once, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import Final

from modiste.imaging.formats import detect_format
from modiste.imaging.references import join_reference

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


class PictureStore:
    """A folder of pictures that were uploaded.

    Args:
        folder: Where; made when the first picture comes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def keep(self, data: bytes) -> str:
        """Write a picture's file, unless it is there already; return its reference.

        Raises:
            PictureError: It is of no format that is known.
        """
        digest = hashlib.sha256(data).hexdigest()
        suffix = _SUFFIXES[detect_format(data)]
        path = self._folder / digest[:2] / f"{digest}{suffix}"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, data)
        return join_reference(path)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all, onto the disk."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
