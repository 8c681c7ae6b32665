"""A bundle's graph taken apart: its plain network, then one part more at a time."""

from __future__ import annotations

from collections.abc import Sequence

import onnx

from modiste.errors import UsageError
from modiste.runtime import FAMILIARITY
from modiste.taxonomy import Taxonomy
from modiste.training.bundle_graph import CLASSIFY, LOGITS, drop_unused, join_logits

__all__ = ["keep_fields", "keep_network", "leave_familiarity"]


def keep_network(graph: bytes, taxonomy: Taxonomy) -> bytes:
    """Return the plain network: its own logits without labelled neighbours, and the embedding.

    Args:
        graph: A bundle's graph.
        taxonomy: The fields that the classifying layer says, in its order.

    Raises:
        UsageError: The graph has no such layer, or it says other fields.
    """
    model = onnx.load_from_string(leave_familiarity(graph))
    layer = next((node for node in model.graph.node if _classifies(node)), None)
    weights = {entry.name: entry for entry in model.graph.initializer}
    if layer is None or weights[layer.input[1]].dims[0] != _count(taxonomy):
        raise UsageError("the bundle's network has no layer that says these fields; expected one that modiste exported")
    return _answer(model, [str(layer.output[0])], taxonomy)


def keep_fields(graph: bytes, taxonomy: Taxonomy) -> bytes:
    """Return the graph that says the first fields alone, and tells no familiarity.

    Args:
        graph: A bundle's graph whose logits are put together field by field, as labelled neighbours and added fields
            leave them.
        taxonomy: The first fields.

    Raises:
        UsageError: The logits are not put together field by field.
    """
    model = onnx.load_from_string(leave_familiarity(graph))
    maker = next(node for node in model.graph.node if LOGITS in node.output)
    if maker.op_type != "Concat" or len(maker.input) < len(taxonomy):
        raise UsageError(
            "the bundle's network has neither labelled neighbours nor added fields: there is no part to drop"
        )
    return _answer(model, [str(name) for name in maker.input[: len(taxonomy)]], taxonomy)


def leave_familiarity(graph: bytes) -> bytes:
    """Return the graph without what tells strangers."""
    model = onnx.load_from_string(graph)
    for entry in [entry for entry in model.graph.output if entry.name == FAMILIARITY]:
        model.graph.output.remove(entry)
    drop_unused(model.graph)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _answer(model: onnx.ModelProto, parts: Sequence[str], taxonomy: Taxonomy) -> bytes:
    """Put the logits together anew."""
    model.graph.node.remove(next(node for node in model.graph.node if LOGITS in node.output))
    return join_logits(model, parts, _count(taxonomy), name="kept.Concat")


def _classifies(node: onnx.NodeProto) -> bool:
    return node.op_type == "Gemm" and node.input[1].endswith(CLASSIFY)


def _count(taxonomy: Taxonomy) -> int:
    return sum(len(field) for field in taxonomy)
