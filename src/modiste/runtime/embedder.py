"""The embedder: pictures in, vectors of unit length out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modiste.bundle import Bundle
from modiste.imaging import Box
from modiste.runtime.network import Network
from modiste.runtime.pictures import PictureLike, iterate_batches

__all__ = ["Embedder"]


class Embedder:
    """Turns pictures into vectors whose dot product says how alike two pictures are, from -1 to 1.

    Args:
        bundle: A bundle or its folder; by default the one that modiste ships.
        threads: Cores to use; by default all that this process may use.

    Raises:
        BundleError: There is no such bundle, or it is damaged.
        UsageError: ``threads`` is below 1.

    Example:
        >>> vectors = Embedder().embed(["a.jpg", "b.jpg"])  # doctest: +SKIP
        >>> float(vectors[0] @ vectors[1])  # doctest: +SKIP
        0.83
    """

    def __init__(self, bundle: Bundle | Path | str | None = None, *, threads: int | None = None) -> None:
        self.bundle = bundle if isinstance(bundle, Bundle) else Bundle.open(bundle)
        self._network = Network(self.bundle, threads=threads)

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the bundle; vectors of bundles with other fingerprints can't be compared."""
        return self.bundle.fingerprint

    @property
    def size(self) -> int:
        """The width of a vector."""
        return self.bundle.spec.embedding_size

    def embed(
        self, images: Iterable[PictureLike] | PictureLike, *, boxes: Sequence[Box | None] | None = None
    ) -> NDArray[np.float32]:
        """Embed pictures.

        Args:
            images: Paths, ARCHIVE::MEMBER references, files' contents, Pillow pictures or RGB arrays uint8
                [height, width, 3]; a single one counts as a list of one.
            boxes: One a picture: left, top, width, height in pixels of the picture as shown, or None.

        Returns:
            float32 [n, size] of unit length, in the same order.

        Raises:
            PictureError: A picture can't be read. To go on past bad pictures use ``modiste embed``.
            UsageError: Something is no picture.
        """
        batches = iterate_batches(images, self.bundle.preprocessing, boxes=boxes)
        vectors = [np.empty((0, self.size), np.float32), *(self._network.run(batch).embedding for batch in batches)]
        return np.concatenate(vectors)

    def embed_one(self, image: PictureLike, *, box: Box | None = None) -> NDArray[np.float32]:
        """Embed one picture: float32 [size]."""
        vector: NDArray[np.float32] = self.embed([image], boxes=[box])[0]
        return vector
