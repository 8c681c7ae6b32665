"""Quantisation: a network's convolutions compute in integers of eight bits, faster and a quarter as large.

Every channel of the weights and every layer's output gets a step of its own, so that 256 of them span what is there,
and sums are exact 32-bit integers (Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference", CVPR; arXiv 1712.05877). Nothing is trained: the steps of the outputs follow from
the ranges that some pictures show.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

from modiste.errors import ExportError
from modiste.training.bundle_graph import drop_unused

__all__ = ["FEWEST_PICTURES", "dequantise_graph", "is_quantised", "list_quantisable", "quantise_graph"]

FEWEST_PICTURES: Final = 32
"""With fewer, the ranges are those of single products."""

# The first ones have few channels, whose ranges differ most: in integers, too, they cost the shipped tagger .005 of its
# mean accuracy on the validation part, and saved no time (`results/experiments.md`).
_FLOATS: Final = 3
_QUANTISED: Final = ("Conv", "Clip", "Relu", "Add", "MaxPool")  # of a trunk; what stands between others stays as it is
_BATCH: Final = 32
_INPUT: Final = "pictures"
_INTEGERS: Final = "_quantized"  # how onnxruntime calls what it has rounded
_MOST: Final = 255

Array = NDArray[Any]


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
    names, model = list_quantisable(graph), onnx.load_from_string(graph)
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


def dequantise_graph(graph: bytes) -> bytes:
    """Return a quantised graph in floats: the same weights, and nothing rounded on the way.

    Outputs that begin at zero in integers are those of a clipped activation, whose bounds they hold instead of it; here
    it stands in the graph again.

    Args:
        graph: As `quantise_graph` gives it.

    Raises:
        ExportError: Some of its nodes are in integers otherwise than there.
    """
    model = onnx.load_from_string(graph)
    steps = {entry.name: numpy_helper.to_array(entry) for entry in model.graph.initializer}
    nodes: list[onnx.NodeProto] = []
    for node in model.graph.node:
        nodes.extend(_undo(node, steps, model.graph))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    drop_unused(model.graph)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def is_quantised(graph: bytes) -> bool:
    """Say whether some of a graph's convolutions compute in integers."""
    return any(node.op_type == "QLinearConv" for node in onnx.load_from_string(graph).graph.node)


def list_quantisable(graph: bytes) -> list[str]:
    """Return the names of the nodes that can compute in integers: from the fourth convolution to behind the last one.

    Raises:
        ExportError: The graph is quantised already, or has three convolutions or fewer.
    """
    if is_quantised(graph):
        raise ExportError("the network computes in integers already; expected a bundle as 'modiste export' writes it")
    nodes = onnx.load_from_string(graph).graph.node
    places = [place for place, node in enumerate(nodes) if node.op_type == "Conv"]
    if len(places) <= _FLOATS:
        raise ExportError(
            f"the network has {len(places)} convolutions, and the first {_FLOATS} stay in floats; expected more of them"
        )
    body = nodes[places[_FLOATS] : places[-1] + 2]
    return [node.name for node in body if node.op_type in _QUANTISED]


def _undo(node: onnx.NodeProto, steps: Mapping[str, Array], graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Return the nodes that do in floats what one does in integers; one in floats stays as it is."""
    given, output = list(node.input), node.output[0]
    if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
        return [helper.make_node("Identity", given[:1], [output], name=node.name)]
    if node.op_type == "QLinearAdd":
        plain = helper.make_node("Add", [given[0], given[3]], [output], name=node.name)
        return _clip(plain, steps[given[6]], steps[given[7]], graph)
    if node.op_type == "QLinearConv":
        names = [name.removesuffix(_INTEGERS) for name in (given[3], *given[8:])]  # not every convolution has a bias
        for name, values in zip(names, _widen(given, steps), strict=True):
            graph.initializer.append(numpy_helper.from_array(values.astype(np.float32), name))
        plain = helper.make_node("Conv", [given[0], *names], [output], name=node.name)
        plain.attribute.extend(node.attribute)
        return _clip(plain, steps[given[6]], steps[given[7]], graph)
    if node.op_type.startswith("QLinear"):
        raise ExportError(f"{node.op_type} {node.name}: expected a graph that modiste quantised")
    return [node]


def _widen(given: Sequence[str], steps: Mapping[str, Array]) -> Iterator[Array]:
    """Yield the weights of a convolution in integers, and its bias if it has one, in the units of its input."""
    x_step, codes, w_step = (steps[given[at]] for at in (1, 3, 4))
    yield codes * w_step.reshape(-1, *[1] * (codes.ndim - 1))
    for bias in given[8:]:
        yield steps[bias] * (x_step * w_step)


def _clip(node: onnx.NodeProto, step: Array, zero: Array, graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Return a node with the activation behind it, if its integers begin at zero."""
    if zero:
        return [node]
    output, inner = node.output[0], f"{node.output[0]}.open"
    bounds = [f"{output}.least", f"{output}.most"]
    for name, value in zip(bounds, (0.0, _MOST * float(step)), strict=True):
        graph.initializer.append(numpy_helper.from_array(np.array(value, np.float32), name))
    node.output[0] = inner
    return [node, helper.make_node("Clip", [inner, *bounds], [output], name=f"{output}.clip")]


@contextmanager
def _be_quiet() -> Iterator[None]:
    """Keep what onnxruntime recommends to itself: the exported graph is simplified already."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
