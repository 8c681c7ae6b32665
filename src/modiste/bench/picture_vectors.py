"""Vectors of pictures, of the bundle and simpler ones: what a search by picture is measured against."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from modiste.bundle import Bundle
from modiste.errors import import_extra
from modiste.imaging import PictureSource, Preprocessing
from modiste.manifest import Manifest
from modiste.runtime import Network, count_cores

__all__ = ["VECTORS", "compute_raw_vectors", "compute_vectors"]

_BATCH: Final = 64
_SMALL: Final = (15, 20)  # width and height of the pictures whose pixels are compared
_LEVELS: Final = 8  # of each colour channel in a histogram
_WHITE: Final = 240  # what is lighter in all channels is background

Pictures = NDArray[np.uint8]
Answer = Callable[[Pictures], NDArray[np.float32]]


def compute_vectors(name: str, items: Manifest, bundle: Bundle, *, threads: int | None = None) -> NDArray[np.float32]:
    """Turn the pictures of a manifest into vectors of one kind.

    Args:
        name: One of `VECTORS`.
        items: The pictures; each must be readable.
        bundle: Whose preprocessing, and whose network where the kind needs one.
        threads: Cores to use; by default all.

    Returns:
        float32 [n, width] of unit length.

    Raises:
        PictureError: A picture can't be read.
        MissingExtraError: The kind needs torch or onnx.
    """
    raw = compute_raw_vectors(name, items, bundle, threads=threads)
    return np.asarray(raw / np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), 1e-12), np.float32)


def compute_raw_vectors(
    name: str, items: Manifest, bundle: Bundle, *, threads: int | None = None
) -> NDArray[np.float32]:
    """As `compute_vectors`, but of the length that they come with: what a classifier would be fitted to."""
    answer = VECTORS[name](bundle, threads or count_cores())
    return np.concatenate([answer(batch) for batch in _iterate_batches(items, bundle.preprocessing)])


def _iterate_batches(items: Manifest, preprocessing: Preprocessing) -> Iterator[Pictures]:
    references = items.items["image"].to_list()
    with PictureSource() as source:
        for start in range(0, len(references), _BATCH):
            batch = references[start : start + _BATCH]
            yield np.stack([preprocessing.load(source.read(reference)) for reference in batch])


def _answer_shipped(bundle: Bundle, threads: int) -> Answer:
    network = Network(bundle, threads=threads)
    return lambda pictures: network.run(pictures).embedding


def _answer_features(bundle: Bundle, threads: int) -> Answer:
    import onnxruntime

    import_extra("onnx", purpose="Looking into a network", extra="train")
    from modiste.training.search_head import expose_features

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    graph = expose_features(bundle.read_weights())
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    return lambda pictures: np.asarray(session.run(["features"], {"pictures": pictures})[0], np.float32)


def _answer_imagenet(bundle: Bundle, threads: int) -> Answer:
    torch = import_extra("torch", purpose="ImageNet features", extra="train")
    from modiste.training.inputs import to_inputs
    from modiste.training.trunks import build_trunk

    trunk: Any = build_trunk("tf_efficientnet_lite0", weights="package", drop_path=0.0).eval()

    def answer(pictures: Pictures) -> NDArray[np.float32]:
        with torch.inference_mode():
            found: NDArray[np.float32] = trunk(to_inputs(pictures, bundle.preprocessing)).numpy()
        return found

    return answer


def _answer_pixels(bundle: Bundle, threads: int) -> Answer:
    def answer(pictures: Pictures) -> NDArray[np.float32]:
        small = [Image.fromarray(picture).resize(_SMALL, Image.Resampling.BOX) for picture in pictures]
        return 255.0 - np.stack([np.asarray(picture, np.float32).ravel() for picture in small])

    return answer


def _answer_histogram(bundle: Bundle, threads: int) -> Answer:
    return lambda pictures: np.stack([_count_colours(picture) for picture in pictures])


def _count_colours(picture: Pictures) -> NDArray[np.float32]:
    """Return the square roots of the shares of 512 colours among what is not white, float32 [512]."""
    pixels = picture.reshape(-1, 3)
    inside = pixels[(pixels < _WHITE).any(axis=1)]
    levels = (inside // (256 // _LEVELS)).astype(np.int64)
    codes = (levels[:, 0] * _LEVELS + levels[:, 1]) * _LEVELS + levels[:, 2]
    counts = np.bincount(codes, minlength=_LEVELS**3)
    return np.sqrt(counts / max(1, len(codes))).astype(np.float32)  # cosines are then Bhattacharyya coefficients


# The bundle's own first: it is what the others are compared with.
VECTORS: Final[Mapping[str, Callable[[Bundle, int], Answer]]] = {
    "modiste's vectors": _answer_shipped,
    "the classifier's features": _answer_features,
    "frozen ImageNet features": _answer_imagenet,
    "colour histograms": _answer_histogram,
    "raw pixels": _answer_pixels,
}
