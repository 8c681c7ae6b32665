"""THE preprocessing of a picture before a network sees it: training's validation, runtime and server share it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from modiste.errors import UsageError
from modiste.imaging.boxes import Box
from modiste.imaging.decode import Reduced, decode_reduced
from modiste.imaging.limits import DecodeLimits

__all__ = ["Preprocessing", "Resample"]

Resample = Literal["bicubic", "bilinear"]
Triple = tuple[float, float, float]
_FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}


@dataclass(frozen=True)
class Preprocessing:
    """The numbers that turn a picture into a network's input.

    A picture is resized to the largest size that fits ``height`` x ``width`` with its proportions kept, antialiased,
    and padded with ``fill`` to exactly that size. The side that does not fill its length is rounded to the nearest
    pixel (halves up, at least 1); padding is centred, and an odd pixel goes below and to the right.

    Args:
        height: Of the result, in pixels.
        width: Of the result, in pixels.
        fill: Colour of the padding, RGB 0 to 255; white, as most shops' backgrounds are.
        mean: Per channel, in 0 to 255; subtracted by `normalise`.
        std: Per channel, in 0 to 255; what `normalise` then divides by.
        resample: The filter of the resize: ``"bicubic"`` keeps more of a weave than ``"bilinear"``.

    Raises:
        UsageError: A number is out of its range.

    Example:
        >>> small = Preprocessing(height=80, width=60)
        >>> small.prepare(np.zeros((500, 500, 3), np.uint8)).shape
        (80, 60, 3)
        >>> Preprocessing.from_json(small.to_json()) == small
        True
    """

    height: int
    width: int
    fill: tuple[int, int, int] = (255, 255, 255)
    mean: Triple = (127.0, 127.0, 127.0)
    std: Triple = (128.0, 128.0, 128.0)
    resample: Resample = "bicubic"

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1:
            raise UsageError(f"a picture of {self.width} x {self.height} pixels is asked for; expected at least 1 x 1")
        if len(self.fill) != 3 or not all(0 <= value <= 255 for value in self.fill):
            raise UsageError(f"fill is {self.fill}; expected three whole numbers from 0 to 255")
        if len(self.mean) != 3 or len(self.std) != 3 or not all(value > 0 for value in self.std):
            raise UsageError(f"mean {self.mean} and std {self.std} must have three numbers each, std above 0")
        if self.resample not in get_args(Resample):
            raise UsageError(f"resample is {self.resample!r}; expected {' or '.join(get_args(Resample))}")

    def load(
        self,
        data: bytes,
        *,
        limits: DecodeLimits = DecodeLimits(),  # noqa: B008  (frozen)
        box: Box | None = None,
    ) -> NDArray[np.uint8]:
        """Decode a picture file and prepare it.

        Args:
            data: The file's content.
            limits: The largest file and picture.
            box: Cut this out first, in pixels of the picture as shown.

        Returns:
            RGB [height, width, 3].

        Raises:
            PictureError: As `decode_picture`.
        """
        return self.fit_in(decode_reduced(data, limits=limits, box=box, at_least=(self.height, self.width)))

    def prepare(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Resize and pad one picture.

        Args:
            picture: RGB [any height, any width, 3].

        Returns:
            RGB [height, width, 3]; the very same array if it has that size already.

        Raises:
            UsageError: The array is not an RGB picture of 8 bits.
        """
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or picture.size == 0:
            given = f"{picture.dtype} {list(picture.shape)}"
            raise UsageError(f"the array is {given}; expected a picture of uint8 [height, width, 3]")
        height, width = picture.shape[:2]
        return self.fit_in(Reduced(picture, (0, 0, width, height), (height, width)))

    def fit_in(self, reduced: Reduced, image: Image.Image | None = None) -> NDArray[np.uint8]:
        """Resize and pad what `decode_reduced` gave.

        Args:
            reduced: A decoded picture, or the box cut out of it.
            image: The same as Pillow's picture, where there is one already: making one copies all pixels.

        Returns:
            RGB [height, width, 3]; the very same array if it has that size already.
        """
        height, width = self.fit(*reduced.size)
        picture = reduced.picture
        # A picture that was reduced while decoding is larger still, so that it is never taken as it is.
        if picture.shape[:2] != (height, width):
            image = Image.fromarray(np.ascontiguousarray(picture)) if image is None else image
            picture = np.array(image.resize((width, height), _FILTERS[self.resample], reduced.region))
        return picture if (height, width) == (self.height, self.width) else self._pad(picture)

    def fit(self, height: int, width: int) -> tuple[int, int]:
        """Return the height and width, in pixels, that a picture is resized to before it is padded.

        Example:
            >>> Preprocessing(height=80, width=60).fit(100, 50)
            (80, 40)
        """
        if self.height * width <= self.width * height:
            return self.height, _round_ratio(width * self.height, height)
        return _round_ratio(height * self.width, width), self.width

    def normalise(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Turn prepared pictures into the numbers a network computes with.

        Args:
            batch: RGB [n, height, width, 3].

        Returns:
            (value - mean) / std, [n, 3, height, width].
        """
        mean, std = np.asarray(self.mean, np.float32), np.asarray(self.std, np.float32)
        scaled = (batch.astype(np.float32) - mean) / std  # [n, height, width, 3]
        return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as plain JSON types; `from_json` reads them back."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Preprocessing:
        """Read what `to_json` wrote.

        Raises:
            UsageError: A number is missing, unknown or out of its range.
        """
        try:
            numbers: dict[str, Any] = {
                key: tuple(value) if isinstance(value, list) else value for key, value in data.items()
            }
            return cls(**numbers)
        except TypeError as error:
            raise UsageError(f"these are not the numbers of a preprocessing: {error}") from error

    def _pad(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = picture.shape[:2]
        top, left = (self.height - height) // 2, (self.width - width) // 2
        padded = np.empty((self.height, self.width, 3), np.uint8)
        padded[:] = self.fill
        padded[top : top + height, left : left + width] = picture
        return padded


def _round_ratio(numerator: int, denominator: int) -> int:
    return max(1, (2 * numerator + denominator) // (2 * denominator))
