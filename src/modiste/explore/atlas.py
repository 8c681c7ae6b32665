"""Many small pictures in a few large ones, so that a page holds each once and shows it wherever it wants."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["Atlas", "Tile", "build_atlas"]

_COLUMNS = 24
_BLOCK = 16  # JPEG's own: a tile that starts on a block does not bleed into its neighbour
_QUALITIES = (80, 65, 50, 35, 20, 10)


class Tile(NamedTuple):
    """Where a picture lies: the sheet's number, left, top, width and height in pixels."""

    sheet: int
    left: int
    top: int
    width: int
    height: int


class Atlas(NamedTuple):
    """Some small pictures in sheets.

    ``tiles`` has one entry a picture, in their order; ``sheets`` are ``data:`` addresses of JPEG files; ``sizes`` their
    widths and heights.
    """

    tiles: tuple[Tile, ...]
    sheets: tuple[str, ...]
    sizes: tuple[tuple[int, int], ...]

    @property
    def length(self) -> int:
        """How many characters the sheets take."""
        return sum(map(len, self.sheets))


def build_atlas(pictures: Sequence[NDArray[np.uint8]], *, most: int = 3_000_000) -> Atlas:
    """Lay small pictures out on sheets.

    Args:
        pictures: RGB [height, width, 3], of about the same size.
        most: About how many characters the sheets may take; beyond it the quality of the JPEG files is lowered.

    Returns:
        The atlas; without sheets for no picture.

    Example:
        >>> atlas = build_atlas([np.zeros((8, 6, 3), np.uint8)] * 2)
        >>> atlas.tiles[1]
        Tile(sheet=0, left=16, top=0, width=6, height=8)
    """
    if not pictures:
        return Atlas((), (), ())
    cell = _BLOCK * -(-max(max(picture.shape[:2]) for picture in pictures) // _BLOCK)
    tiles = tuple(_place(at, picture, cell) for at, picture in enumerate(pictures))
    sheets = [_draw_sheet(number, tiles, pictures) for number in range(tiles[-1].sheet + 1)]
    sizes = tuple(sheet.size for sheet in sheets)
    for quality in _QUALITIES:
        atlas = Atlas(tiles, tuple(_encode(sheet, quality) for sheet in sheets), sizes)
        if atlas.length <= most:
            break
    return atlas


def _place(at: int, picture: NDArray[np.uint8], cell: int) -> Tile:
    sheet, place = divmod(at, _COLUMNS**2)
    row, column = divmod(place, _COLUMNS)
    return Tile(sheet, column * cell, row * cell, picture.shape[1], picture.shape[0])


def _draw_sheet(number: int, tiles: Sequence[Tile], pictures: Sequence[NDArray[np.uint8]]) -> Image.Image:
    mine = [(tile, picture) for tile, picture in zip(tiles, pictures, strict=True) if tile.sheet == number]
    width = max(tile.left + tile.width for tile, _ in mine)
    height = max(tile.top + tile.height for tile, _ in mine)
    sheet = np.full((height, width, 3), 255, np.uint8)
    for tile, picture in mine:
        sheet[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width] = picture
    return Image.fromarray(sheet)


def _encode(sheet: Image.Image, quality: int) -> str:
    data = io.BytesIO()
    sheet.save(data, "JPEG", quality=quality, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode("ascii")
