"""The exported graph answers as torch does, for any number of pictures, or is refused."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from torch import nn  # noqa: E402

from modiste.bundle import BundleSpec, write_bundle  # noqa: E402
from modiste.errors import ExportError  # noqa: E402
from modiste.imaging import Preprocessing  # noqa: E402
from modiste.runtime import Network  # noqa: E402
from modiste.taxonomy import Field, Taxonomy  # noqa: E402
from modiste.training.graph import OPSET, PARITY, ExportedNetwork, Graph, export_graph, measure_parity  # noqa: E402
from modiste.training.heads import LinearHeads  # noqa: E402
from modiste.training.neighbours import NeighbourTable, NeighbourVote  # noqa: E402
from modiste.training.network import TaggerNetwork  # noqa: E402
from modiste.training.recipe import NeighbourRecipe  # noqa: E402

NUMBERS = Preprocessing(height=20, width=16, mean=(120.0, 110.0, 100.0), std=(60.0, 50.0, 40.0))
TAXONOMY = Taxonomy((Field("colour", "single", ("red", "blue")), Field("tags", "multi", ("x",))))


@pytest.fixture(scope="module")
def graph() -> Graph:
    torch.manual_seed(0)
    trunk = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return export_graph(TaggerNetwork(trunk, LinearHeads(4, 3, embedding=8, dropout=0.5, scale=16.0)), NUMBERS)


@pytest.fixture(scope="module")
def runtime(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Network:
    return open_graph(graph, tmp_path_factory.mktemp("graph") / "bundle")


def open_graph(graph: Graph, folder: Path) -> Network:
    spec = BundleSpec(name="t", fields=TAXONOMY.to_json(), preprocessing=NUMBERS.to_json(), embedding_size=8)
    return Network(write_bundle(folder, spec=spec, onnx=graph.onnx, card=""), threads=1)


def add_vote(graph: Graph, pictures: Any, labels: list[int]) -> Graph:
    """Let the nearest one of three items vote: twins like the first of two pictures, and one like the second."""
    embedding = say(graph, pictures)[1]
    codes = np.rint(127 * embedding[[0, 0, 1]]).astype(np.int8)
    table = NeighbourTable(np.eye(8, dtype=np.float32), codes, 1 / 127, np.array(labels, np.uint8)[:, None])
    vote = NeighbourVote(table, TAXONOMY, NeighbourRecipe(share=0.5, count=1))
    return export_graph(graph.network.network, NUMBERS, vote)


def say(graph: Graph, pictures: Any) -> Any:
    with torch.inference_mode():
        return [answer.numpy() for answer in graph.network(torch.tensor(pictures))]


def draw_pictures(count: int) -> Any:
    return np.random.default_rng(count).integers(0, 256, (count, 20, 16, 3), dtype=np.uint8)


@pytest.mark.parametrize("count", [1, 2, 5, 65])
def test_any_number_of_pictures_is_answered_as_torch_does(graph: Graph, runtime: Network, count: int) -> None:
    assert measure_parity(graph.network, runtime, draw_pictures(count)) <= PARITY
    output = runtime.run(draw_pictures(count))
    assert (output.logits.shape, output.embedding.shape) == ((count, 3), (count, 8))
    np.testing.assert_allclose(np.linalg.norm(output.embedding, axis=1), 1, atol=1e-5)


def test_normalisation_is_inside_the_graph(graph: Graph, runtime: Network) -> None:
    pictures = draw_pictures(3)
    with torch.inference_mode():
        expected = graph.network.network(torch.tensor(NUMBERS.normalise(pictures))).logits
    np.testing.assert_allclose(runtime.run(pictures).logits, expected.numpy(), atol=PARITY)


@pytest.mark.parametrize("part", ["classify", "embed"])
def test_other_weights_are_refused(graph: Graph, runtime: Network, part: str) -> None:
    other = copy.deepcopy(graph.network)
    with torch.no_grad():
        getattr(other.network.heads, part).bias[0] += 10 * PARITY
    with pytest.raises(ExportError, match="Nothing was written"):
        measure_parity(other, runtime, draw_pictures(4))


def test_a_difference_in_a_late_batch_is_seen(graph: Graph, runtime: Network) -> None:
    class Late(ExportedNetwork):
        def forward(self, pictures: Any) -> Any:
            logits, embedding = super().forward(pictures)
            return logits + (0.01 if len(pictures) == 1 else 0.0), embedding

    late = Late(graph.network.network, NUMBERS).eval()
    measure_parity(late, runtime, draw_pictures(64))
    with pytest.raises(ExportError, match=r"differ by 0\.01"):
        measure_parity(late, runtime, draw_pictures(65))


def test_labels_of_neighbours_are_compared_where_it_is_settled_which_vote(graph: Graph, tmp_path: Path) -> None:
    """Where two are equally near, either may vote."""
    pictures = np.stack([np.full((20, 16, 3), grey, np.uint8) for grey in (0, 255)])
    plain, swapped, wrong = (add_vote(graph, pictures, labels) for labels in ([0, 1, 0], [1, 0, 0], [0, 1, 1]))
    runtime = open_graph(swapped, tmp_path / "swapped")
    differences = np.abs(runtime.run(pictures).logits - say(plain, pictures)[0]).max(axis=1)
    assert differences[0] > 0.1 and differences[1] < PARITY
    assert measure_parity(plain.network, runtime, pictures) <= PARITY
    with pytest.raises(ExportError, match="Nothing was written"):
        measure_parity(wrong.network, runtime, pictures)


def test_answers_that_are_no_numbers_are_refused(graph: Graph, runtime: Network) -> None:
    other = copy.deepcopy(graph.network)
    with torch.no_grad():
        other.network.heads.classify.bias.fill_(float("nan"))
    with pytest.raises(ExportError):
        measure_parity(other, runtime, draw_pictures(4))


def test_the_graph_is_one_file_that_takes_bytes(graph: Graph) -> None:
    model = onnx.load_from_string(graph.onnx)
    (given,) = model.graph.input
    assert given.name == "pictures"
    assert given.type.tensor_type.elem_type == onnx.TensorProto.UINT8
    sides = given.type.tensor_type.shape.dim
    assert [side.dim_value for side in sides] == [0, 20, 16, 3]
    assert sides[0].dim_param
    assert [output.name for output in model.graph.output] == ["logits", "embedding"]
    assert not any(tensor.external_data for tensor in model.graph.initializer)
    assert [entry.version for entry in model.opset_import if entry.domain == ""] == [OPSET]


def test_the_graph_names_nothing_of_the_machine(graph: Graph) -> None:
    assert str(Path(__file__).parents[3]).encode() not in graph.onnx
    assert b".py" not in graph.onnx
