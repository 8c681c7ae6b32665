"""From whatever a caller calls a picture to a file's content that can be sent."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from modiste.errors import PictureError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

__all__ = ["Box", "Picture", "PictureLike", "list_pictures", "load_picture", "pair_boxes", "write_box"]

PictureLike: TypeAlias = "str | Path | bytes | Image | NDArray[np.uint8]"
"""A path, a file's content, a Pillow picture, or RGB uint8 [height, width, 3]."""

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, width and height in pixels of the picture as shown."""

_MOST: Final = 500_000_000  # bytes of a picture's file
_PLAIN_MODES: Final = ("RGB", "RGBA", "L", "LA", "P", "1", "I;16")
_WIDE_MODES: Final = ("I", "F")  # 32 bits: what is white in them nobody knows


@dataclass(frozen=True)
class Picture:
    """A picture that can be sent: its name for people, and its file's content."""

    name: str
    data: bytes


def list_pictures(pictures: PictureLike | Iterable[PictureLike]) -> list[PictureLike]:
    """Return pictures as a list, also if one alone is given."""
    single = isinstance(pictures, str | Path | bytes | bytearray) or _is_pillow(pictures) or _count_axes(pictures) == 3
    return [pictures] if single else list(pictures)  # type: ignore[arg-type, list-item]


def pair_boxes(
    pictures: Sequence[PictureLike], boxes: Sequence[Box | None] | None
) -> list[tuple[int, PictureLike, Box | None]]:
    """Return each picture with its place and its box.

    Raises:
        UsageError: There are more or fewer boxes than pictures.
    """
    if boxes is not None and len(boxes) != len(pictures):
        raise UsageError(f"there are {len(boxes)} boxes for {len(pictures)} pictures; expected one a picture, or None")
    return [(place, one, None if boxes is None else boxes[place]) for place, one in enumerate(pictures)]


def load_picture(picture: PictureLike, place: int = 0) -> Picture:
    """Return a picture as it is sent; what is in memory already is sent as PNG, which loses nothing.

    Args:
        picture: A path, a file's content, a Pillow picture or RGB uint8 [height, width, 3].
        place: Which one of several it is, for the name of one that has none.

    Raises:
        PictureError: The file can't be read.
        UsageError: It is no picture.

    Example:
        >>> load_picture(b"...", place=2)
        Picture(name='picture 2', data=b'...')
    """
    name = f"picture {place}"
    if isinstance(picture, str | Path):
        return Picture(Path(picture).name, _read_file(Path(picture)))
    if isinstance(picture, bytes | bytearray):
        return Picture(name, bytes(picture))
    if _is_pillow(picture):
        return Picture(name, _encode(picture))
    return Picture(name, _encode(_to_pillow(picture)))


def write_box(box: Box | None) -> str:
    """Return a box as a form has it; an empty text is no box.

    Raises:
        UsageError: It is not four numbers.

    Example:
        >>> write_box((10, 0, 40.5, 80)), write_box(None)
        ('10,0,40.5,80', '')
    """
    if box is None:
        return ""
    numbers = list(box)
    if len(numbers) != 4 or not all(isinstance(one, int | float) for one in numbers):
        raise UsageError(f"the box {box!r} is none; expected left, top, width, height in pixels")
    return ",".join(str(one) for one in numbers)


def _read_file(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise PictureError(f"{path}: {'this is no file' if path.exists() else 'there is no such file'}")
        if path.stat().st_size > _MOST:
            raise PictureError(f"{path} has more than {_MOST:,} bytes; expected a picture's file")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise PictureError(f"{path} can't be read: {getattr(error, 'strerror', None) or error}") from error


def _is_pillow(picture: object) -> bool:
    # Who has a Pillow picture has imported Pillow; who has not is spared it.
    module: Any = sys.modules.get("PIL.Image")
    return module is not None and isinstance(picture, module.Image)


def _count_axes(picture: object) -> int:
    return len(getattr(picture, "shape", ()))


def _to_pillow(picture: Any) -> Image:
    shape: tuple[int, ...] = getattr(picture, "shape", ())
    kind = str(getattr(picture, "dtype", ""))
    if kind != "uint8" or len(shape) != 3 or shape[2] != 3 or 0 in shape:
        given = f"{kind} {list(shape)}" if shape else f"a {type(picture).__name__}"
        raise UsageError(f"{given} is no picture; expected a path, bytes, a Pillow picture or uint8 [height, width, 3]")
    from PIL import Image

    return Image.fromarray(picture)


def _encode(picture: Any) -> bytes:
    from PIL import ImageOps

    if picture.mode in _WIDE_MODES:
        raise PictureError("the picture has values of 32 bits, whose range is unknown; make it 8 or 16 bits")
    turned = ImageOps.exif_transpose(picture)
    plain = turned if turned.mode in _PLAIN_MODES else turned.convert("RGB")
    file = io.BytesIO()
    plain.save(file, "PNG", compress_level=1)
    return file.getvalue()
