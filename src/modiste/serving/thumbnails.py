"""Items' pictures, made small: decoded within limits, kept a while."""

from __future__ import annotations

import hashlib
import io
import threading
from collections import OrderedDict
from typing import Final, NamedTuple

import numpy as np
from PIL import Image

from modiste.imaging import Box, PictureSource, decode_picture
from modiste.imaging.limits import DecodeLimits

__all__ = ["WIDTHS", "Thumbnail", "Thumbnails"]

WIDTHS: Final = (60, 120, 240, 480, 800, 1200)
"""The widths that pictures are made in, in pixels; what is asked for is rounded up."""

_QUALITY: Final = 85


class Thumbnail(NamedTuple):
    """A small picture: a JPEG file, and the tag that changes with it."""

    data: bytes
    etag: str


class Thumbnails:
    """Makes small pictures and remembers the latest; threads may share it.

    Args:
        limits: The largest picture that is decoded.
        memory: Bytes of small pictures that are remembered.
    """

    def __init__(self, limits: DecodeLimits, memory: int = 64_000_000) -> None:
        self._limits, self._memory = limits, memory
        self._source = PictureSource()
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def make(self, reference: str, box: Box | None, width: int, *, version: str = "") -> Thumbnail:
        """Make a picture small.

        Args:
            reference: Where it is.
            box: Only this part of it.
            width: In pixels; rounded up to one of `WIDTHS`. A smaller picture keeps its size.
            version: Tells a picture from an earlier one at the same place, such as its file's hash.

        Raises:
            PictureError: It can't be read.
        """
        step = next((one for one in WIDTHS if one >= width), WIDTHS[-1])
        key = hashlib.sha256(repr((reference, box, step, version)).encode("utf-8", "replace")).hexdigest()[:32]
        with self._lock:
            data = self._kept.get(key)
            if data is not None:
                self._kept.move_to_end(key)
        if data is None:
            data = self._draw(reference, box, step)
            self._keep(key, data)
        return Thumbnail(data, f'"{key}"')

    def read(self, reference: str) -> bytes:
        """Read a picture's file.

        Raises:
            PictureError: It can't be read, or is too long.
        """
        return self._source.read(reference, self._limits.max_bytes)

    def close(self) -> None:
        """Close the archives that pictures were read from."""
        self._source.close()

    def _draw(self, reference: str, box: Box | None, width: int) -> bytes:
        content = self.read(reference)
        # No side is lowered below what is asked for: the height is bounded by a long picture's proportions.
        picture = decode_picture(content, limits=self._limits, box=box, at_least=(4 * width, width))
        image = Image.fromarray(np.ascontiguousarray(picture))
        if image.width > width:
            height = max(1, min(4 * width, round(image.height * width / image.width)))
            image = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
        file = io.BytesIO()
        image.save(file, "JPEG", quality=_QUALITY, optimize=True)
        return file.getvalue()

    def _keep(self, key: str, data: bytes) -> None:
        with self._lock:
            self._size += len(data) - len(self._kept.get(key, b""))
            self._kept[key] = data
            self._kept.move_to_end(key)
            while self._size > self._memory and self._kept:
                _, old = self._kept.popitem(last=False)
                self._size -= len(old)
