"""Labelled neighbours as a changed network sees them: the same training items, with their embeddings computed anew."""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from modiste.taxonomy import Taxonomy
from modiste.training.bundle_graph import keep_output
from modiste.training.dataset import LabelledItems
from modiste.training.features import run_graph
from modiste.training.neighbours import NeighbourTable, build_table

__all__ = ["renew_neighbours"]

_CODES, _DIRECTIONS = "vote.codes", "vote.directions"
_EMBEDDING = "compared"


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
    if _CODES not in found:
        return None
    codes, directions = found[_CODES], found[_DIRECTIONS]
    embeddings = _compute_embeddings(graph, pixels, rows)
    table = build_table(embeddings, items.targets[rows], items.known[rows], taxonomy, dimensions=codes.dims[0])
    if not any(_holds(entry, table.labels) for entry in found.values()):
        return None
    _fill(directions, codes, table)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _compute_embeddings(graph: bytes, pixels: NDArray[np.uint8], rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return what is compared with the neighbours, which after a fit to search is no output of the graph."""
    model = onnx.load_from_string(graph)
    comparison = next(node for node in model.graph.node if _DIRECTIONS in node.input)
    model.graph.node.append(helper.make_node("Identity", [comparison.input[0]], [_EMBEDDING]))
    model.graph.output.append(helper.make_tensor_value_info(_EMBEDDING, TensorProto.FLOAT, None))
    return run_graph(keep_output(model, _EMBEDDING), _EMBEDDING, pixels, rows)


def _holds(entry: onnx.TensorProto, labels: NDArray[np.uint8]) -> bool:
    if entry.data_type != TensorProto.UINT8 or tuple(entry.dims) != labels.shape:
        return False
    return np.array_equal(numpy_helper.to_array(entry), labels)


def _fill(directions: onnx.TensorProto, codes: onnx.TensorProto, table: NeighbourTable) -> None:
    """Put the table in the place of the one before, as `NeighbourVote` keeps it."""
    scaled = table.directions * np.float32(table.scale)
    directions.CopyFrom(numpy_helper.from_array(scaled, _DIRECTIONS))
    codes.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(table.codes.T), _CODES))
