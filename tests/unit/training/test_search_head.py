"""The search head: its loss is that of a naive loop, it learns, and the graph answers as before but for its vectors."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from modiste.bundle import Bundle, load_confusion, write_bundle  # noqa: E402
from modiste.errors import BundleError, ExportError, RecipeError  # noqa: E402
from modiste.evaluation import score_retrieval  # noqa: E402
from modiste.manifest import Manifest  # noqa: E402
from modiste.runtime import Network  # noqa: E402
from modiste.taxonomy import Field, Taxonomy  # noqa: E402
from modiste.training.recipe import Recipe, SearchRecipe, StageRecipe  # noqa: E402
from modiste.training.search_head import (  # noqa: E402
    SearchHead,
    add_search_head,
    attach_search_head,
    expose_features,
    fit_search_head,
    list_pair_labels,
)
from modiste.training.search_head.fitting import compute_pair_loss  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")

FIELDS = Taxonomy(
    (Field("type", "single", ("a", "b")), Field("tags", "multi", ("x",)), Field("sex", "single", ("m", "f")))
)


def unit(values):
    return values / np.linalg.norm(values, axis=-1, keepdims=True)


def lose_naively(vectors, labels, weights, temperature):
    total = 0.0
    for numbers, weight in zip(labels, weights, strict=True):
        terms = []
        for one, own in enumerate(numbers):
            others = [row for row in range(len(vectors)) if row != one]
            alike = [row for row in others if numbers[row] == own and own >= 0]
            if alike:
                powers = {row: np.exp(vectors[one] @ vectors[row] / temperature) for row in others}
                terms.append(-np.mean([np.log(powers[row] / sum(powers.values())) for row in alike]))
        total += weight * np.mean(terms) if terms else 0.0
    return total


def test_the_loss_is_that_of_a_naive_loop():
    rng = np.random.default_rng(0)
    vectors = unit(rng.normal(size=(20, 5)))
    labels = [rng.integers(-1, 3, 20), rng.integers(-1, 8, 20), np.full(20, -1)]
    weights = (1.0, 0.5, 2.0)
    found = compute_pair_loss(torch.tensor(vectors), [torch.tensor(column) for column in labels], weights, 0.2)
    assert float(found) == pytest.approx(lose_naively(vectors, labels, weights, 0.2))


def test_combinations_of_labels_are_numbered_and_unknown_ones_are_like_nothing():
    #                   a  b  x  m  f
    targets = np.array([[1, 0, 1, 1, 0], [1, 0, 0, 1, 0], [0, 1, 1, 1, 0], [1, 0, 0, 0, 0]], np.uint8)
    known = np.array([[1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 0]], bool)
    kinds, both = list_pair_labels(FIELDS, targets, known, [["type"], ["type", "sex"]])
    assert kinds[0] == kinds[1] == kinds[3] != kinds[2]
    assert both[0] == both[1] != both[2]
    assert both[3] == -1
    with pytest.raises(RecipeError, match="'tags', a multi field"):
        list_pair_labels(FIELDS, targets, known, [["tags"]])


def test_it_finds_what_is_alike_better_than_the_features_do():
    rng = np.random.default_rng(3)
    kinds = rng.integers(0, 6, 900)
    centres = rng.normal(size=(6, 40))
    features = (0.5 * centres[kinds] + rng.normal(size=(900, 40)) * np.linspace(0.5, 3, 40)).astype(np.float32)
    train, rest = slice(0, 600), slice(600, 900)
    recipe = SearchRecipe(alike=(("type",),), epochs=8, batch_size=200, rate=1e-2)
    head = fit_search_head(features[train], [kinds[train]], recipe, width=16, say=lambda line: None)

    def measure(vectors):
        same = score_retrieval(
            vectors, vectors, find_relevant=lambda rows: kinds[rest][rows][:, None] == kinds[rest], own=np.arange(300)
        )
        return float(np.nanmean(same.precision))

    plain = measure(unit(features[rest] - features[train].mean(axis=0)))
    assert measure(head.apply(features[rest])) > plain + 0.1
    again = fit_search_head(features[train], [kinds[train]], recipe, width=16, say=lambda line: None)
    np.testing.assert_array_equal(head.weight, again.weight)


@pytest.fixture(scope="module")
def shipped():
    return Bundle.open()


def draw_pictures(bundle, count=9):
    size = (count, bundle.preprocessing.height, bundle.preprocessing.width, 3)
    return np.random.default_rng(1).integers(0, 256, size, np.uint8)


def read_features(bundle, pictures):
    import onnxruntime

    session = onnxruntime.InferenceSession(expose_features(bundle.read_weights()), providers=["CPUExecutionProvider"])
    return session.run(["features"], {"pictures": pictures})[0]


def make_head(bundle, seed=5):
    rng = np.random.default_rng(seed)
    width = read_features(bundle, draw_pictures(bundle, 1)).shape[1]
    weight = rng.normal(size=(width, bundle.spec.embedding_size)).astype(np.float16)
    return SearchHead(weight, rng.normal(size=bundle.spec.embedding_size).astype(np.float32))


def test_the_graph_gives_the_layers_vectors_and_the_old_answers(shipped, tmp_path):
    head, pictures = make_head(shipped), draw_pictures(shipped)
    graph = attach_search_head(shipped.read_weights(), head)
    after = Network(write_bundle(tmp_path / "new", spec=shipped.spec, onnx=graph, card="")).run(pictures)
    np.testing.assert_allclose(after.embedding, head.apply(read_features(shipped, pictures)), atol=1e-4)
    np.testing.assert_allclose(after.logits, Network(shipped).run(pictures).logits, atol=1e-2)


def test_a_second_head_replaces_the_first(shipped, tmp_path):
    first, second = make_head(shipped, 1), make_head(shipped, 2)
    once = attach_search_head(shipped.read_weights(), second)
    twice = attach_search_head(attach_search_head(shipped.read_weights(), first), second)
    assert len(twice) == len(once)
    pictures = draw_pictures(shipped)
    runs = [
        Network(write_bundle(tmp_path / name, spec=shipped.spec, onnx=graph, card="")).run(pictures)
        for name, graph in (("once", once), ("twice", twice))
    ]
    np.testing.assert_array_equal(runs[0].embedding, runs[1].embedding)
    np.testing.assert_array_equal(runs[0].logits, runs[1].logits)


def test_a_foreign_graph_is_refused():
    node = onnx.helper.make_node("Identity", ["pictures"], ["embedding"])
    shape = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 2]) for name in ("pictures", "embedding")
    ]
    model = onnx.helper.make_model(onnx.helper.make_graph([node], "foreign", shape[:1], shape[1:]))
    with pytest.raises(ExportError, match="a bundle that modiste exported"):
        expose_features(model.SerializeToString())


def relabel(squares):
    columns = {
        "label.baseColour": squares.items["label.colour"].str.to_titlecase(),
        "label.articleType": ["Shirts"] * 48,
    }
    kept = squares.items.select("item_id", "product_id", "image", "source", "split")
    return Manifest.from_rows(
        kept.with_columns(**{name: pl.Series(values) for name, values in columns.items()}).to_dicts()
    )


def test_a_bundle_gets_a_head_from_labelled_pictures(shipped, squares, tmp_path):
    recipe = Recipe(
        name="short",
        stages=(StageRecipe(name="only"),),
        search=SearchRecipe(alike=(("baseColour",), ("articleType", "baseColour")), epochs=2, batch_size=16),
    )
    said: list[str] = []
    settings = {"training": {"command": "x"}, "say": said.append}
    written = add_search_head(shipped, relabel(squares), recipe, tmp_path, tmp_path / "new", **settings)
    assert written.fingerprint != shipped.fingerprint
    assert written.spec.training["search"]["alike"] == "baseColour; articleType and baseColour"
    assert written.spec.training["search"]["command"] == "x"
    assert any("epoch 2 of 2" in line for line in said)
    before, after = load_confusion(shipped), load_confusion(written)
    assert before is not None and after is not None and after.fields == before.fields
    with pytest.raises(BundleError, match="exists already"):
        add_search_head(shipped, squares, recipe, tmp_path, tmp_path / "new", **settings)


def test_without_fields_there_is_nothing_to_learn(shipped, squares, tmp_path):
    recipe = Recipe(name="short", stages=(StageRecipe(name="only"),))
    with pytest.raises(RecipeError, match=r"search\.alike is empty"):
        add_search_head(shipped, squares, recipe, tmp_path, tmp_path / "new", training={})


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"alike": [["a"]], "weights": [1.0, 2.0]}, "1 sets of fields need as many weights"),
        ({"alike": [["a"]], "weights": [0.0]}, "need as many weights above 0"),
        ({"alike": [[]]}, "an empty set makes everything alike"),
    ],
)
def test_recipes_that_contradict_themselves_are_refused(options, text):
    with pytest.raises(ValueError, match=text):
        SearchRecipe.model_validate(options)
