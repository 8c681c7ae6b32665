"""A quantised graph: integers where they are promised, nearly the same numbers, half the bytes."""

from __future__ import annotations

import logging

import numpy as np
import pytest

pytest.importorskip("onnx")

import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper

from modiste.bundle import Bundle
from modiste.errors import ExportError
from modiste.synthetic import draw_shop
from modiste.training.quantisation import FEWEST_PICTURES, dequantise_graph, quantise_graph

Numbers = dict[str, NDArray[np.float32]]


def draw(count: int, seed: int) -> NDArray[np.uint8]:
    numbers = Bundle.open().preprocessing
    return np.stack([numbers.prepare(np.asarray(item.picture)) for item in draw_shop(count, seed=seed)])


@pytest.fixture(scope="module")
def pictures() -> NDArray[np.uint8]:
    return draw(24, seed=4)


@pytest.fixture(scope="module")
def before() -> bytes:
    """The shipped network, which is in integers, in floats."""
    return dequantise_graph(Bundle.open().read_weights())


@pytest.fixture(scope="module")
def after(before: bytes) -> bytes:
    return quantise_graph(before, draw(FEWEST_PICTURES, seed=9))


def run(graph: bytes, pictures: NDArray[np.uint8], threads: int = 1) -> Numbers:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_outputs()]
    return dict(zip(names, session.run(names, {"pictures": pictures}), strict=True))


def count(graph: bytes, kind: str) -> int:
    return sum(node.op_type == kind for node in onnx.load_from_string(graph).graph.node)


def test_all_convolutions_but_three_compute_in_integers(before: bytes, after: bytes) -> None:
    assert count(after, "Conv") == 3
    assert count(after, "QLinearConv") == count(before, "Conv") - 3 > 40
    assert count(after, "Gemm") == count(before, "Gemm")  # heads stay in floats
    assert len(after) < 0.55 * len(before)


def test_weights_keep_to_seven_bits(after: bytes) -> None:
    """Eight would overflow the 16-bit sums of processors without instructions for them."""
    graph = onnx.load_from_string(after).graph
    weights = {node.input[3] for node in graph.node if node.op_type == "QLinearConv"}
    codes = [onnx.numpy_helper.to_array(entry) for entry in graph.initializer if entry.name in weights]
    assert len(codes) == len(weights) and all(entry.dtype == np.int8 for entry in codes)
    assert max(np.abs(entry.astype(int)).max() for entry in codes) == 64


def test_integers_are_those_of_plain_arithmetic(after: bytes, pictures: NDArray[np.uint8]) -> None:
    """The first quantised layer, computed by hand from its own inputs, steps and codes."""
    model = onnx.load_from_string(after)
    layer = next(node for node in model.graph.node if node.op_type == "QLinearConv")
    for name in (layer.input[0], layer.output[0]):
        model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.UINT8, None))
    told = run(model.SerializeToString(), pictures[:2])
    constants = {entry.name: onnx.numpy_helper.to_array(entry) for entry in model.graph.initializer}
    x_step, x_zero, codes, w_step, w_zero, y_step, y_zero, bias = (constants[name] for name in layer.input[1:])
    assert codes.shape[2:] == (1, 1) and not w_zero.any()
    values = told[layer.input[0]].astype(np.int64) - int(x_zero)
    sums = np.einsum("nchw,oc->nohw", values, codes[:, :, 0, 0].astype(np.int64)) + bias[None, :, None, None]
    scaled = sums * (float(x_step) * w_step.astype(float) / float(y_step))[None, :, None, None] + int(y_zero)
    # Where a sum lies half way between two steps, single precision may round it either way.
    assert np.abs(np.clip(scaled, 0, 255) - told[layer.output[0]].astype(float)).max() < 0.501


def test_vectors_hardly_turn_and_answers_hardly_change(
    before: bytes, after: bytes, pictures: NDArray[np.uint8]
) -> None:
    old, new = run(before, pictures), run(after, pictures)
    assert old.keys() == new.keys()
    cosines = (old["embedding"] * new["embedding"]).sum(axis=1)
    assert cosines.mean() > 0.99 and cosines.min() > 0.95
    assert np.corrcoef(old["logits"].ravel(), new["logits"].ravel())[0, 1] > 0.98
    assert np.corrcoef(old["familiarity"], new["familiarity"])[0, 1] > 0.9


def test_the_same_from_one_thread_or_two_alone_or_together(after: bytes, pictures: NDArray[np.uint8]) -> None:
    together, divided = run(after, pictures), run(after, pictures, threads=2)
    alone = np.concatenate([run(after, picture[None])["embedding"] for picture in pictures[:5]])
    np.testing.assert_allclose(divided["embedding"], together["embedding"], atol=1e-5)
    np.testing.assert_allclose(alone, together["embedding"][:5], atol=1e-5)


def test_the_same_pictures_give_the_same_bytes_in_silence(
    before: bytes, after: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert quantise_graph(before, draw(FEWEST_PICTURES, seed=9)) == after
    assert not caplog.records
    logging.getLogger().warning("heard again")
    assert caplog.messages == ["heard again"]


def test_what_can_t_be_quantised_is_refused(before: bytes, after: bytes, pictures: NDArray[np.uint8]) -> None:
    with pytest.raises(ExportError, match=r"24 pictures are too few .* expected 32 or more"):
        quantise_graph(before, pictures)
    many = np.concatenate([pictures, pictures])
    with pytest.raises(ExportError, match="computes in integers already"):
        quantise_graph(after, many)
    few = onnx.load_from_string(before)
    convolutions = [node for node in few.graph.node if node.op_type == "Conv"]
    for node in convolutions[3:]:
        few.graph.node.remove(node)
    with pytest.raises(ExportError, match="has 3 convolutions"):
        quantise_graph(few.SerializeToString(), many)


def test_what_goes_back_to_floats_has_the_same_weights_and_rounds_nothing(before: bytes, after: bytes) -> None:
    floats = onnx.load_from_string(dequantise_graph(after)).graph
    assert not any("Quantize" in node.op_type or "QLinear" in node.op_type for node in floats.node)
    assert count(dequantise_graph(after), "Conv") == count(before, "Conv")
    assert count(dequantise_graph(after), "Clip") == count(before, "Clip")
    old = {entry.name: onnx.numpy_helper.to_array(entry) for entry in onnx.load_from_string(before).graph.initializer}
    new = {entry.name: onnx.numpy_helper.to_array(entry) for entry in floats.initializer}
    weights = [name for name in new if "trunk" in name and new[name].ndim == 4]
    assert len(weights) > 40
    for name in weights:
        # Half a step of each channel's own range is all that seven bits lose, and the bounds may lie on either side.
        largest = np.abs(old[name]).max(axis=(1, 2, 3), keepdims=True)
        assert (np.abs(old[name] - new[name]) <= largest / 63 / 2 + 1e-7).all()


def test_what_goes_back_to_floats_answers_nearly_alike(after: bytes, pictures: NDArray[np.uint8]) -> None:
    rounded, plain = run(after, pictures), run(dequantise_graph(after), pictures)
    cosines = (rounded["embedding"] * plain["embedding"]).sum(axis=1)
    assert cosines.min() > 0.99 and cosines.max() < 1 - 1e-7
    assert np.corrcoef(rounded["logits"].ravel(), plain["logits"].ravel())[0, 1] > 0.99


def test_a_graph_in_floats_stays_as_it_is_and_other_integers_are_refused(before: bytes, after: bytes) -> None:
    assert dequantise_graph(before) == before
    odd = onnx.load_from_string(after)
    next(node for node in odd.graph.node if node.op_type == "QLinearConv").op_type = "QLinearMatMul"
    with pytest.raises(ExportError, match=r"QLinearMatMul .* expected a graph that modiste quantised"):
        dequantise_graph(odd.SerializeToString())


def test_convolutions_without_a_bias_go_back_too(before: bytes, pictures: NDArray[np.uint8]) -> None:
    bare = onnx.load_from_string(before)
    layer = [node for node in bare.graph.node if node.op_type == "Conv"][5]
    del layer.input[2:]
    after = quantise_graph(bare.SerializeToString(), draw(FEWEST_PICTURES, seed=9))
    floats = onnx.load_from_string(dequantise_graph(after)).graph
    found = next(node for node in floats.node if node.op_type == "Conv" and node.input[1] == layer.input[1])
    assert len(found.input) == 2
    embeddings = [run(graph, pictures)["embedding"] for graph in (after, dequantise_graph(after))]
    assert (embeddings[0] * embeddings[1]).sum(axis=1).min() > 0.98
