"""Hostile, damaged and odd picture files for an acceptance run, with what must become of each.

    folder = Path("mutations")
    for mutation in write_mutations(folder, count=2000, seed=0):
        ...  # find mutation.rows rows below mutation.path, of which mutation.outcome says what they are

Everything is drawn here, and the same seed writes the same bytes.
"""

from __future__ import annotations

import functools
import io
import os
import random
import struct
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features

__all__ = ["Mutation", "Outcome", "draw_picture", "encode_samples", "make_huge_headers", "write_mutations"]

Outcome = Literal["result", "error", "either"]
_Writer = Callable[[Path, random.Random, Mapping[str, bytes]], tuple[Path, int, Outcome]]
_HUGE = 30_000
_FOLDER_SIZE = 100
_BOMB_BYTES = 60_000_000
_MOMENT = (2020, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Mutation:
    """One file, or folder, that `write_mutations` wrote.

    Args:
        path: Where it is.
        kind: What was done to it, such as ``"truncated"``.
        rows: How many rows a table of results and one of errors must hold for it, together.
        outcome: Whether all its rows must be results, or errors, or may be either.
    """

    path: Path
    kind: str
    rows: int
    outcome: Outcome


def write_mutations(folder: Path, *, count: int, seed: int) -> list[Mutation]:
    """Write mutated pictures of every kind, in turns, with sound ones in between.

    Args:
        folder: Made if it is not there; the files go into sub-folders of a hundred.
        count: How many files (or folders named like pictures) to write.
        seed: The same seed writes the same files.

    Returns:
        One record each, in the order of writing.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     [mutation.kind for mutation in write_mutations(Path(folder), count=3, seed=0)]
        ['sound', 'truncated', 'bits flipped']
    """
    rng = random.Random(seed)  # noqa: S311  (nothing secret)
    samples = encode_samples(seed)
    kinds = list(_WRITERS.items())
    mutations = []
    for index in range(count):
        kind, write = kinds[index % len(kinds)]
        stem = folder / f"{index // _FOLDER_SIZE:03}" / f"{index:05}-{kind.replace(' ', '-')}"
        stem.parent.mkdir(parents=True, exist_ok=True)
        path, rows, outcome = write(stem, rng, samples)
        mutations.append(Mutation(path, kind, rows, outcome))
    return mutations


def draw_picture(seed: int, height: int = 120, width: int = 90) -> NDArray[np.uint8]:
    """Draw a picture that no two codecs confuse: gradients, sharp shapes and some noise.

    Args:
        seed: The same seed draws the same picture.
        height: In pixels, at least 8.
        width: In pixels, at least 8.

    Returns:
        RGB [height, width, 3].
    """
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width]
    picture = np.stack([255 * rows // height, 255 * columns // width, np.full_like(rows, 128)], axis=-1)
    picture[height // 8 : height // 3, width // 4 : width // 2] = rng.integers(0, 256, 3)
    picture[(rows - height * 0.7) ** 2 + (columns - width * 0.6) ** 2 < (width / 5) ** 2] = rng.integers(0, 256, 3)
    picture = picture + rng.integers(-6, 7, picture.shape)
    return picture.clip(0, 255).astype(np.uint8)


def encode_samples(seed: int = 0) -> dict[str, bytes]:
    """Encode a drawn picture in every format that this Pillow writes.

    Returns:
        Name, whose last part is the suffix, -> file: ``"progressive.jpg"``, ``"palette.png"`` ...
    """
    image = Image.fromarray(draw_picture(seed))
    clear = image.convert("RGBA")
    clear.putalpha(image.convert("L"))
    turned = Image.Exif()
    turned[0x0112] = 6
    samples = {
        "plain.jpg": _encode(image, "JPEG", quality=90),
        "progressive.jpg": _encode(image, "JPEG", progressive=True),
        "turned.jpg": _encode(image, "JPEG", exif=turned),
        "grey.jpg": _encode(image.convert("L"), "JPEG"),
        "inks.jpg": _encode(image.convert("CMYK"), "JPEG"),
        "plain.png": _encode(image, "PNG"),
        "clear.png": _encode(clear, "PNG"),
        "palette.png": _encode(image.quantize(32), "PNG", transparency=3),
        "line.png": _encode(image.convert("1"), "PNG"),
        "deep.png": _encode(Image.fromarray(draw_picture(seed)[..., 0].astype(np.uint16) * 257), "PNG"),
        "plain.gif": _encode(image.quantize(64), "GIF"),
        "plain.bmp": _encode(image, "BMP"),
        "plain.tif": _encode(image, "TIFF"),
        "packed.tif": _encode(image, "TIFF", compression="tiff_lzw"),
        "plain.webp": _encode(image, "WEBP"),
        "clear.webp": _encode(clear, "WEBP", lossless=True),
    }
    if features.check("avif"):
        samples["plain.avif"] = _encode(image, "AVIF")
    return samples


def _encode(image: Image.Image, name: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def _pick(rng: random.Random, samples: Mapping[str, bytes]) -> tuple[str, bytes]:
    name = rng.choice(list(samples))
    return Path(name).suffix, samples[name]


def _write(stem: Path, suffix: str, data: bytes) -> Path:
    path = stem.with_name(stem.name + suffix)
    path.write_bytes(data)
    return path


def _write_sound(stem: Path, rng: random.Random, samples: Mapping[str, bytes]) -> tuple[Path, int, Outcome]:
    return _write(stem, *_pick(rng, samples)), 1, "result"


def _write_truncated(stem: Path, rng: random.Random, samples: Mapping[str, bytes]) -> tuple[Path, int, Outcome]:
    suffix, data = _pick(rng, samples)
    # A few formats end with bytes that no pixel needs; three quarters are too few for every one of them.
    return _write(stem, suffix, data[: rng.randrange(1, len(data) * 3 // 4)]), 1, "error"


def _write_flipped(stem: Path, rng: random.Random, samples: Mapping[str, bytes]) -> tuple[Path, int, Outcome]:
    suffix, data = _pick(rng, samples)
    damaged = bytearray(data)
    for _ in range(rng.choice([1, 2, 8, 64])):
        # Headers are short, and the more interesting half.
        reach = len(damaged) if rng.random() < 0.5 else min(200, len(damaged))
        damaged[rng.randrange(reach)] ^= 1 << rng.randrange(8)
    return _write(stem, suffix, bytes(damaged)), 1, "either"


def _write_wrong_suffix(stem: Path, rng: random.Random, samples: Mapping[str, bytes]) -> tuple[Path, int, Outcome]:
    suffix, data = _pick(rng, samples)
    others = sorted({Path(name).suffix for name in samples} - {suffix})
    return _write(stem, rng.choice(others).upper(), data), 1, "result"


def _write_stranger(stem: Path, rng: random.Random, _: Mapping[str, bytes]) -> tuple[Path, int, Outcome]:
    texts = (
        b"%PDF-1.7\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<!DOCTYPE html><html></html>",
        b"a,b\n1,2\n",
    )
    return _write(stem, ".jpg", rng.choice((*texts, b"PK\x03\x04", bytes(500), rng.randbytes(500)))), 1, "error"


def _write_empty(stem: Path, rng: random.Random, samples: Mapping[str, bytes]) -> tuple[Path, int, Outcome]:
    return _write(stem, _pick(rng, samples)[0], b""), 1, "error"


def _write_huge(stem: Path, rng: random.Random, samples: Mapping[str, bytes]) -> tuple[Path, int, Outcome]:
    huge = make_huge_headers(samples)
    suffix = rng.choice(list(huge))
    return _write(stem, suffix, huge[suffix]), 1, "error"


def make_huge_headers(samples: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return files whose headers promise 30,000 x 30,000 pixels, by suffix."""
    jpeg, tiff = samples["plain.jpg"], samples["plain.tif"]
    header = struct.pack(">2I5B", _HUGE, _HUGE, 8, 2, 0, 0, 0)
    png = samples["plain.png"]
    huge = {
        ".jpg": _patch(jpeg, jpeg.index(b"\xff\xc0") + 5, struct.pack(">2H", _HUGE, _HUGE)),
        ".png": _patch(png, 16, header + struct.pack(">I", zlib.crc32(b"IHDR" + header))),
        ".gif": _patch(samples["plain.gif"], 6, struct.pack("<2H", _HUGE, _HUGE)),
        ".bmp": _patch(samples["plain.bmp"], 18, struct.pack("<2i", _HUGE, _HUGE)),
        ".tif": _patch_tiff(tiff),
        ".webp": b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + 2 * struct.pack("<I", _HUGE - 1)[:3],
    }
    if "plain.avif" in samples:
        avif = samples["plain.avif"]
        huge[".avif"] = _patch(avif, avif.index(b"ispe") + 8, struct.pack(">2I", _HUGE, _HUGE))
    return huge


def _patch(data: bytes, position: int, replacement: bytes) -> bytes:
    return data[:position] + replacement + data[position + len(replacement) :]


def _patch_tiff(data: bytes) -> bytes:
    start = struct.unpack_from("<I", data, 4)[0]
    for entry in range(struct.unpack_from("<H", data, start)[0]):
        position = start + 2 + 12 * entry
        if struct.unpack_from("<H", data, position)[0] in (256, 257):
            data = _patch(data, position + 2, struct.pack("<H2I", 4, 1, _HUGE))
    return data


def _zip(members: list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), data, method)
    return file.getvalue()


def _tar(members: list[tuple[str, bytes]], mode: Literal["w:", "w:gz"] = "w:") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def _write_bomb(stem: Path, rng: random.Random, samples: Mapping[str, bytes]) -> tuple[Path, int, Outcome]:
    if rng.random() < 0.5:
        return _write(stem, ".zip", _make_bomb()), 1, "error"
    nested = samples["plain.jpg"]
    for depth in range(6):
        nested = _zip([(f"{depth}.zip" if depth else "1.jpg", nested)], zipfile.ZIP_DEFLATED)
    return _write(stem, ".zip", nested), 1, "error"


@functools.cache
def _make_bomb() -> bytes:
    return _zip([("bomb.jpg", bytes(_BOMB_BYTES))], zipfile.ZIP_DEFLATED)


def _write_escape(stem: Path, rng: random.Random, samples: Mapping[str, bytes]) -> tuple[Path, int, Outcome]:
    data = samples["plain.jpg"]
    names = ["../../escaped.jpg", "/etc/escaped.jpg", "C:\\escaped.jpg", "sub/../../escaped.jpg"]
    members = [(name, data) for name in names]
    if rng.random() < 0.5:
        return _write(stem, ".zip", _zip(members)), len(names), "result"
    return _write(stem, ".tar", _tar(members)), len(names), "result"


def _write_archive(stem: Path, rng: random.Random, samples: Mapping[str, bytes]) -> tuple[Path, int, Outcome]:
    members = [(f"pictures/{name}", data) for name, data in samples.items()]
    if rng.random() < 0.5:
        inner = _zip(members, zipfile.ZIP_DEFLATED)
        return _write(stem, ".zip", _zip([("inner.zip", inner), ("readme.txt", b"")])), len(members), "result"
    return _write(stem, ".tar.gz", _tar(members, "w:gz")), len(members), "result"


def _write_damaged_archive(stem: Path, rng: random.Random, samples: Mapping[str, bytes]) -> tuple[Path, int, Outcome]:
    members = list(samples.items())
    data = _zip(members) if rng.random() < 0.5 else _tar(members)
    suffix = ".zip" if data.startswith(b"PK") else ".tar"
    return _write(stem, suffix, data[: rng.randrange(len(data) // 2)]), 1, "error"


def _write_encrypted(stem: Path, _: random.Random, samples: Mapping[str, bytes]) -> tuple[Path, int, Outcome]:
    data = _zip([("secret.jpg", samples["plain.jpg"])])
    # Bit 0 of the flags, in the local header and in the directory.
    data = _patch(_patch(data, 6, b"\1"), data.index(b"PK\x01\x02") + 8, b"\1")
    return _write(stem, ".zip", data), 1, "error"


def _write_doubled(stem: Path, _: random.Random, samples: Mapping[str, bytes]) -> tuple[Path, int, Outcome]:
    data = _zip([("one.jpg", samples["plain.jpg"]), ("two.jpg", samples["grey.jpg"])])
    return _write(stem, ".zip", data.replace(b"two.jpg", b"one.jpg")), 2, "result"


def _write_unreadable(stem: Path, rng: random.Random, samples: Mapping[str, bytes]) -> tuple[Path, int, Outcome]:
    path = _write(stem, *_pick(rng, samples))
    path.chmod(0)
    return path, 1, "result" if os.access(path, os.R_OK) else "error"


def _write_folder(stem: Path, _: random.Random, samples: Mapping[str, bytes]) -> tuple[Path, int, Outcome]:
    path = stem.with_name(stem.name + ".jpg")
    path.mkdir()
    return path, 1, "error"


def _write_odd_name(stem: Path, rng: random.Random, samples: Mapping[str, bytes]) -> tuple[Path, int, Outcome]:
    names = ["größe 👗", "衬衫", "e\u0301te\u0301", "a::b", "50%3A%25", "#1 'two' \"three\"", "  spaces "]
    if os.name == "posix":
        names += ["new\nline", "carriage\rreturn", "tab\t", "back\\slash", "star*?"]
    if sys.platform == "linux":
        names += [os.fsdecode(b"latin-1-\xe9\xff")]
    suffix, data = _pick(rng, samples)
    return _write(stem.with_name(f"{stem.name[:5]}-{rng.choice(names)}"), suffix, data), 1, "result"


def _write_special(stem: Path, rng: random.Random, samples: Mapping[str, bytes]) -> tuple[Path, int, Outcome]:
    path = stem.with_name(stem.name + ".jpg")
    if os.name != "posix":
        return _write_empty(stem, rng, samples)
    if rng.random() < 0.5:
        os.mkfifo(path)
    else:
        path.symlink_to(path.name if rng.random() < 0.5 else "nowhere.jpg")
    return path, 1, "error"


_WRITERS: dict[str, _Writer] = {
    "sound": _write_sound,
    "truncated": _write_truncated,
    "bits flipped": _write_flipped,
    "wrong suffix": _write_wrong_suffix,
    "no picture": _write_stranger,
    "empty": _write_empty,
    "huge header": _write_huge,
    "bomb": _write_bomb,
    "path escape": _write_escape,
    "archive": _write_archive,
    "damaged archive": _write_damaged_archive,
    "encrypted": _write_encrypted,
    "doubled name": _write_doubled,
    "unreadable": _write_unreadable,
    "folder": _write_folder,
    "odd name": _write_odd_name,
    "special file": _write_special,
}
