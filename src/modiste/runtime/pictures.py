"""From whatever a caller calls a picture to the pixels that a network reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from modiste.errors import PictureError, UsageError
from modiste.imaging import Box, PictureSource, Preprocessing

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["PictureLike", "iterate_batches"]

PictureLike: TypeAlias = "str | Path | bytes | Image | NDArray[np.uint8]"
"""A path, an ARCHIVE::MEMBER reference, a file's content, a Pillow picture, or RGB uint8 [height, width, 3]."""

_BATCH = 32


def iterate_batches(
    images: PictureLike | Iterable[PictureLike],
    preprocessing: Preprocessing,
    *,
    boxes: Sequence[Box | None] | None = None,
) -> Iterator[NDArray[np.uint8]]:
    """Read and prepare pictures, a bounded number at a time.

    Args:
        images: Pictures, or one picture.
        preprocessing: The bundle's.
        boxes: One a picture: left, top, width, height in pixels of the picture as shown, or None for all of it; only
            for files and their contents.

    Yields:
        uint8 [at most 32, height, width, 3], in order.

    Raises:
        PictureError: A picture can't be read; the text says which.
        UsageError: Something is no picture, or there are more or fewer boxes than pictures.
    """
    pictures = _list_pictures(images)
    if boxes is not None and len(boxes) != len(pictures):
        raise UsageError(f"there are {len(boxes)} boxes for {len(pictures)} pictures; expected one a picture, or None")
    boxes = [None] * len(pictures) if boxes is None else boxes
    with PictureSource() as source:
        for start in range(0, len(pictures), _BATCH):
            chunk = range(start, min(start + _BATCH, len(pictures)))
            yield np.stack([_load(pictures[at], at, boxes[at], preprocessing, source) for at in chunk])


def _list_pictures(images: PictureLike | Iterable[PictureLike]) -> list[PictureLike]:
    single = images.ndim == 3 if isinstance(images, np.ndarray) else isinstance(images, str | Path | bytes)
    if single or _is_pillow(images):
        return [images]  # type: ignore[list-item]
    return list(images)  # type: ignore[arg-type]


def _is_pillow(image: object) -> bool:
    from PIL.Image import Image

    return isinstance(image, Image)


def _load(
    image: PictureLike, position: int, box: Box | None, preprocessing: Preprocessing, source: PictureSource
) -> NDArray[np.uint8]:
    name = str(image) if isinstance(image, str | Path) else f"picture {position}"
    try:
        if isinstance(image, str | Path):
            image = source.read(str(image))
        if isinstance(image, bytes):
            return preprocessing.load(image, box=box)
        if box is not None:
            raise UsageError(f"{name} is in memory already: cut the box {box} out of it before you pass it")
        return preprocessing.prepare(_to_array(image))
    except PictureError as error:
        raise PictureError(f"{name}: {error}") from error


def _to_array(image: object) -> NDArray[np.uint8]:
    if _is_pillow(image):
        return _convert(image)  # type: ignore[arg-type]
    if isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3:
        return image
    given = f"{image.dtype} {list(image.shape)}" if isinstance(image, np.ndarray) else f"a {type(image).__name__}"
    raise UsageError(
        f"{given} is no picture; expected a path, ARCHIVE::MEMBER, bytes, a Pillow picture or uint8 [height, width, 3]"
    )


def _convert(image: Image) -> NDArray[np.uint8]:
    from modiste.imaging.colours import to_rgb
    from modiste.imaging.orientation import get_orientation, turn

    return turn(to_rgb(image), get_orientation(image.getexif()))
