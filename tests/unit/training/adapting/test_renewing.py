"""Labelled neighbours of a changed network are those that it would have been exported with."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

torch = pytest.importorskip("torch")
onnxruntime = pytest.importorskip("onnxruntime")

from torch import nn  # noqa: E402

from modiste.imaging import Preprocessing  # noqa: E402
from modiste.taxonomy import Field, Taxonomy  # noqa: E402
from modiste.training.adapting.renewing import renew_neighbours  # noqa: E402
from modiste.training.dataset import LabelledItems  # noqa: E402
from modiste.training.graph import Graph, export_graph  # noqa: E402
from modiste.training.heads import LinearHeads  # noqa: E402
from modiste.training.neighbours import NeighbourVote, build_table  # noqa: E402
from modiste.training.network import TaggerNetwork  # noqa: E402
from modiste.training.recipe import NeighbourRecipe  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")
NUMBERS = Preprocessing(height=20, width=16, mean=(120.0, 110.0, 100.0), std=(60.0, 50.0, 40.0))
TAXONOMY = Taxonomy((Field("colour", "single", ("red", "blue", "green")), Field("tags", "multi", ("x",))))
RECIPE = NeighbourRecipe(share=0.5, count=3, temperature=0.1, dimensions=6)
COUNT = 12
READABLE = np.array([row for row in range(COUNT) if row != 4], np.intp)  # one picture can't be read
PIXELS = np.random.default_rng(3).integers(0, 256, (COUNT, 20, 16, 3), dtype=np.uint8)


def make_items(shift: int = 0) -> LabelledItems:
    rng = np.random.default_rng(shift)
    colours = rng.integers(0, 3, COUNT)
    targets = np.concatenate([np.eye(3, dtype=np.uint8)[colours], rng.integers(0, 2, (COUNT, 1), np.uint8)], axis=1)
    known = np.ones((COUNT, 2), np.bool_)
    known[7, 0] = False
    return LabelledItems(tuple(map(str, range(COUNT))), targets, known, (), np.arange(COUNT))


def make_network(seed: int) -> TaggerNetwork:
    torch.manual_seed(seed)
    trunk = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return TaggerNetwork(trunk, LinearHeads(8, 4, embedding=8, dropout=0.0, scale=16.0)).eval()


def embed(network: TaggerNetwork) -> NDArray[np.float32]:
    with torch.inference_mode():
        values: NDArray[np.float32] = network(torch.tensor(NUMBERS.normalise(PIXELS[READABLE]))).embedding.numpy()
    return values


def export(network: TaggerNetwork, seen_by: TaggerNetwork) -> Graph:
    """Export a network with the neighbours where another one sees them."""
    items = make_items()
    table = build_table(embed(seen_by), items.targets[READABLE], items.known[READABLE], TAXONOMY, dimensions=6)
    return export_graph(network, NUMBERS, NeighbourVote(table, TAXONOMY, RECIPE))


def ask(graph: bytes) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    answer: NDArray[np.float32] = session.run(["logits"], {"pictures": PIXELS})[0]
    return answer


def test_they_lie_where_the_changed_network_sees_them() -> None:
    before, after = make_network(0), make_network(1)
    stale, wanted = export(after, seen_by=before).onnx, export(after, seen_by=after).onnx
    renewed = renew_neighbours(stale, make_items(), TAXONOMY, PIXELS, READABLE)
    assert renewed is not None
    np.testing.assert_allclose(ask(renewed), ask(wanted), atol=1e-5)
    assert np.abs(ask(stale) - ask(wanted)).max() > 0.1


def test_nothing_is_renewed_by_other_labels_or_without_neighbours() -> None:
    network = make_network(0)
    graph = export(network, seen_by=network).onnx
    assert renew_neighbours(graph, make_items(shift=1), TAXONOMY, PIXELS, READABLE) is None
    assert renew_neighbours(graph, make_items(), TAXONOMY, PIXELS, READABLE[1:]) is None
    assert renew_neighbours(export_graph(network, NUMBERS).onnx, make_items(), TAXONOMY, PIXELS, READABLE) is None
