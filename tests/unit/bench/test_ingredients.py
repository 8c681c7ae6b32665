"""A bundle taken apart: each graph says what the whole one says, computed another way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import onnx
import onnxruntime
from onnx import helper

from modiste.bench.ingredients.graphs import keep_fields, keep_network, leave_familiarity
from modiste.bundle import Bundle
from modiste.errors import UsageError
from modiste.synthetic import draw_shop


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    numbers = Bundle.open().preprocessing
    return np.stack([numbers.prepare(np.asarray(item.picture)) for item in draw_shop(6, seed=4)])


def run(graph: bytes, pictures: np.ndarray) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_outputs()]
    return dict(zip(names, session.run(names, {"pictures": pictures}), strict=True))


def test_without_familiarity_all_else_stays(pictures: np.ndarray) -> None:
    whole = Bundle.open().read_weights()
    before, after = run(whole, pictures), run(leave_familiarity(whole), pictures)
    assert set(before) - set(after) == {"familiarity"}
    for name, values in after.items():
        np.testing.assert_array_equal(values, before[name])
    assert len(leave_familiarity(whole)) < len(whole) - 250_000


def test_the_first_fields_stay_to_the_last_bit(pictures: np.ndarray) -> None:
    bundle = Bundle.open()
    first = bundle.taxonomy.select(tuple(name for name in bundle.taxonomy.names if name not in bundle.spec.silence))
    before, after = run(bundle.read_weights(), pictures), run(keep_fields(bundle.read_weights(), first), pictures)
    width = sum(len(field) for field in first)
    np.testing.assert_array_equal(after["logits"], before["logits"][:, :width])
    np.testing.assert_array_equal(after["embedding"], before["embedding"])
    assert 0 < width < before["logits"].shape[1]


def test_the_network_alone_says_what_its_layer_makes_of_the_features(pictures: np.ndarray) -> None:
    bundle = Bundle.open()
    first = bundle.taxonomy.select(tuple(name for name in bundle.taxonomy.names if name not in bundle.spec.silence))
    found = run(keep_network(bundle.read_weights(), first), pictures)["logits"]
    model = onnx.load_from_string(bundle.read_weights())
    weights = {entry.name: onnx.numpy_helper.to_array(entry) for entry in model.graph.initializer}
    layer = next(node for node in model.graph.node if node.op_type == "Gemm" and "classify" in node.input[1])
    model.graph.output.append(helper.make_tensor_value_info(layer.input[0], onnx.TensorProto.FLOAT, None))
    features = run(model.SerializeToString(), pictures)[layer.input[0]]
    expected = features @ weights[layer.input[1]].T + weights[layer.input[2]]
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert not any(
        "vote" in entry.name
        for entry in onnx.load_from_string(keep_network(bundle.read_weights(), first)).graph.initializer
    )


def test_what_has_no_parts_is_refused(tmp_path: Path) -> None:
    bundle = Bundle.open()
    first = bundle.taxonomy.select(bundle.taxonomy.names[:2])
    with pytest.raises(UsageError, match="no layer that says these fields"):
        keep_network(bundle.read_weights(), first)
    plain = keep_network(
        bundle.read_weights(),
        bundle.taxonomy.select(tuple(name for name in bundle.taxonomy.names if name not in bundle.spec.silence)),
    )
    with pytest.raises(UsageError, match="there is no part to drop"):
        keep_fields(plain, first)
