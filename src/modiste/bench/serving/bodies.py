"""Hostile bodies, drawn from seeds: what no decoder takes, what one may take, archives, and texts of JSON."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from PIL import Image

from modiste.bench.mutations import encode_samples, make_huge_headers

__all__ = ["ARCHIVES", "JSON_BODIES", "NAMES", "NO_PICTURES", "ODD_PICTURES", "build_png"]

Maker = Callable[[random.Random, bytes], bytes]
"""Draws a body; it is given a sound JPEG, too."""

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_SCRIPT: Final = b"<script>alert(1)</script>"
_ZEROS: Final = 80_000_000
_LARGEST: Final = 2**31 - 1

NAMES: Final = (
    "../../../escape.jpg",
    "/etc/escape.jpg",
    "..\\..\\escape.jpg",
    "C:\\escape.jpg",
    "a\x00escape.jpg",
    "escape.jpg\x00.txt",
    "\u202egpj.epacse",
    "\ud83d\udc55".encode("utf-16", "surrogatepass").decode("utf-16") + "escape.jpg",
    "con.jpg",
    ".",
    "..",
    "",
    "escape" + "e" * 5000 + ".jpg",
    "$(touch escape).jpg",
    "escape.jpg;rm -rf .",
    "%2e%2e%2fescape.jpg",
    "escape\r\nx-added: 1.jpg",
    '<img src=x onerror="alert(1)">.jpg',
)
"""File names that want to lead elsewhere."""


def build_png(width: int, height: int, data: bytes = b"") -> bytes:
    """Return a PNG that says how large it is, with whatever data.

    Args:
        width: In pixels, up to 2**32 - 1.
        height: Likewise.
        data: Of its one chunk of pixels.
    """
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return _PNG + _build_chunk(b"IHDR", header) + _build_chunk(b"IDAT", data) + _build_chunk(b"IEND", b"")


def _build_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@cache
def _pack_zeros(size: int) -> bytes:
    return zlib.compress(bytes(size))


def _draw_bomb(rng: random.Random, _: bytes) -> bytes:
    side = rng.randrange(20_000, 60_000)
    return build_png(side, side, _pack_zeros(10_000_000))


def _draw_huge_header(rng: random.Random, _: bytes) -> bytes:
    huge = _list_huge_headers()
    return huge[rng.randrange(len(huge))]


@cache
def _list_huge_headers() -> list[bytes]:
    return list(make_huge_headers(encode_samples()).values())


def _draw_cut(rng: random.Random, good: bytes) -> bytes:
    return good[: rng.randrange(2, len(good) // 2)]


def _draw_page(rng: random.Random, _: bytes) -> bytes:
    return b"<!doctype html>" + _SCRIPT * rng.randrange(1, 100)


def _draw_polyglot_start(rng: random.Random, _: bytes) -> bytes:
    return b"GIF89a/*" + _SCRIPT * rng.randrange(1, 100)


def _draw_text_chunk(rng: random.Random, _: bytes) -> bytes:
    return _PNG + struct.pack(">I", _LARGEST) + b"tEXt" + b"A" * rng.randrange(10, 100_000)


def _draw_text_bomb(rng: random.Random, _: bytes) -> bytes:
    """A PNG whose packed text is a thousand times as long."""
    text = b"note\x00\x00" + _pack_zeros(20_000_000 + rng.randrange(3) * 20_000_000)
    return _PNG + _build_chunk(b"zTXt", text) + build_png(0, 0)[8:]


def _draw_bad_length(rng: random.Random, _: bytes) -> bytes:
    return b"\xff\xd8\xff\xe1\xff\xff" + b"Exif\x00\x00" + b"\xff" * rng.randrange(10, 70_000)


def _draw_scans(rng: random.Random, _: bytes) -> bytes:
    """A JPEG that begins, and begins, and never comes to its pixels."""
    return b"\xff\xd8" + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x00" * rng.randrange(100, 20_000)


def _draw_gzip(rng: random.Random, _: bytes) -> bytes:
    packer = zlib.compressobj(wbits=31)
    return packer.compress(bytes(rng.randrange(1_000_000, 10_000_000))) + packer.flush()


def _zip(members: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


@cache
def _pack_bomb() -> bytes:
    return _zip({"bomb.jpg": bytes(_ZEROS), "inner.zip": b"PK\x03\x04" + bytes(1000)})


NO_PICTURES: Final[Mapping[str, Maker]] = {
    "a bomb of pixels": _draw_bomb,
    "a huge header": _draw_huge_header,
    "a bomb in a small header": lambda rng, good: build_png(_LARGEST, _LARGEST),
    "no pixels": lambda rng, good: build_png(0, rng.randrange(3)),
    "half a picture": _draw_cut,
    "only a header": lambda rng, good: good[: rng.randrange(2, 20)],
    "zeros": lambda rng, good: bytes(rng.randrange(1, 100_000)),
    "noise": lambda rng, good: b"\x00" + rng.randbytes(rng.randrange(1, 100_000)),
    "a page": _draw_page,
    "a drawing": lambda rng, good: b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "a page behind a picture's start": _draw_polyglot_start,
    "a zip": lambda rng, good: _pack_bomb(),
    "an entity bomb": lambda rng, good: b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>',
    "a script": lambda rng, good: b"#!/bin/sh\ntouch escape\n",
    "an endless text chunk": _draw_text_chunk,
    "a bomb of text": _draw_text_bomb,
    "a bad length of a JPEG": _draw_bad_length,
    "a JPEG of beginnings": _draw_scans,
    "a bomb of gzip": _draw_gzip,
    "a program": lambda rng, good: b"\x7fELF\x02\x01\x01" + rng.randbytes(2000),
}
"""Bodies that are no pictures, or larger than any limit: each must be told to be one."""


def _flip(rng: random.Random, good: bytes) -> bytes:
    data = bytearray(good)
    for _ in range(rng.randrange(1, 40)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def _draw_frames(rng: random.Random, _: bytes) -> bytes:
    file = io.BytesIO()
    size = rng.randrange(1, 300), rng.randrange(1, 300)
    frames = [Image.new("P", size, number) for number in range(rng.randrange(2, 60))]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    return file.getvalue()


ODD_PICTURES: Final[Mapping[str, Maker]] = {
    "flipped bytes": _flip,
    "a page behind a picture": lambda rng, good: good + _SCRIPT * rng.randrange(1, 1000),
    "a zip behind a picture": lambda rng, good: good + ARCHIVES["names that lead elsewhere"](rng, good),
    "many frames": _draw_frames,
    "a picture and much more": lambda rng, good: good + bytes(rng.randrange(1, 5_000_000)),
    "two pictures in one": lambda rng, good: good + good,
    "a thin picture": lambda rng, good: build_png(rng.randrange(1, 60_000), 1, zlib.compress(bytes(180_001))),
    "pixels up to the limit": lambda rng, good: build_png(6_000, 6_000, _pack_zeros(108_006_000)),
}
"""Bodies that may be read, or not; either way at little cost."""


@cache
def _nest(depth: int) -> bytes:
    inner = _pack_bomb()
    for level in range(depth):
        inner = _zip({f"{level}-{place}.zip": inner for place in range(3)})
    return inner


def _draw_table(rng: random.Random, _: bytes) -> bytes:
    places = [
        "/etc/passwd",
        "../../../etc/passwd",
        "http://127.0.0.1:1/x.jpg",
        "file:///etc/shadow",
        "=cmd|'/c calc'!A1",
    ]
    return b"image,title\n" + "\n".join(f"{rng.choice(places)},{row}" for row in range(50)).encode()


ARCHIVES: Final[Mapping[str, Maker]] = {
    "a bomb": lambda rng, good: _pack_bomb(),
    "archives in archives": lambda rng, good: _nest(rng.randrange(1, 4)),
    "names that lead elsewhere": lambda rng, good: _zip({name or "x": good for name in NAMES}),
    "an archive cut short": lambda rng, good: _zip({"a.jpg": good})[: rng.randrange(4, 60)],
    "an archive of nothing": lambda rng, good: _zip({}),
    "many small members": lambda rng, good: _zip({f"{place}.txt": b"x" for place in range(rng.randrange(100, 2000))}),
    "a table of other people's files": _draw_table,
}
"""Archives and tables that somebody uploads as a batch."""


def _nest_json(rng: random.Random, _: bytes) -> bytes:
    depth = rng.randrange(1_000, 200_000)
    return rng.choice([b"[" * depth, b'{"a":' * depth, b"[" * depth + b"]" * depth])


JSON_BODIES: Final[Mapping[str, Maker]] = {
    "deep": _nest_json,
    "huge numbers": lambda rng, good: b'{"k": ' + b"9" * rng.randrange(10, 6_000) + b', "vector": [1e999, -1e999]}',
    "no numbers": lambda rng, good: b'{"vector": [NaN, Infinity, -Infinity], "k": true}',
    "many numbers": lambda rng, good: json.dumps({"vector": [0.1] * rng.randrange(60_000, 200_000)}).encode(),
    "a long text": lambda rng, good: json.dumps({"text": "\u0101" * rng.randrange(2_001, 2_000_000)}).encode(),
    "half a letter": lambda rng, good: b'{"text": "\\ud800", "item": "\\udfff\\u0000"}',
    "no UTF-8": lambda rng, good: b'{"text": "\xff\xfe' + rng.randbytes(100).replace(b'"', b"") + b'"}',
    "names twice": lambda rng, good: b'{"k": 1, "k": "x", "__proto__": {}, "item": ["a"]}',
    "a deep filter": lambda rng, good: json.dumps({"where": "not (" * rng.randrange(10, 1_900)}).encode(),
    "a wide filter": lambda rng, good: json.dumps({"where": " or ".join(["price < 1"] * 900), "k": 10**9}).encode(),
    "too many changes": lambda rng, good: json.dumps({"delete": ["x"] * rng.randrange(1_001, 50_000)}).encode(),
    "no JSON": lambda rng, good: rng.randbytes(rng.randrange(1, 5_000)),
}
"""Bodies of application/json."""
