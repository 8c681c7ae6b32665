"""Picture references: one line of text that says where a picture is, in a folder or within archives.

A reference is a path, or ``ARCHIVE::MEMBER``, or ``ARCHIVE::INNER.zip::MEMBER`` and so on. Where ``::`` occurs, every
part is percent-encoded just enough to be told apart and to be valid Unicode: colons that would be mistaken for a
separator, bytes of a file name that are not UTF-8, and the percent signs before such codes. A plain path that needs
this itself (it holds ``::``, or is not UTF-8) is encoded and followed by an empty member: ``odd%3A%3Aname.jpg::``.
A reference without ``::`` is a path as it stands.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["SEPARATOR", "encode_part", "join_reference", "split_reference"]

SEPARATOR = "::"
_SURROGATES = re.compile("[\ud800-\udfff]")
_AMBIGUOUS_PERCENT = re.compile(r"%(?=25|3A|[89A-F][0-9A-F])")
_AMBIGUOUS_COLONS = re.compile(r"^:|:$|:(?=:)|(?<=:):")
_CODES = re.compile(r"(?:%(?:25|3A|[89A-F][0-9A-F]))+")


def join_reference(archive: str | Path, *members: str) -> str:
    """Make the reference of a file, or of a member within archives.

    Args:
        archive: Path of the file.
        members: Names within it, the outermost archive's first; none for the file itself.

    Returns:
        The reference; valid Unicode, whatever the names are.

    Example:
        >>> join_reference("shop.zip", "images/1.jpg")
        'shop.zip::images/1.jpg'
        >>> join_reference("shop.zip")
        'shop.zip'
    """
    path = os.fspath(archive)
    if not members and SEPARATOR not in path and not _SURROGATES.search(path):
        return path
    return SEPARATOR.join(map(encode_part, (path, *(members or ("",)))))


def encode_part(name: str) -> str:
    """Write one part of a reference, a path or a member's name, so that it can stand beside ``::``."""
    if name.isascii() and "%" not in name and ":" not in name:
        return name  # as nearly all are
    name = _AMBIGUOUS_PERCENT.sub("%25", name)
    name = _AMBIGUOUS_COLONS.sub("%3A", name)
    return _SURROGATES.sub(lambda match: _encode_surrogate(match[0]), name)


def split_reference(reference: str) -> tuple[Path, tuple[str, ...]]:
    """Take a reference apart; the opposite of `join_reference`.

    Example:
        >>> split_reference("shop.zip::inner.zip::1.jpg")[1]
        ('inner.zip', '1.jpg')
    """
    if SEPARATOR not in reference:
        return Path(reference), ()
    path, *members = map(_decode, reference.split(SEPARATOR))
    return Path(path), () if members == [""] else tuple(members)


def _encode_surrogate(letter: str) -> str:
    # A lone surrogate that Python did not make from an undecodable byte can't be in a file's name.
    code = ord(letter) - 0xDC00
    return f"%{code:02X}" if 0x80 <= code <= 0xFF else "\ufffd"


def _decode(part: str) -> str:
    return _CODES.sub(lambda match: _decode_codes(match[0]), part)


def _decode_codes(codes: str) -> str:
    return "".join(_decode_code(int(code, 16)) for code in codes[1:].split("%"))


def _decode_code(code: int) -> str:
    return chr(code) if code < 0x80 else chr(0xDC00 + code)
