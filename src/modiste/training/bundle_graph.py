"""A bundle's ONNX graph, read and pruned: what its heads look at, and what leads to no output."""

from __future__ import annotations

from collections.abc import Sequence

import onnx
from onnx import TensorProto, helper

from modiste.errors import ExportError

__all__ = [
    "CLASSIFY",
    "FEATURES",
    "LOGITS",
    "drop_unused",
    "expose_features",
    "find_features",
    "join_logits",
    "keep_features",
    "keep_output",
]

FEATURES = "features"
LOGITS = "logits"
CLASSIFY = "heads.classify.weight"  # how the weight of a layer that reads the trunk's features ends
_EMBED = "heads.embed.weight"  # the same of the embedding, for heads whose logits come about otherwise


def expose_features(graph: bytes) -> bytes:
    """Return a bundle's graph with one more output, ``features`` float32 [n, features]: what its heads look at.

    Raises:
        ExportError: The graph was not exported by modiste.
    """
    model = onnx.load_from_string(graph)
    _expose(model.graph)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def keep_features(graph: bytes) -> bytes:
    """Return what of a bundle's graph leads to its features, their only output: neither heads nor neighbours are run.

    Raises:
        ExportError: The graph was not exported by modiste.
    """
    model = onnx.load_from_string(graph)
    _expose(model.graph)
    return keep_output(model, FEATURES)


def keep_output(model: onnx.ModelProto, name: str) -> bytes:
    """Return what of a graph leads to one of its outputs; the model is changed."""
    for entry in [entry for entry in model.graph.output if entry.name != name]:
        model.graph.output.remove(entry)
    drop_unused(model.graph)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def find_features(graph: onnx.GraphProto) -> str:
    """Return the name of what the classifying layer reads, or, where there is none, the embedding.

    Raises:
        ExportError: There is neither.
    """
    for ending in (CLASSIFY, _EMBED):
        for node in graph.node:
            if node.op_type == "Gemm" and node.input[1].endswith(ending):
                return str(node.input[0])
    raise ExportError("the graph has no layer heads.classify; a new head needs a bundle that modiste exported")


def join_logits(model: onnx.ModelProto, parts: Sequence[str], width: int, *, name: str) -> bytes:
    """Make the logits of parts side by side, drop what leads to no output any more, and return the graph.

    Args:
        model: A bundle's graph in which nothing makes the logits; it is changed.
        parts: The names of the parts, in order.
        width: How many values they have together.
        name: What the new node is called.
    """
    model.graph.node.append(helper.make_node("Concat", parts, [LOGITS], name=name, axis=1))
    output = next(entry for entry in model.graph.output if entry.name == LOGITS)
    output.type.tensor_type.shape.dim[1].dim_value = width
    drop_unused(model.graph)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def drop_unused(graph: onnx.GraphProto) -> None:
    """Drop the nodes and weights that lead to no output."""
    while True:
        used = {name for node in graph.node for name in node.input} | {entry.name for entry in graph.output}
        dead = [node for node in graph.node if not used & set(node.output)]
        for node in dead:
            graph.node.remove(node)
        if not dead:
            break
    for entry in [entry for entry in graph.initializer if entry.name not in used]:
        graph.initializer.remove(entry)


def _expose(graph: onnx.GraphProto) -> None:
    graph.node.append(helper.make_node("Identity", [find_features(graph)], [FEATURES]))
    graph.output.append(helper.make_tensor_value_info(FEATURES, TensorProto.FLOAT, None))
