"""From what a query gives to vectors, labels and colours, by the bundle that the catalogue was made with."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modiste.bundle import Bundle
from modiste.catalogue.backend import Backend
from modiste.errors import CatalogueError, UsageError
from modiste.imaging import Box, PictureSource, decode_picture
from modiste.imaging.boxes import locate_box
from modiste.imaging.colour_shares import describe_colours
from modiste.imaging.colours import to_rgb
from modiste.imaging.orientation import get_orientation, turn
from modiste.runtime import Embedder, PictureLike, Tagger

if TYPE_CHECKING:
    from modiste.runtime import TextEncoder

__all__ = [
    "QueryEncoder",
    "check_bundle",
    "count_colours",
]

_COLOUR_SIDE = 96  # pixels that are enough to count colours


class QueryEncoder:
    """Encodes the parts of queries; networks are loaded when they are first needed.

    Args:
        bundle: A bundle or its folder; by default the one that modiste ships.
        threads: Cores to use; by default all.
    """

    def __init__(self, bundle: Bundle | Path | str | None = None, *, threads: int | None = None) -> None:
        self._given, self._threads = bundle, threads

    @cached_property
    def bundle(self) -> Bundle:
        """The bundle, opened when it is first needed: a query by item needs none."""
        return self._given if isinstance(self._given, Bundle) else Bundle.open(self._given)

    @property
    def has_text_encoder(self) -> bool:
        """Whether words can be turned into vectors."""
        return self.bundle.has_text_encoder

    def embed(self, image: PictureLike, box: Box | None) -> NDArray[np.float32]:
        """Embed a picture, or a box of it: float32 [embedding size] of unit length."""
        picture, box = _cut(image, box)
        return self._embedder.embed_one(picture, box=box)

    def encode(self, text: str) -> NDArray[np.float32]:
        """Encode a text: float32 [embedding size] of unit length."""
        return np.asarray(self._text_encoder.encode([text])[0])

    def tag(self, image: PictureLike, box: Box | None) -> dict[str, tuple[str, ...]]:
        """Say what a picture shows: field -> values."""
        picture, box = _cut(image, box)
        return {name: tag.values for name, tag in self._tagger.tag_one(picture, box=box).items()}

    @cached_property
    def _embedder(self) -> Embedder:
        return Embedder(self.bundle, threads=self._threads)

    @cached_property
    def _tagger(self) -> Tagger:
        return Tagger(self.bundle, threads=self._threads)

    @cached_property
    def _text_encoder(self) -> TextEncoder:
        from modiste.runtime import TextEncoder

        # One text is no work for several cores: a second thread only spins, which doubles what a search costs.
        return TextEncoder(self.bundle, threads=1)


def count_colours(image: PictureLike, box: Box | None) -> NDArray[np.uint8]:
    """Describe the colours of a picture, or of a box of it: uint8 [64]."""
    picture, box = _cut(image, box)
    if isinstance(picture, str | Path):
        with PictureSource() as source:
            picture = source.read(str(picture))
    if isinstance(picture, bytes):
        picture = decode_picture(picture, box=box, at_least=(_COLOUR_SIDE, _COLOUR_SIDE))
    return describe_colours(_to_pixels(picture))


def check_bundle(bundle: Bundle, backend: Backend) -> None:
    """Check that a catalogue holds the vectors of a bundle.

    Raises:
        CatalogueError: It holds those of another one.
    """
    head = backend.head
    if bundle.fingerprint == head.fingerprint:
        return
    place = backend.describe().place
    raise CatalogueError(
        f"{place} was made with the bundle '{head.bundle_name}' ({head.fingerprint[:12]}), and the query is by "
        f"'{bundle.spec.name}' ({bundle.fingerprint[:12]}): their vectors can't be compared. Search with the bundle of "
        f"the catalogue, or type: modiste catalogue rebuild {place} --bundle {bundle.path}"
    )


def _cut(image: PictureLike, box: Box | None) -> tuple[PictureLike, Box | None]:
    """Cut a box out of a picture that is in memory already; leave it to the decoder for files and their contents."""
    if box is None or isinstance(image, str | Path | bytes):
        return image, box
    pixels = _to_pixels(image)
    rows, columns = locate_box(box, *pixels.shape[:2])
    return pixels[rows, columns], None


def _to_pixels(image: Any) -> NDArray[np.uint8]:
    if isinstance(image, np.ndarray):
        return image
    if hasattr(image, "getexif"):
        return turn(to_rgb(image), get_orientation(image.getexif()))
    raise UsageError(f"a {type(image).__name__} is no picture; expected a path, bytes, a Pillow picture or an array")
