"""Quantisation: a network's convolutions compute in integers of eight bits, faster and a quarter as large.

Every channel of the weights and every layer's output gets a step of its own, so that 256 of them span what is there,
and sums are exact 32-bit integers (Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference", CVPR; arXiv 1712.05877). Nothing is trained: the steps of the outputs follow from
the ranges that some pictures show.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

from modiste.errors import ExportError

__all__ = ["FEWEST_PICTURES", "is_quantised", "quantise_graph"]

FEWEST_PICTURES: Final = 32
"""With fewer, the ranges are those of single products."""

# The first ones have few channels, whose ranges differ most: in integers, too, they cost the shipped tagger .005 of its
# mean accuracy on the validation part, and saved no time (`results/experiments.md`).
_FLOATS: Final = 3
_QUANTISED: Final = ("Conv", "Clip", "Relu", "Add", "MaxPool")  # of a trunk; what stands between others stays as it is
_BATCH: Final = 32
_INPUT: Final = "pictures"


class _Pictures:
    """Pictures in batches, as onnxruntime's `CalibrationDataReader` gives them."""

    def __init__(self, pictures: NDArray[np.uint8]) -> None:
        starts = range(0, len(pictures), _BATCH)
        self._batches = iter([np.ascontiguousarray(pictures[start : start + _BATCH]) for start in starts])

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        """Return the next batch; None after the last one."""
        batch = next(self._batches, None)
        return None if batch is None else {_INPUT: batch}


def quantise_graph(graph: bytes, pictures: NDArray[np.uint8]) -> bytes:
    """Return a bundle's graph whose convolutions, but for the first three, compute in integers of eight bits.

    Heads, labelled neighbours and all behind the last convolution stay in floats. Weights keep to seven of the eight
    bits, since processors without instructions for such sums would otherwise cut some off, and answer differently from
    others.

    Args:
        graph: A bundle's graph, as modiste exports it.
        pictures: uint8 [n, height, width, 3], prepared; 32 or more, such as those that it learnt from. They show the
            ranges of the layers' outputs.

    Returns:
        The same graph for the same pictures.

    Raises:
        ExportError: The graph is quantised already, has three convolutions or fewer, or there are too few pictures.
    """
    if len(pictures) < FEWEST_PICTURES:
        raise ExportError(
            f"{len(pictures)} pictures are too few to see the ranges of a network's layers; expected "
            f"{FEWEST_PICTURES} or more in the training part"
        )
    model = onnx.load_from_string(graph)
    names = _list_quantised(model.graph)
    with tempfile.TemporaryDirectory() as scratch, _be_quiet():
        path = Path(scratch) / "quantised.onnx"
        quantize_static(
            model,
            path,
            _Pictures(pictures),
            quant_format=QuantFormat.QOperator,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            nodes_to_quantize=names,
        )
        quantised = onnx.load(path)
    onnx.checker.check_model(quantised)
    content: bytes = quantised.SerializeToString(deterministic=True)
    return content


def is_quantised(graph: onnx.GraphProto) -> bool:
    """Say whether some of a graph's convolutions compute in integers."""
    return any(node.op_type == "QLinearConv" for node in graph.node)


def _list_quantised(graph: onnx.GraphProto) -> list[str]:
    """Return the names of the nodes from the fourth convolution to what follows the last one."""
    if is_quantised(graph):
        raise ExportError("the network computes in integers already; expected a bundle as 'modiste export' writes it")
    places = [place for place, node in enumerate(graph.node) if node.op_type == "Conv"]
    if len(places) <= _FLOATS:
        raise ExportError(
            f"the network has {len(places)} convolutions, and the first {_FLOATS} stay in floats; expected more of them"
        )
    body = graph.node[places[_FLOATS] : places[-1] + 2]
    return [node.name for node in body if node.op_type in _QUANTISED]


@contextmanager
def _be_quiet() -> Iterator[None]:
    """Keep what onnxruntime recommends to itself: the exported graph is simplified already."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
