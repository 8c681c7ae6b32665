"""Decoded pictures on disk, so that no epoch waits for decoding."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modiste.errors import PictureError
from modiste.imaging import Box, PictureSource, Preprocessing

__all__ = ["CachedPictures", "PictureRequest", "cache_pictures"]

_CHUNK = 1024


@dataclass(frozen=True)
class PictureRequest:
    """One picture to decode: its reference, and the box to cut out, if any."""

    reference: str
    box: Box | None = None


@dataclass(frozen=True)
class CachedPictures:
    """Pictures of one size as one array on disk.

    ``pixels`` is uint8 [n, height, width, 3], mapped into memory; ``failures`` says which positions could not be
    read, and why: their pixels are the fill colour and must not be used. ``key`` names the array: the same key, the
    same pixels.
    """

    pixels: NDArray[np.uint8]
    failures: dict[int, str]
    key: str


def cache_pictures(requests: Sequence[PictureRequest], preprocessing: Preprocessing, folder: Path) -> CachedPictures:
    """Decode pictures once with the evaluation preprocessing and keep them as an array in a folder.

    Args:
        requests: What to decode, in the order of the array.
        preprocessing: The size and the numbers; the same function that the runtime and the server use.
        folder: Where the array is kept; a second call with the same request maps the first one's file.

    Returns:
        The pictures, and what could not be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    key = _key(requests, preprocessing)
    path = folder / f"{key}.npy"
    notes = path.with_suffix(".json")
    if not notes.exists():
        waiting = notes.with_suffix(".json.part")
        waiting.write_text(json.dumps(_fill(requests, preprocessing, path)), encoding="utf-8")
        waiting.replace(notes)
    failures = {int(position): reason for position, reason in json.loads(notes.read_text(encoding="utf-8")).items()}
    return CachedPictures(np.load(path, mmap_mode="r"), failures, key)


def _key(requests: Sequence[PictureRequest], preprocessing: Preprocessing) -> str:
    digest = hashlib.sha256(json.dumps(preprocessing.to_json(), sort_keys=True).encode())
    for request in requests:
        digest.update(f"{request.reference}\0{request.box}\n".encode("utf-8", "surrogateescape"))
    return f"{preprocessing.height}x{preprocessing.width}-{digest.hexdigest()[:16]}"


def _fill(requests: Sequence[PictureRequest], preprocessing: Preprocessing, path: Path) -> dict[int, str]:
    waiting = path.with_suffix(".part")
    shape = (len(requests), preprocessing.height, preprocessing.width, 3)
    pixels = np.lib.format.open_memmap(waiting, mode="w+", dtype=np.uint8, shape=shape)
    failures: dict[int, str] = {}
    with PictureSource() as source, ThreadPoolExecutor(os.cpu_count()) as pool:

        def load(position: int) -> None:
            request = requests[position]
            try:
                pixels[position] = preprocessing.load(source.read(request.reference), box=request.box)
            except PictureError as error:
                pixels[position] = preprocessing.fill
                failures[position] = f"{request.reference}: {error}"

        for start in range(0, len(requests), _CHUNK):
            list(pool.map(load, range(start, min(start + _CHUNK, len(requests)))))
    pixels.flush()
    waiting.replace(path)
    return failures
