"""A bundle's ONNX graph, read and pruned: what its heads look at, and what leads to no output."""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper

from modiste.errors import ExportError

__all__ = ["CLASSIFY", "FEATURES", "drop_unused", "expose_features", "find_features", "keep_features"]

FEATURES = "features"
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
    for entry in [entry for entry in model.graph.output if entry.name != FEATURES]:
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
