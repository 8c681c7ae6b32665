"""One writing under way: pictures are read one by one, those that can't be go into the table of errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import polars as pl

from modiste.errors import PictureError
from modiste.imaging import PICTURE_SUFFIXES, PictureSource, split_reference
from modiste.imaging.formats import detect_format
from modiste.imaging.limits import DecodeLimits
from modiste.readers.cells import is_url
from modiste.writers.base import WriterOptions
from modiste.writers.names import make_file_names

__all__ = ["ERROR_SCHEMA", "Job", "Picture", "find_suffix", "list_pictures_folder"]

ERROR_SCHEMA = {"item_id": pl.String(), "image": pl.String(), "reason": pl.String()}
_SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "GIF": ".gif", "BMP": ".bmp", "TIFF": ".tif", "WEBP": ".webp"}
_SUFFIXES |= {"AVIF": ".avif", "HEIF": ".heic"}


class Picture(NamedTuple):
    """A picture that was read.

    Args:
        at: The position of its item.
        data: The content of its file.
        suffix: What its name ends in, such as ``".jpg"``.
    """

    at: int
    data: bytes
    suffix: str


@dataclass
class Job:
    """What a writer works with.

    Args:
        target: The file or the folder to write; it lies in a temporary folder and is moved when all is done.
        options: What the user told.
        limits: The largest picture file that is copied.
        progress: Told how many pictures were just done.
    """

    target: Path
    options: WriterOptions
    limits: DecodeLimits = field(default_factory=DecodeLimits)
    progress: Callable[[int], None] = lambda count: None
    errors: list[tuple[str, str, str]] = field(default_factory=list)
    written: int = 0

    def read_pictures(self, items: pl.DataFrame) -> Iterator[Picture]:
        """Read the pictures of items one after the other.

        Args:
            items: With ``item_id`` and ``image``.

        Yields:
            The pictures that can be read; the others go into `errors`.
        """
        with PictureSource() as source:
            for at, (item_id, image) in enumerate(items.select("item_id", "image").iter_rows()):
                try:
                    data, suffix = self._read(source, image)
                except PictureError as error:
                    self.refuse(item_id, image, str(error))
                else:
                    yield Picture(at, data, suffix)
                    self.written += 1
                self.progress(1)

    def _read(self, source: PictureSource, image: str) -> tuple[bytes, str]:
        if is_url(image):
            raise PictureError("an address; download the picture first")
        data = source.read(image, self.limits.max_bytes)
        return data, find_suffix(image, data)

    def count_written(self, count: int) -> None:
        """Count items that are written without reading their pictures."""
        self.written += count
        self.progress(count)

    def refuse(self, item_id: str, image: str, reason: str) -> None:
        """Note a picture that is not written, and why."""
        self.errors.append((item_id, image, reason))

    def copy_pictures(self, items: pl.DataFrame, folder: Path, names: Sequence[str]) -> list[str | None]:
        """Copy the pictures of items into a folder, byte for byte.

        Args:
            items: With ``item_id`` and ``image``.
            folder: It is made, and folders that the names speak of below it.
            names: Name of each picture below the folder, with ``/`` and without a suffix; they are trusted.

        Returns:
            The name of each picture with its suffix, None for those that can't be read.
        """
        copied: list[str | None] = [None] * len(names)
        folder.mkdir(parents=True, exist_ok=True)
        made: set[Path] = {folder}
        for picture in self.read_pictures(items):
            name = names[picture.at] + picture.suffix
            path = folder / name
            if path.parent not in made:
                path.parent.mkdir(parents=True, exist_ok=True)
                made.add(path.parent)
            path.write_bytes(picture.data)
            copied[picture.at] = name
        return copied


def find_suffix(image: str, data: bytes) -> str:
    """Return what the name of a picture should end in: what it ends in already, or what its content calls for.

    Args:
        image: Its reference.
        data: The content of its file.

    Raises:
        PictureError: The content is no picture.

    Example:
        >>> find_suffix("shop.zip::photos/1.JPEG", b"GIF89a"), find_suffix("1163", b"GIF89a")
        ('.jpeg', '.gif')
    """
    kind = detect_format(data)
    path, members = split_reference(image)
    _, dot, ending = (members[-1] if members else path.name).rpartition(".")
    suffix = dot + ending.lower()
    return suffix if suffix in PICTURE_SUFFIXES else _SUFFIXES[kind]


def list_pictures_folder(path: Path) -> tuple[Path, ...]:
    """Return where the pictures of an output that is a file lie: in a folder beside it."""
    return (path.with_name(make_file_names([path.stem])[0] + ".pictures"),)
