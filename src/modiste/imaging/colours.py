"""Every way of storing colours that Pillow knows, turned into RGB of 8 bits on white."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from modiste.errors import PictureError

__all__ = ["to_rgb"]

_AT_ONCE: Final = 1 << 20  # pixels
_WHITE = (255, 255, 255)


def to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    """Turn a Pillow image of any kind into RGB.

    Transparency is laid on white; four inks are converted without a colour profile; grey of 16 bits is scaled to 8.

    Args:
        image: The image, in any of Pillow's modes but "I" and "F", whose values have no fixed range.

    Returns:
        RGB [height, width, 3], writable.

    Raises:
        PictureError: The values have 32 bits.

    Example:
        >>> to_rgb(Image.new("LA", (1, 1), (0, 0))).tolist()
        [[[255, 255, 255]]]
    """
    if image.mode.startswith("I;16"):
        image = _to_grey(image)
    if image.mode in ("I", "F"):
        raise PictureError("the picture has values of 32 bits, whose range is unknown; save it with 8 or 16 bits")
    if image.has_transparency_data:
        image = _lay_on_white(image)
    return _copy(image if image.mode == "RGB" else image.convert("RGB"))


def _copy(image: Image.Image) -> NDArray[np.uint8]:
    """Return the pixels of an RGB image.

    Pillow writes all that is asked for as bytes first: of a large picture, some rows at a time, or its pixels would be
    there three times.
    """
    width, height = image.size
    step = max(1, _AT_ONCE // max(width, 1))
    if step >= height:
        return np.array(image)
    pixels = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, step):
        pixels[top : top + step] = np.asarray(image.crop((0, top, width, min(top + step, height))))
    return pixels


def _to_grey(image: Image.Image) -> Image.Image:
    values = np.asarray(image).astype(np.uint32)  # [height, width], 0 to 65535
    grey = ((values * 255 + 32767) // 65535).astype(np.uint8)
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        grey[values == transparent] = 255
    return Image.fromarray(grey)


def _lay_on_white(image: Image.Image) -> Image.Image:
    if image.mode == "La":
        image = image.convert("LA")
    image = image.convert("RGBA")
    ground = Image.new("RGB", image.size, _WHITE)
    ground.paste(image, mask=image.getchannel("A"))
    return ground
