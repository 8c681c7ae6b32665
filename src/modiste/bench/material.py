"""What the measurements work on: an archive of real pictures where there are some, of drawn ones where not."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from modiste.bench.accept import Setting
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.errors import PictureError, UsageError
from modiste.imaging import PictureSource, decode_picture, find_pictures
from modiste.synthetic import draw_shop

__all__ = ["Material", "find_source", "pack_pictures", "pack_source"]

_DISTINCT = 500  # a drawn picture takes milliseconds, and a decoder does not mind seeing it again
_SIZE = (60, 80)
_QUALITY = 92
_MOMENT = (2020, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Material:
    """A zip of JPEG files to measure on.

    Args:
        archive: The zip.
        pictures: How many there are.
        data: What they are, in words.
        sizes: How large they are, in words.
    """

    archive: Path
    pictures: int
    data: str
    sizes: str


def find_source(setting: Setting) -> Path | None:
    """Return the zip of real pictures of a setting, or None where there is none."""
    source = None if setting.data is None else setting.data / SMALL_PICTURES
    return source if source is not None and source.is_file() else None


def pack_pictures(setting: Setting, archive: Path, count: int, *, damaged_every: int | None = None) -> Material:
    """Write a zip of pictures: of the real ones at equal distances where there are some, else of drawn ones.

    Args:
        setting: Says where real pictures may be.
        archive: The zip to write; its members are stored, as cameras and shops do.
        count: How many pictures; drawn ones repeat after 500 under other names.
        damaged_every: Cut every such picture short, so that it can't be read.
    """
    return pack_source(find_source(setting), archive, count, damaged_every=damaged_every)


def pack_source(source: Path | None, archive: Path, count: int, *, damaged_every: int | None = None) -> Material:
    """As `pack_pictures`, from any folder or archive; None is drawn pictures.

    Raises:
        UsageError: Not one picture of the source can be read.
    """
    if source is None:
        files, data = _draw_files(count), f"drawn pictures, {min(count, _DISTINCT)} different ones under {count} names"
    else:
        references = list(find_pictures(source))
        number = min(count, len(references))
        chosen = [references[at * len(references) // number] for at in range(number)]
        files, data = _read_files(chosen), f"{len(chosen)} of the {len(references)} pictures of {source.name}"
    sizes: Counter[tuple[int, int]] = Counter()
    left_out = 0
    with zipfile.ZipFile(archive, "w") as packed:
        for position, file in enumerate(files):
            try:
                height, width, _ = decode_picture(file).shape
            except PictureError:
                left_out += 1
                continue
            sizes[width, height] += 1
            kept = file[: len(file) // 2] if damaged_every and position % damaged_every == 0 else file
            packed.writestr(zipfile.ZipInfo(f"images/{position:06}.jpg", _MOMENT), kept)
    if not sizes:
        raise UsageError(f"there is no picture in {source} that can be read; give a folder or archive with some")
    note = f"; {left_out} of them left out, as they can't be read" if left_out else ""
    return Material(archive, sizes.total(), data + note, _describe(sizes))


def _read_files(references: Sequence[str]) -> Iterator[bytes]:
    with PictureSource() as source:
        for reference in references:
            try:
                yield source.read(reference)
            except PictureError:
                yield b""  # which is no picture either


def _draw_files(count: int) -> Iterator[bytes]:
    drawn: list[bytes] = []
    for product in draw_shop(min(count, _DISTINCT), size=_SIZE):
        file = io.BytesIO()
        product.picture.save(file, "JPEG", quality=_QUALITY)
        drawn.append(file.getvalue())
    for position in range(count):
        yield drawn[position % len(drawn)]


def _describe(sizes: Counter[tuple[int, int]]) -> str:
    parts = [f"{width}x{height} ({n / sizes.total():.1%})" for (width, height), n in sizes.most_common(2)]
    return ", ".join([*parts, "and others"] if len(sizes) > len(parts) else parts)
