"""The familiarity that a graph tells, against naive loops; graphs without labelled neighbours tell it, too."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch")

from onnx import TensorProto, helper, numpy_helper

from modiste.bundle import Bundle, BundleSpec, write_bundle
from modiste.errors import BundleError
from modiste.imaging import Preprocessing
from modiste.manifest import Manifest
from modiste.runtime import Network, NetworkOutput, Tagger
from modiste.synthetic import draw_shop
from modiste.taxonomy import Field, Taxonomy
from modiste.training.calibrate import limit_strangers
from modiste.training.export import export_run
from modiste.training.familiarity import FeatureDirections, attach_familiarity, find_directions
from modiste.training.features import compute_features
from modiste.training.fitting import fit
from modiste.training.recipe import Recipe
from modiste.training.run import TrainingRun

WIDTH, SIDE = 12, 2  # the features are the numbers of 2 x 2 pixels
FIELDS = Taxonomy((Field("kind", "single", ("a", "b")),))
ITEMS = np.random.default_rng(1).normal(size=(WIDTH, 7)).astype(np.float32)


def make_graph(*, neighbours: bool) -> bytes:
    """A graph that looks at its pixels as they are, named as modiste exports them."""
    weights = {
        "shape": np.array([-1, WIDTH], np.int64),
        "network.heads.classify.weight": np.ones((2, WIDTH), np.float32),
        "bias": np.zeros(2, np.float32),
        "items": ITEMS,
        "count": np.array([3], np.int64),
    }
    nodes = [
        helper.make_node("Cast", ["pictures"], ["cast"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["cast", "shape"], ["values"]),
        helper.make_node("Gemm", ["values", "network.heads.classify.weight", "bias"], ["answers"], transB=1),
        helper.make_node("LpNormalization", ["values"], ["embedding"], axis=1, p=2),
        helper.make_node("MatMul", ["embedding", "items"], ["similarity"]),
        helper.make_node("TopK", ["similarity", "count"], ["best", "nearest"], axis=1),
        helper.make_node("ReduceSum", ["best"], ["total"], keepdims=1),
        helper.make_node("Add", ["answers", "total"], ["logits"]),
    ]
    if not neighbours:
        nodes = [*nodes[:4], helper.make_node("Identity", ["answers"], ["logits"])]
        weights = {name: values for name, values in weights.items() if name not in ("items", "count")}
    graph = helper.make_graph(
        nodes,
        "pixels",
        [helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["n", SIDE, SIDE, 3])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])
            for name, width in (("logits", 2), ("embedding", WIDTH))
        ],
        [numpy_helper.from_array(values, name) for name, values in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8).SerializeToString()


def write(folder: Path, graph: bytes, *, limit: float | None = None) -> Bundle:
    numbers = Preprocessing(height=SIDE, width=SIDE).to_json()
    spec = BundleSpec(name="p", fields=FIELDS.to_json(), preprocessing=numbers, embedding_size=WIDTH)
    return write_bundle(folder, spec=spec.model_copy(update={"stranger_below": limit}), onnx=graph, card="")


def draw(count: int, seed: int) -> NDArray[np.uint8]:
    """Pictures whose numbers are all alike but for some noise: one direction holds nearly all of them."""
    rng = np.random.default_rng(seed)
    level = rng.integers(40, 200, (count, 1, 1, 1))
    return (level + rng.integers(0, 12, (count, SIDE, SIDE, 3))).astype(np.uint8)


def measure_outside(picture: NDArray[np.uint8], learnt: NDArray[np.uint8]) -> float:
    """The length of what lies outside the two directions that hold most of the learnt pictures, as a share."""
    rows = learnt.reshape(len(learnt), -1).astype(float)
    _, _, directions = np.linalg.svd(rows, full_matrices=False)
    left = picture.reshape(-1).astype(float)
    whole = math.sqrt(sum(value * value for value in left))
    for direction in directions[: WIDTH * 2 // 5]:
        left = left - sum(a * b for a, b in zip(left, direction, strict=True)) * direction
    return math.sqrt(sum(value * value for value in left)) / whole


@pytest.mark.parametrize("neighbours", [True, False])
def test_familiarity_is_that_of_naive_loops_and_nothing_else_changes(tmp_path: Path, neighbours: bool) -> None:
    learnt, asked = draw(60, 1), np.concatenate([draw(5, 2), np.random.default_rng(3).integers(0, 256, (5, 2, 2, 3))])
    asked = asked.astype(np.uint8)
    before = write(tmp_path / "before", make_graph(neighbours=neighbours))
    directions = find_directions(compute_features(before, learnt, np.arange(len(learnt))))
    after = write(tmp_path / "after", attach_familiarity(before.read_weights(), directions))
    old, new = Network(before).run(asked), Network(after).run(asked)
    assert old.familiarity is None and new.familiarity is not None
    np.testing.assert_array_equal(old.logits, new.logits)
    np.testing.assert_array_equal(old.embedding, new.embedding)
    for picture, embedding, found in zip(asked, old.embedding, new.familiarity, strict=True):
        nearest = max(float(embedding @ item) for item in ITEMS.T) if neighbours else 0.0
        assert found == pytest.approx(nearest - 4 * measure_outside(picture, learnt), abs=0.02)
    if not neighbours:
        assert new.familiarity[:5].min() > new.familiarity[5:].max()


def test_drawn_products_are_familiar_too() -> None:
    """Drawings lie along a direction that no picture has; they take the place of one that hardly any picture needs."""
    rng = np.random.default_rng(6)
    pictures = rng.normal(size=(400, 10)).astype(np.float32) * np.array([9, 1, 1, 1, 1, 1, 1, 1, 1, 0], np.float32)
    drawn = np.zeros((30, 10), np.float32)
    drawn[:, 9] = 5

    def measure_inside(directions: FeatureDirections) -> float:
        return float(np.linalg.norm((drawn[0] @ directions.codes) * directions.scales) / np.linalg.norm(drawn[0]))

    assert measure_inside(find_directions(pictures)) < 0.1
    assert measure_inside(find_directions(pictures, drawn)) > 0.95
    np.testing.assert_array_equal(
        find_directions(pictures, drawn).codes, find_directions(pictures, np.concatenate([drawn, drawn])).codes
    )


def test_few_drawn_products_are_strangers_to_the_shipped_bundle() -> None:
    """A third of the demo's were, before drawings were products; now a tenth, and a twelfth of five such shops."""
    shop = [np.asarray(item.picture) for item in draw_shop(64, seed=0, size=(180, 240))]
    assert sum(tags.stranger for tags in Tagger().tag(shop)) <= 0.15 * len(shop)


def test_a_black_picture_is_all_strange(tmp_path: Path) -> None:
    learnt = draw(60, 1)
    bundle = write(tmp_path / "plain", make_graph(neighbours=False))
    directions = find_directions(compute_features(bundle, learnt, np.arange(len(learnt))))
    told = write(tmp_path / "told", attach_familiarity(bundle.read_weights(), directions))
    familiarity = Network(told).run(np.zeros((1, SIDE, SIDE, 3), np.uint8)).familiarity
    assert familiarity is not None and familiarity.tolist() == [-4.0]


def test_no_picture_is_answered_by_nothing(tmp_path: Path) -> None:
    learnt = draw(60, 1)
    bundle = write(tmp_path / "plain", make_graph(neighbours=True))
    directions = find_directions(compute_features(bundle, learnt, np.arange(len(learnt))))
    told = write(tmp_path / "told", attach_familiarity(bundle.read_weights(), directions))
    empty = Network(told).run(np.zeros((0, SIDE, SIDE, 3), np.uint8))
    assert [None if values is None else values.shape for values in empty] == [(0, 2), (0, WIDTH), (0,)]


def test_a_limit_needs_a_graph_that_tells(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="tells no 'familiarity'"):
        Network(write(tmp_path / "limited", make_graph(neighbours=False), limit=0.1))


@pytest.mark.parametrize("share", [0.01, 0.035, 0.5])
def test_the_limit_takes_no_more_than_the_share_for_strangers(tmp_path: Path, share: float) -> None:
    spec = write(tmp_path / "plain", make_graph(neighbours=False)).spec
    familiarity = np.random.default_rng(4).normal(size=997).astype(np.float32)
    limit = limit_strangers(spec, familiarity, share).stranger_below
    assert limit is not None
    taken = float((familiarity < limit).mean())
    assert share - 2 / 997 <= taken <= share


def test_without_a_share_or_a_graph_that_tells_there_is_no_limit(tmp_path: Path) -> None:
    spec = write(tmp_path / "plain", make_graph(neighbours=False)).spec.model_copy(update={"stranger_below": 1.0})
    output = NetworkOutput(np.zeros((2, 2), np.float32), np.zeros((2, 2), np.float32))
    assert limit_strangers(spec, output.familiarity, 0.1).stranger_below is None
    assert limit_strangers(spec, np.zeros(2, np.float32), 0.0).stranger_below is None


@pytest.fixture(scope="module")
def learnt_squares(tmp_path_factory: pytest.TempPathFactory, squares: Manifest) -> Bundle:
    """A bundle of a short training on coloured squares, with labelled neighbours."""
    stage = {"name": "all", "height": 24, "width": 18, "batch_size": 12, "epochs": 8, "rate": 1e-2}
    given = {"name": "s", "trunk": {"name": "test_efficientnet", "weights": "none"}, "stages": [stage]}
    further = {
        "neighbours": {"share": 0.2, "count": 100, "dimensions": 8},
        "calibration": {"strangers": 0.1},
        "ema": 0.5,
    }
    recipe = Recipe.model_validate({**given, **further, "data": {"fields": ["colour", "tone"]}})
    folder = tmp_path_factory.mktemp("squares")
    run = TrainingRun.prepare(recipe, folder, squares, folder / "run")
    fit(run, device="cpu")
    return export_run(run, folder / "bundle", name="s", training={})


def test_an_exported_bundle_knows_what_it_learnt_from(learnt_squares: Bundle, squares: Manifest) -> None:
    tagger = Tagger(learnt_squares)
    products = tagger.tag(squares.of_split("validation").items["image"].to_list())
    assert sum(tags.stranger for tags in products) <= 0.1 * len(products)
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (40, 30, 3)).astype(np.uint8) for _ in range(12)]
    strangers = tagger.tag(noise)
    assert sum(tags.stranger for tags in strangers) >= 11
    for tags in (*products, *strangers):
        assert not tags.stranger or tags.doubtful_fields == ("colour", "tone")
