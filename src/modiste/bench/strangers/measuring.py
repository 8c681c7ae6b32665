"""What a bundle says of strangers and of products: its familiarity, and how sure its answers are."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from modiste.bundle import Bundle
from modiste.errors import PictureError, UsageError
from modiste.evaluation import Interval, group_rows, share_interval
from modiste.imaging import PictureSource
from modiste.runtime import Network, score_fields

__all__ = ["Looked", "bound_share", "encode", "look", "read_files"]

_BATCH: Final = 64
_QUALITY: Final = 92


@dataclass(frozen=True)
class Looked:
    """What is said of n pictures.

    Args:
        familiarity: float32 [n].
        sureness: float64 [n], the mean over the fields with one value of the highest probability: what gives a
            stranger away without an eye for it (Hendrycks and Gimpel 2017, arXiv 1610.02136).
    """

    familiarity: NDArray[np.float32]
    sureness: NDArray[np.float64]


def look(bundle: Bundle, files: Iterable[bytes], *, threads: int | None = None) -> Looked:
    """Run a bundle on the contents of picture files.

    Args:
        bundle: A bundle whose graph tells the familiarity.
        files: The contents.
        threads: Cores to use; by default all.

    Raises:
        UsageError: The bundle can't tell strangers, or there are no pictures.
    """
    network, parts = Network(bundle, threads=threads), []
    pictures = [bundle.preprocessing.load(data) for data in files]
    single = [field.name for field in bundle.taxonomy if field.kind == "single"]
    for start in range(0, len(pictures), _BATCH):
        output = network.run(np.stack(pictures[start : start + _BATCH]))
        scores = score_fields(bundle, output.logits)
        sure = np.mean([scores[name].max(axis=1) for name in single], axis=0, dtype=np.float64)
        if output.familiarity is None:
            raise UsageError(f"{bundle.path} can't tell strangers: its graph tells no familiarity. Export it again")
        parts.append((output.familiarity, sure))
    if not parts:
        raise UsageError("there are no pictures to look at")
    return Looked(*map(np.concatenate, zip(*parts, strict=True)))


def encode(picture: Image.Image) -> bytes:
    """Return a picture as a JPEG file, as a camera or a shop keeps it."""
    file = io.BytesIO()
    picture.convert("RGB").save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


def read_files(references: Sequence[str]) -> list[bytes]:
    """Return the contents of picture files; those that are missing are left out."""
    files = []
    with PictureSource() as source:
        for reference in references:
            try:
                files.append(source.read(reference))
            except PictureError:
                continue
    return files


def bound_share(hits: NDArray[np.bool_], sources: Sequence[str]) -> Interval:
    """Return the share that is hit, with Wilson's interval; pictures of one source count as one group."""
    return share_interval(hits, groups=group_rows(list(sources)))
