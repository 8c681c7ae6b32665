"""Every kind of heads: chosen by the recipe, checked by it, and exported as ONNX with the same answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from pydantic import ValidationError  # noqa: E402
from torch import nn  # noqa: E402

from modiste.bundle import BundleSpec, write_bundle  # noqa: E402
from modiste.errors import RecipeError  # noqa: E402
from modiste.imaging import Preprocessing  # noqa: E402
from modiste.manifest import Manifest  # noqa: E402
from modiste.runtime import Network  # noqa: E402
from modiste.taxonomy import Field, Taxonomy  # noqa: E402
from modiste.training import Recipe, TrainingRun  # noqa: E402
from modiste.training.bundle_graph import keep_features  # noqa: E402
from modiste.training.graph import PARITY, export_graph, measure_parity  # noqa: E402
from modiste.training.heads import (  # noqa: E402
    ConditionalHeads,
    EmbeddingHeads,
    Heads,
    LinearHeads,
    MessagePassingHeads,
    build_heads,
)
from modiste.training.network import TaggerNetwork  # noqa: E402
from modiste.training.recipe import HeadRecipe  # noqa: E402

NUMBERS = Preprocessing(height=20, width=16, mean=(120.0, 110.0, 100.0), std=(60.0, 50.0, 40.0))
TAXONOMY = Taxonomy(
    (
        Field("category", "single", ("shoes", "bags")),
        Field("kind", "single", ("heel", "flat", "purse"), parent="category"),
        Field("tags", "multi", ("x", "y")),
    )
)
FLAT = ("linear", "embedding")
LEVELS = [["category"], ["kind"], ["tags"]]
KINDS: dict[str, type[Heads]] = {
    "linear": LinearHeads,
    "embedding": EmbeddingHeads,
    "message_passing": MessagePassingHeads,
    "conditional": ConditionalHeads,
}


def make_network(kind: str) -> TaggerNetwork:
    torch.manual_seed(0)
    given = {"kind": kind, "embedding": 8, "width": 16} | ({} if kind in FLAT else {"levels": LEVELS})
    heads = build_heads(HeadRecipe.model_validate(given), 4, TAXONOMY)
    assert type(heads) is KINDS[kind]
    for name, parameter in heads.named_parameters():
        if "conditions" in name:
            nn.init.normal_(parameter)
    trunk = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return TaggerNetwork(trunk, heads)


@pytest.mark.parametrize("kind", KINDS)
def test_the_graph_answers_as_torch_does(kind: str, tmp_path: Path) -> None:
    graph = export_graph(make_network(kind), NUMBERS)
    spec = BundleSpec(name="t", fields=TAXONOMY.to_json(), preprocessing=NUMBERS.to_json(), embedding_size=8)
    bundle = write_bundle(tmp_path / "bundle", spec=spec, onnx=graph.onnx, card="")
    runtime = Network(bundle, threads=1)
    pictures = np.random.default_rng(0).integers(0, 256, (5, 20, 16, 3), dtype=np.uint8)
    assert measure_parity(graph.network, runtime, pictures) <= PARITY
    output = runtime.run(pictures)
    assert (output.logits.shape, output.embedding.shape) == ((5, 7), (5, 8))
    assert output.logits.std(axis=0).min() > 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_trunk_s_features_are_found_in_the_graph(kind: str) -> None:
    """New heads, and vectors for search, are fitted to them."""
    import onnxruntime

    network = make_network(kind)
    graph = export_graph(network, NUMBERS)
    session = onnxruntime.InferenceSession(keep_features(graph.onnx), providers=["CPUExecutionProvider"])
    pictures = np.random.default_rng(1).integers(0, 256, (3, 20, 16, 3), dtype=np.uint8)
    (found,) = session.run(["features"], {"pictures": pictures})
    with torch.inference_mode():
        values = torch.tensor(NUMBERS.normalise(pictures))
        expected = network.trunk(values)
    np.testing.assert_allclose(found, expected.numpy(), atol=PARITY)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"levels": LEVELS}, "kind = 'linear' connects no fields"),
        ({"kind": "message_passing"}, "needs at least two levels"),
        ({"kind": "conditional", "levels": [["category", "kind"]]}, "needs at least two levels"),
        ({"kind": "conditional", "levels": [["category"], []]}, "needs at least two levels"),
        ({"kind": "conditional", "levels": [["category"], ["category"]]}, "every field stands on one level"),
        ({"kind": "embedding", "levels": LEVELS}, "kind = 'embedding' connects no fields"),
        ({"kind": "transformer"}, "Input should be 'linear', 'embedding', 'message_passing' or 'conditional'"),
    ],
)
def test_impossible_heads_are_refused(given: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        HeadRecipe.model_validate(given)


@pytest.mark.parametrize("kind", ["message_passing", "conditional"])
def test_levels_are_checked_before_a_run_is_made(kind: str, squares: Manifest, tmp_path: Path) -> None:
    heads = {"kind": kind, "levels": [["colour"], ["tone"]]}
    recipe = Recipe.model_validate({"name": "x", "heads": heads, "stages": [{"name": "s"}]})
    with pytest.raises(RecipeError, match="missing: tags"):
        TrainingRun.prepare(recipe, tmp_path, squares, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_answers_that_read_the_embedding_shape_it() -> None:
    heads = build_heads(HeadRecipe(kind="embedding", embedding=8, dropout=0.0), 4, TAXONOMY)
    features = torch.randn(3, 4, generator=torch.Generator().manual_seed(1))
    output = heads(features)
    raw = heads.embed(features)
    torch.testing.assert_close(output.embedding, raw / raw.norm(dim=1, keepdim=True))
    torch.testing.assert_close(output.logits, heads.answer(raw))
    output.logits.square().sum().backward()
    assert heads.embed.weight.grad.any()
    assert heads.proxies.grad is None
    expected = sum(float(layer.weight.detach().square().sum()) for layer in (heads.embed, heads.answer))
    assert float(heads.sum_squares().detach()) == pytest.approx(expected)
