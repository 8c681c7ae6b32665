"""How much a stranger's file may ask of this machine."""

from __future__ import annotations

from dataclasses import dataclass

from modiste.errors import PictureError, UsageError

__all__ = ["ArchiveLimits", "DecodeLimits"]


@dataclass(frozen=True)
class DecodeLimits:
    """The largest picture that is decoded; both limits are checked before a single pixel is.

    Args:
        max_bytes: Bytes of the file.
        max_pixels: Width times height, as the file's header states them. Pillow itself refuses more than
            178,956,970 pixels, whatever is set here.

    Raises:
        UsageError: A limit is not positive.

    Example:
        >>> DecodeLimits(max_pixels=1000).check_size(40, 50)
        Traceback (most recent call last):
        modiste.errors.PictureError: the picture is 50 x 40 = 2,000 pixels large; at most 1,000 are decoded
    """

    max_bytes: int = 50_000_000
    max_pixels: int = 100_000_000

    def __post_init__(self) -> None:
        _check_positive(self, "max_bytes", "max_pixels")

    def check_bytes(self, count: int) -> None:
        """Raise PictureError if a file of ``count`` bytes is too long."""
        if count > self.max_bytes:
            raise PictureError(f"the file is {count:,} bytes long; at most {self.max_bytes:,} are read")

    def check_size(self, height: int, width: int) -> None:
        """Raise PictureError if a picture of this size, in pixels, is empty or too large."""
        if height < 1 or width < 1:
            raise PictureError(f"the picture is {width} x {height} pixels large; expected at least 1 x 1")
        if height * width > self.max_pixels:
            total = f"{width} x {height} = {height * width:,}"
            raise PictureError(f"the picture is {total} pixels large; at most {self.max_pixels:,} are decoded")


@dataclass(frozen=True)
class ArchiveLimits:
    """How far archives are opened.

    Args:
        max_depth: Archives within archives: 1 opens the outermost only.
        max_members: Members of one archive.
        max_unpacked_bytes: What compressed tars and compressed archives within archives may unpack to, in bytes;
            they are unpacked into a nameless temporary file.

    Raises:
        UsageError: A limit is not positive.
    """

    max_depth: int = 3
    max_members: int = 1_000_000
    max_unpacked_bytes: int = 4 * 1024**3

    def __post_init__(self) -> None:
        _check_positive(self, "max_depth", "max_members", "max_unpacked_bytes")


def _check_positive(limits: object, *names: str) -> None:
    for name in names:
        if getattr(limits, name) < 1:
            raise UsageError(f"{name} is {getattr(limits, name)}; expected a whole number above 0")
