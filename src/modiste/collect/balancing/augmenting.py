"""Augmented pictures as files: flipped, turned a little, shifted, zoomed, lighter or darker; numpy and Pillow alone."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

__all__ = ["Augmentation", "augment_picture", "draw_augmentation", "encode_jpeg"]

_TURN = 12.0  # degrees
_SHIFT = 0.06  # of the side
_ZOOM = (0.92, 1.12)
_BRIGHTNESS = (0.85, 1.18)
_QUALITY = 95


@dataclass(frozen=True)
class Augmentation:
    """What is done to a picture.

    Args:
        flip: Whether left and right are exchanged.
        turn: Degrees counter-clockwise.
        shift_x: To the right, as a share of the width.
        shift_y: Down, as a share of the height.
        zoom: Above 1 enlarges what is shown.
        brightness: 1 leaves it as it is.
    """

    flip: bool = False
    turn: float = 0.0
    shift_x: float = 0.0
    shift_y: float = 0.0
    zoom: float = 1.0
    brightness: float = 1.0

    def describe(self) -> str:
        """Return it in words, for the column ``meta.augmentation``.

        Example:
            >>> Augmentation(flip=True, turn=-3.5).describe()
            'flip, turn -3.5, shift +0.000 +0.000, zoom 1.000, brightness 1.000'
        """
        words = ["flip"] if self.flip else []
        words += [f"turn {self.turn:+.1f}", f"shift {self.shift_x:+.3f} {self.shift_y:+.3f}"]
        return ", ".join([*words, f"zoom {self.zoom:.3f}", f"brightness {self.brightness:.3f}"])


def draw_augmentation(number: int, *, seed: int) -> Augmentation:
    """Draw an augmentation.

    Args:
        number: From the hash of the copy's id, so that the draw does not depend on what was drawn before.
        seed: Another seed draws another one.
    """
    rng = np.random.default_rng([seed, number])
    return Augmentation(
        flip=bool(rng.random() < 0.5),
        turn=round(float(rng.uniform(-_TURN, _TURN)), 1),
        shift_x=round(float(rng.uniform(-_SHIFT, _SHIFT)), 3),
        shift_y=round(float(rng.uniform(-_SHIFT, _SHIFT)), 3),
        zoom=round(float(rng.uniform(*_ZOOM)), 3),
        brightness=round(float(rng.uniform(*_BRIGHTNESS)), 3),
    )


def augment_picture(picture: NDArray[np.uint8], change: Augmentation) -> NDArray[np.uint8]:
    """Change a picture; its size stays.

    What comes in from outside is the picture's own ground: the median colour of its border.

    Args:
        picture: RGB [height, width, 3].
        change: What to do: first the flip, then turn, zoom and shift at once (bicubic), then the brightness.

    Returns:
        RGB [height, width, 3].

    Example:
        >>> picture = np.zeros((2, 3, 3), np.uint8)
        >>> picture[:, 0] = 200
        >>> augment_picture(picture, Augmentation(flip=True))[0, :, 0].tolist()
        [0, 0, 200]
    """
    image = Image.fromarray(np.ascontiguousarray(picture[:, ::-1] if change.flip else picture))
    if (change.turn, change.shift_x, change.shift_y, change.zoom) != (0.0, 0.0, 0.0, 1.0):
        ground = tuple(int(value) for value in _find_ground(picture))
        matrix = _find_matrix(change, *image.size)
        image = image.transform(image.size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC, fillcolor=ground)
    if change.brightness != 1.0:
        image = ImageEnhance.Brightness(image).enhance(change.brightness)
    return np.asarray(image)


def encode_jpeg(picture: NDArray[np.uint8]) -> bytes:
    """Return a picture as a JPEG file of quality 95, its colours at full size."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=_QUALITY, subsampling=0)
    return file.getvalue()


def _find_ground(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    return np.asarray(np.median(border, axis=0))


def _find_matrix(change: Augmentation, width: int, height: int) -> tuple[float, float, float, float, float, float]:
    """Return where each pixel of the result comes from, as Pillow wants it: the inverse of turn, zoom and shift."""
    angle = math.radians(change.turn)
    cosine, sine = math.cos(angle) / change.zoom, math.sin(angle) / change.zoom
    middle_x, middle_y = width / 2, height / 2
    target_x, target_y = middle_x + change.shift_x * width, middle_y + change.shift_y * height
    return (
        *(cosine, -sine, middle_x - cosine * target_x + sine * target_y),
        *(sine, cosine, middle_y - sine * target_x - cosine * target_y),
    )
