"""Fingerprints of pictures: a digest of the bytes, and what they look like, which copies at another size share too."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from modiste.errors import PictureError
from modiste.imaging import PictureSource, decode_picture
from modiste.imaging.perceptual import average_cells, hash_thumbnails, make_thumbnail

__all__ = ["Fingerprints", "Look", "digest_pictures", "read_fingerprints"]

_BATCH = 256  # pictures a thread works on at a time
_THREADS = 4
_MIDDLE = np.array([0, 128, 128], np.float32)
_LARGEST = 64  # pixels a side that a JPEG may be reduced to while decoding: twice a thumbnail


class Look(NamedTuple):
    """What a picture looks like.

    Args:
        hash: The signs of its lowest frequencies, 64 bits (`modiste.imaging.perceptual.hash_thumbnails`).
        cells: uint8 [64, 3]; mean Y, Cb + 128 and Cr + 128 of 8 x 8 cells.
    """

    hash: int
    cells: NDArray[np.uint8]


@dataclass(frozen=True)
class Fingerprints:
    """What is known of pictures, by reference.

    Args:
        digests: SHA-256 of the file's bytes, as hexadecimal digits.
        looks: What decoded pictures look like; empty where it was not asked for.
        problems: Why a picture could not be read or decoded; such a picture is like no other.
    """

    digests: Mapping[str, str]
    looks: Mapping[str, Look] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


def digest_pictures(references: Iterable[str]) -> dict[str, str]:
    """Return picture reference -> SHA-256 of the file's bytes, as hexadecimal digits.

    Pictures that can't be read get no entry: they are like no other picture.

    Args:
        references: Picture references; doubled ones are read once.
    """
    return dict(read_fingerprints(references, near=False).digests)


def read_fingerprints(
    references: Iterable[str], *, near: bool = True, advance: Callable[[int], None] | None = None
) -> Fingerprints:
    """Read pictures once, and fingerprint them.

    Args:
        references: Picture references; doubled ones are read once.
        near: Whether to decode them too, for what they look like.
        advance: Called with the number of pictures just done (`modiste.batch.progress`).

    Returns:
        The fingerprints; they take less than a thousand bytes a picture.
    """
    digests: dict[str, str] = {}
    looks: dict[str, Look] = {}
    problems: dict[str, str] = {}
    different = [*dict.fromkeys(references)]
    batches = [different[start : start + _BATCH] for start in range(0, len(different), _BATCH)]
    with PictureSource() as source, ThreadPoolExecutor(_THREADS, "modiste-fingerprint") as pool:
        for told in pool.map(lambda batch: _read_batch(source, batch, near), batches):
            digests |= told.digests
            looks |= told.looks
            problems |= told.problems
            if advance is not None:
                advance(len(told.digests.keys() | told.problems.keys()))
    return Fingerprints(digests, looks, problems)


def _read_batch(source: PictureSource, references: Sequence[str], near: bool) -> Fingerprints:
    digests: dict[str, str] = {}
    problems: dict[str, str] = {}
    thumbnails = {}
    for reference in references:
        try:
            data = source.read(reference)
            digests[reference] = hashlib.sha256(data).hexdigest()
            if near:
                thumbnails[reference] = make_thumbnail(decode_picture(data, at_least=(_LARGEST, _LARGEST)))
        except PictureError as error:
            problems[reference] = str(error)
    return Fingerprints(digests, _describe(thumbnails), problems)


def _describe(thumbnails: Mapping[str, NDArray[np.uint8]]) -> dict[str, Look]:
    if not thumbnails:
        return {}
    stack = np.stack([*thumbnails.values()])
    cells = (average_cells(stack) + _MIDDLE).round().clip(0, 255).astype(np.uint8)  # [n, 64, 3]
    return dict(zip(thumbnails, map(Look, hash_thumbnails(stack).tolist(), cells), strict=True))
