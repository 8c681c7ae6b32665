"""The pictures that the report shows, small, each once."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from modiste.errors import PictureError
from modiste.explore.atlas import Atlas, build_atlas
from modiste.explore.page.frame import render_tile
from modiste.imaging import PictureSource, decode_picture
from modiste.manifest import Manifest

__all__ = ["PREFIX", "Portraits", "read_portraits"]

PREFIX = "j"
_SIDE = 144
_SHOWN = 132  # pixels of the longer side on the page
_THREADS = 4


class Portraits(NamedTuple):
    """Small pictures of some rows: an atlas, and row -> its place there; a picture that can't be read has none."""

    atlas: Atlas
    places: dict[int, int]

    def render(self, row: int, label: str) -> str:
        """Render the picture of a row as HTML.

        Args:
            row: The row of the manifest.
            label: What it shows, in plain text.
        """
        at = self.places.get(row)
        if at is None:
            return '<span class="broken">no picture</span>'
        tile = self.atlas.tiles[at]
        return render_tile(PREFIX, self.atlas, at, label=label, scale=_SHOWN / max(tile.width, tile.height))


def read_portraits(manifest: Manifest, rows: Iterable[int], *, most: int) -> Portraits:
    """Read the pictures of some rows.

    Args:
        manifest: The items; boxes are cut out.
        rows: Which of them.
        most: About how many characters the pictures may take in a page.
    """
    chosen = sorted(set(rows))
    wanted = manifest.items.select("image", "box").rows()
    with PictureSource() as source, ThreadPoolExecutor(_THREADS, "modiste-portrait") as pool:
        read = list(pool.map(lambda row: _read(source, *wanted[row]), chosen))
    found = [(row, picture) for row, picture in zip(chosen, read, strict=True) if picture is not None]
    atlas = build_atlas([picture for _, picture in found], most=most)
    return Portraits(atlas, {row: at for at, (row, _) in enumerate(found)})


def _read(source: PictureSource, image: str, box: list[float] | None) -> NDArray[np.uint8] | None:
    try:
        area = None if box is None else (box[0], box[1], box[2], box[3])
        picture = decode_picture(source.read(image), box=area)
    except PictureError:
        return None  # the evaluation lists it as a problem
    small = Image.fromarray(picture)
    small.thumbnail((_SIDE, _SIDE))
    return np.asarray(small, dtype=np.uint8)
