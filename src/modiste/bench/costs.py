"""What a system costs: parameters, bytes, pictures a second, and the time that its training took."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from modiste.bundle import Bundle
from modiste.errors import import_extra
from modiste.evaluation import Epoch, sum_seconds
from modiste.runtime import Network

__all__ = ["Cost", "count_parameters", "measure_cost", "measure_rate"]

_BATCH: Final = 64
_ROUNDS: Final = 5


@dataclass(frozen=True)
class Cost:
    """What a system costs; None stands for what is not known, such as of a table of predictions.

    Args:
        epochs: How many epochs it learnt.
        epoch_seconds: Seconds an epoch, on average.
        total_seconds: Seconds of all epochs and of what was prepared for them.
        parameters: Numbers that were learnt, in the graph that answers.
        megabytes: Size of that graph on disk, in 10^6 bytes.
        pictures_per_second: Of the network alone, on prepared pictures.
    """

    epochs: int | None = None
    epoch_seconds: float | None = None
    total_seconds: float | None = None
    parameters: int | None = None
    megabytes: float | None = None
    pictures_per_second: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the costs as plain JSON types."""
        return asdict(self)


def measure_cost(bundle: Bundle | None, history: Sequence[Epoch], *, threads: int | None = None) -> Cost:
    """Measure what a system costs.

    Args:
        bundle: Its bundle; None for a table of predictions.
        history: The epochs of its training; empty where they are not known.
        threads: Cores to use; by default all.

    Raises:
        MissingExtraError: Counting a bundle's parameters needs the extra ``train``.
    """
    spent = Cost()
    if history:
        each = sum(epoch.seconds for epoch in history) / len(history)
        spent = Cost(len(history), each, sum_seconds(history))
    if bundle is None:
        return spent
    graph = bundle.read_weights()
    return Cost(
        spent.epochs,
        spent.epoch_seconds,
        spent.total_seconds,
        count_parameters(graph),
        len(graph) / 1e6,
        measure_rate(bundle, threads=threads),
    )


def count_parameters(graph: bytes) -> int:
    """Count the numbers that a graph has learnt: those of its weights that are no whole numbers.

    The norms of a network are parts of its convolutions here; the labelled neighbours' codes, which are whole numbers,
    are no parameters.

    Args:
        graph: An ONNX graph.

    Raises:
        MissingExtraError: This needs the extra ``train``.
    """
    onnx = import_extra("onnx", purpose="Counting parameters", extra="train")
    real = {onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.DOUBLE}
    weights = onnx.load_from_string(graph).graph.initializer
    return sum(int(np.prod(weight.dims)) for weight in weights if weight.data_type in real)


def measure_rate(bundle: Bundle, *, threads: int | None = None) -> float:
    """Return how many prepared pictures a second a bundle's network answers: the median of five batches of 64.

    Args:
        bundle: The bundle.
        threads: Cores to use; by default all.
    """
    network, numbers = Network(bundle, threads=threads), bundle.preprocessing
    shape = (_BATCH, numbers.height, numbers.width, 3)
    pictures = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    network.run(pictures)  # the first run allocates
    seconds = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        network.run(pictures)
        seconds.append(time.perf_counter() - start)
    return _BATCH / float(np.median(seconds))
