"""What a bundle's trunk says of pictures: its features, computed once by the runtime from the bundle's own graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from modiste.bundle import Bundle
from modiste.runtime import count_cores
from modiste.training.bundle_graph import FEATURES, keep_features

__all__ = ["compute_features", "run_graph"]

_BATCH: Final = 64


def compute_features(
    bundle: Bundle,
    pixels: NDArray[np.uint8],
    rows: NDArray[np.intp],
    *,
    threads: int | None = None,
    advance: Callable[[int], None] | None = None,
) -> NDArray[np.float32]:
    """Return the features of prepared pictures.

    Args:
        bundle: A bundle that modiste exported.
        pixels: uint8 [pictures, height, width, 3], prepared as the bundle says.
        rows: Which of them, in the order of the answer.
        threads: Cores to use; by default all.
        advance: Told after each batch how many pictures were just done.

    Returns:
        float32 [rows, features].

    Raises:
        ExportError: The bundle's graph was not exported by modiste.
    """
    graph = keep_features(bundle.read_weights())
    return run_graph(graph, FEATURES, pixels, rows, threads=threads, advance=advance)


def run_graph(
    graph: bytes,
    output: str,
    pixels: NDArray[np.uint8],
    rows: NDArray[np.intp],
    *,
    threads: int | None = None,
    advance: Callable[[int], None] | None = None,
) -> NDArray[np.float32]:
    """Return one output of a graph for prepared pictures: float32 [rows, ...].

    Args:
        graph: As a bundle has it, or what of it leads to that output.
        output: Its name.
        pixels: As for `compute_features`, like all that follows.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or count_cores()
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    parts = []
    for start in range(0, len(rows), _BATCH):
        batch = np.ascontiguousarray(pixels[rows[start : start + _BATCH]])
        parts.append(np.asarray(session.run([output], {"pictures": batch})[0], np.float32))
        if advance is not None:
            advance(len(batch))
    return np.concatenate(parts)
