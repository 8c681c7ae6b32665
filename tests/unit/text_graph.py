"""A text encoder without training: a text is the sum of its pieces' random vectors."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from modiste.bundle import PieceSpec
from modiste.runtime.word_pieces import number_words, split_text

PIECES = PieceSpec(buckets=64, shortest=2, longest=3, most_words=5, most_pieces=8)


def draw_table(size: int, buckets: int = PIECES.buckets) -> NDArray[np.float32]:
    table = np.random.default_rng(0).normal(size=(buckets, size)).astype(np.float32)
    table[0] = 0
    return table


def make_text_graph(size: int, *, output: str = "embedding", kind: str = "INT32") -> bytes:
    pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("Gather", ["table", "pieces"], ["found"]),
        helper.make_node("ReduceSum", ["found", "axes"], ["sum"], keepdims=0),
        helper.make_node("LpNormalization", ["sum"], [output], axis=1, p=2),
    ]
    graph = helper.make_graph(
        nodes,
        "words",
        [helper.make_tensor_value_info("pieces", getattr(TensorProto, kind), ["n", "words", "depth"])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", size])],
        [numpy_helper.from_array(draw_table(size), "table"), numpy_helper.from_array(np.array([1, 2]), "axes")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


def encode_naively(text: str, size: int) -> NDArray[np.float32]:
    table, total = draw_table(size), np.zeros(size, np.float32)
    for word in split_text(text)[: PIECES.most_words]:
        for piece in number_words([[word]], PIECES).ravel():
            total += table[piece]
    return total / np.linalg.norm(total)
