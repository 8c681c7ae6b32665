"""What a file is, by its first bytes: the suffix of its name is never asked."""

from __future__ import annotations

import re

from modiste.errors import PictureError

__all__ = ["detect_format"]

# Only these are ever handed to a decoder: each is a picture of pixels, and none runs a program or opens another file.
_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)
_STRANGERS = (
    (b"%PDF-", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"8BPS", "a Photoshop document"),
    (b"\0\0\1\0", "a Windows icon"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"version https://git-lfs", "a Git LFS pointer (type: git lfs pull)"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"PAR1", "a Parquet table"),
)
_READABLE = "JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC"
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}


def detect_format(data: bytes) -> str:
    """Say which picture format some bytes are in.

    Args:
        data: The content of a file, or at least its first kilobyte.

    Returns:
        Pillow's name of the format: JPEG, PNG, GIF, BMP, TIFF, WEBP, AVIF or HEIF.

    Raises:
        PictureError: They are not in one of these formats; the text says what they seem to be.

    Example:
        >>> detect_format(b"GIF89a" + bytes(7))
        'GIF'
        >>> detect_format(b"")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        modiste.errors.PictureError: this seems to be an empty file; expected JPEG, PNG, ...
    """
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        container = _detect_container(data)
        if container:
            return container
    raise PictureError(f"this seems to be {_describe(data)}; expected {_READABLE}")


def _detect_container(data: bytes) -> str | None:
    length = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[start : start + 4] for start in range(16, length, 4))}
    if brands & {b"avif", b"avis"}:
        return "AVIF"
    return "HEIF" if brands & _HEIF_BRANDS else None


def _describe(data: bytes) -> str:
    if not data:
        return "an empty file"
    for signature, name in _STRANGERS:
        if data.startswith(signature):
            return name
    if data[4:8] == b"ftyp":
        return "a video"
    if not data.strip(b"\0"):
        return "nothing but zero bytes"
    return _describe_text(data[:1024])


def _describe_text(head: bytes) -> str:
    try:
        # The kilobyte may end within a character.
        text = head.decode("utf-8-sig", errors="ignore" if len(head) == 1024 else "strict").lstrip().lower()
    except UnicodeDecodeError:
        return "no picture, or one whose beginning is damaged"
    if re.match(r"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!doctype svg[^>]*>\s*)?<svg", text, re.DOTALL):
        return "an SVG drawing"
    if text.startswith(("<!doctype html", "<html", "<head", "<body")):
        return "an HTML page"
    if any(ord(letter) < 32 and letter not in "\t\n\r\f" for letter in text):
        return "no picture, or one whose beginning is damaged"
    return "a text"
