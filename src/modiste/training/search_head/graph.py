"""A search head inside a bundle's ONNX graph: the logits, and the vectors that vote for them, stay as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from modiste.training.bundle_graph import drop_unused, find_features
from modiste.training.search_head.fitting import SearchHead

__all__ = ["attach_search_head"]

_EMBEDDING = "embedding"
_HEAD = "search.head"
_SMALLEST = 1e-12


def attach_search_head(graph: bytes, head: SearchHead) -> bytes:
    """Return a bundle's graph whose output ``embedding`` comes from a search head.

    What came out of it before goes on to where it was needed inside, such as to the labelled neighbours; its weights
    are kept in half precision, so that the file does not grow. A search head that was there is replaced.

    Raises:
        ExportError: The graph was not exported by modiste.
    """
    model = onnx.load_from_string(graph)
    features = find_features(model.graph)
    _drop_head(model.graph)
    _rename_output(model.graph)
    _halve(model.graph, _find_embed_weight(model.graph))
    _append_head(model.graph, features, head)
    drop_unused(model.graph)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _find_embed_weight(graph: onnx.GraphProto) -> str:
    return next((entry.name for entry in graph.initializer if entry.name.endswith("heads.embed.weight")), "")


def _drop_head(graph: onnx.GraphProto) -> None:
    for node in [node for node in graph.node if node.name.startswith(_HEAD)]:
        graph.node.remove(node)
    for entry in [entry for entry in graph.initializer if entry.name.startswith(_HEAD)]:
        graph.initializer.remove(entry)


def _rename_output(graph: onnx.GraphProto) -> None:
    inner = "vote.embedding"
    for node in graph.node:
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                if name == _EMBEDDING:
                    names[place] = inner


def _halve(graph: onnx.GraphProto, name: str) -> None:
    """Keep a weight in half precision, and widen it when the graph is loaded."""
    for entry in graph.initializer:
        if entry.name == name and entry.data_type == TensorProto.FLOAT:
            half = numpy_helper.from_array(numpy_helper.to_array(entry).astype(np.float16), f"{name}.half")
            graph.initializer.remove(entry)
            graph.initializer.append(half)
            graph.node.insert(0, helper.make_node("Cast", [half.name], [name], to=TensorProto.FLOAT))
            return


def _append_head(graph: onnx.GraphProto, features: str, head: SearchHead) -> None:
    weight, bias = f"{_HEAD}.weight", f"{_HEAD}.bias"
    smallest, axis = f"{_HEAD}.smallest", f"{_HEAD}.axis"
    graph.initializer.extend(
        [
            numpy_helper.from_array(head.weight, f"{weight}.half"),
            numpy_helper.from_array(head.bias, bias),
            numpy_helper.from_array(np.array(_SMALLEST, np.float32), smallest),
            numpy_helper.from_array(np.array([1], np.int64), axis),
        ]
    )
    steps: list[tuple[str, list[str], list[str], dict[str, Any]]] = [
        ("Cast", [f"{weight}.half"], [weight], {"to": TensorProto.FLOAT}),
        ("Gemm", [features, weight, bias], [f"{_HEAD}.raw"], {}),
        ("ReduceL2", [f"{_HEAD}.raw", axis], [f"{_HEAD}.length"], {"keepdims": 1}),
        ("Max", [f"{_HEAD}.length", smallest], [f"{_HEAD}.divisor"], {}),
        ("Div", [f"{_HEAD}.raw", f"{_HEAD}.divisor"], [_EMBEDDING], {}),
    ]
    for kind, inputs, outputs, attributes in steps:
        graph.node.append(helper.make_node(kind, inputs, outputs, name=f"{_HEAD}.{kind}", **attributes))
    shape = next(entry for entry in graph.output if entry.name == _EMBEDDING).type.tensor_type.shape
    shape.dim[1].dim_value = len(head.bias)
