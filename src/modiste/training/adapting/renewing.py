"""Labelled neighbours as a changed network sees them: the same training items, with their embeddings computed anew."""

from __future__ import annotations

from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from modiste.taxonomy import Taxonomy
from modiste.training.bundle_graph import keep_output
from modiste.training.dataset import LabelledItems
from modiste.training.features import run_graph
from modiste.training.neighbours import build_table, list_labels

__all__ = ["renew_neighbours"]

_DIRECTIONS: Final = "vote.directions"
_EMBEDDING: Final = "compared"


def renew_neighbours(
    graph: bytes, items: LabelledItems, taxonomy: Taxonomy, pixels: NDArray[np.uint8], rows: NDArray[np.intp]
) -> bytes | None:
    """Return a bundle's graph whose labelled neighbours lie where its network sees them now.

    Args:
        graph: The changed network, with the neighbours of the one before.
        items: The training items that they were made of.
        taxonomy: The fields that they vote on, in the graph's order.
        pixels: uint8 [items, height, width, 3], prepared.
        rows: Which of the items could be read.

    Returns:
        The graph; None where it has no labelled neighbours, or these were made of other items or labels.
    """
    model = onnx.load_from_string(graph)
    found = {entry.name: entry for entry in model.graph.initializer}
    labels = list_labels(items.targets[rows], items.known[rows], taxonomy)
    if _DIRECTIONS not in found or not any(_holds(entry, labels) for entry in found.values()):
        return None
    codes = found[_find_codes(model.graph)]
    embeddings = _compute_embeddings(graph, pixels, rows)
    table = build_table(embeddings, items.targets[rows], items.known[rows], taxonomy, dimensions=codes.dims[0])
    _fill(found[_DIRECTIONS], table.directions * np.float32(table.scale))
    _fill(codes, table.codes.T)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _find_comparison(graph: onnx.GraphProto) -> onnx.NodeProto:
    found: onnx.NodeProto = next(node for node in graph.node if _DIRECTIONS in node.input)
    return found


def _find_codes(graph: onnx.GraphProto) -> str:
    """Return the name of the items' codes; where they are few, the exporter has widened them to floats."""
    along = _find_comparison(graph).output[0]
    name = next(node.input[1] for node in graph.node if node.op_type == "MatMul" and node.input[0] == along)
    return next((str(node.input[0]) for node in graph.node if name in node.output), str(name))


def _compute_embeddings(graph: bytes, pixels: NDArray[np.uint8], rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return what is compared with the neighbours, which after a fit to search is no output of the graph."""
    model = onnx.load_from_string(graph)
    seen = _find_comparison(model.graph).input[0]
    model.graph.node.append(helper.make_node("Identity", [seen], [_EMBEDDING]))
    model.graph.output.append(helper.make_tensor_value_info(_EMBEDDING, TensorProto.FLOAT, None))
    return run_graph(keep_output(model, _EMBEDDING), _EMBEDDING, pixels, rows)


def _holds(entry: onnx.TensorProto, labels: NDArray[np.uint8]) -> bool:
    if entry.data_type != TensorProto.UINT8 or tuple(entry.dims) != labels.shape:
        return False
    return np.array_equal(numpy_helper.to_array(entry), labels)


def _fill(entry: onnx.TensorProto, values: NDArray[np.float32] | NDArray[np.int8]) -> None:
    """Put values in the place of others, in their type."""
    kind = helper.tensor_dtype_to_np_dtype(entry.data_type)
    entry.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values, dtype=kind), entry.name))
