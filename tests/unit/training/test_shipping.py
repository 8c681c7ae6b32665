"""Fields that are learnt in training alone: out of the bundle's weights, neighbours, calibration and card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import polars as pl
import pytest
from pydantic import ValidationError

torch = pytest.importorskip("torch")

from modiste.bundle import Bundle, load_confusion  # noqa: E402
from modiste.cli.main import main  # noqa: E402
from modiste.errors import ExportError, RecipeError, UnknownNameError, UsageError  # noqa: E402
from modiste.manifest import Manifest  # noqa: E402
from modiste.runtime import Network, Tagger, slice_fields  # noqa: E402
from modiste.training import Recipe, TrainingRun, export_run, fit  # noqa: E402
from modiste.training.graph import ExportedNetwork  # noqa: E402
from modiste.training.joining import join_by_weights  # noqa: E402
from modiste.training.judged import load_judged  # noqa: E402
from modiste.training.labelled_pictures import read_labelled_pictures  # noqa: E402
from modiste.training.neighbours import NeighbourVote, build_table  # noqa: E402
from modiste.training.shipping import keep_shipped  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")
STAGE = {"name": "all", "height": 32, "width": 24, "batch_size": 8, "epochs": 1, "rate": 3e-3}
SIZE = (24, 32)


def make_recipe(**changes: Any) -> Recipe:
    tables: dict[str, Any] = {
        "name": "tiny",
        "ema": 0.9,
        "data": {"fields": ["colour", "tone", "tags", "maker"], "training_only": ["tone"]},
        "trunk": {"name": "test_efficientnet", "weights": "none"},
        "heads": {"embedding": 16},
        "neighbours": {"share": 0.3, "count": 5, "dimensions": 16},
        "stages": [STAGE],
    }
    return Recipe.model_validate(tables | changes)


@pytest.fixture(scope="module")
def shop(squares: Manifest) -> Manifest:
    """The squares with a maker, which stands behind the field that stays in training."""
    makers = pl.Series("label.maker", [("north", "south", "west")[number // 2 % 3] for number in range(len(squares))])
    rows = squares.items.with_columns(makers).drop("product_id").to_dicts()
    return Manifest.from_rows(rows, parents={"tone": "colour"})


def train(shop: Manifest, folder: Path, **changes: Any) -> TrainingRun:
    run = TrainingRun.prepare(make_recipe(**changes), folder, shop, folder)
    fit(run, device="cpu")
    return run


@pytest.fixture(scope="module")
def run(shop: Manifest, tmp_path_factory: pytest.TempPathFactory) -> TrainingRun:
    return train(shop, tmp_path_factory.mktemp("shipping") / "run")


@pytest.fixture(scope="module")
def bundle(run: TrainingRun) -> Bundle:
    return export_run(run, run.folder / "bundle", name="tiny", training={})


def read_pictures(run: TrainingRun) -> np.ndarray:
    numbers = run.preprocessing(run.recipe.stages[0])
    return read_labelled_pictures(run.validation, run.taxonomy, numbers, run.folder / "cache")[0]


def answer_naively(run: TrainingRun, pictures: np.ndarray) -> np.ndarray:
    """The whole network with neighbours of all fields, and of its logits the columns of the shipped ones."""
    network, _ = load_judged(run)
    numbers = run.preprocessing(run.recipe.stages[0])
    own = read_labelled_pictures(run.train, run.taxonomy, numbers, run.folder / "cache")[0]
    with torch.inference_mode():
        embeddings = ExportedNetwork(network, numbers)(torch.from_numpy(np.ascontiguousarray(own)))[1].numpy()
        table = build_table(embeddings, run.train.targets, run.train.known, run.taxonomy, dimensions=16)
        vote = NeighbourVote(table, run.taxonomy, run.recipe.neighbours)
        whole = ExportedNetwork(network, numbers, vote).eval()(torch.from_numpy(np.ascontiguousarray(pictures)))[0]
    columns = slice_fields(run.taxonomy)
    return np.concatenate([whole[:, columns[name]].numpy() for name in ("colour", "tags", "maker")], axis=1)


def test_the_bundle_says_the_shipped_fields_alone_as_torch_does(run: TrainingRun, bundle: Bundle) -> None:
    assert run.taxonomy.names == ("colour", "tone", "tags", "maker")
    assert bundle.taxonomy.names == ("colour", "tags", "maker")
    pictures = read_pictures(run)
    logits = Network(bundle).run(np.ascontiguousarray(pictures)).logits
    np.testing.assert_allclose(logits, answer_naively(run, pictures), atol=1e-4)


def test_nothing_of_the_field_is_left_in_the_bundle(run: TrainingRun, bundle: Bundle) -> None:
    spec, hidden = bundle.spec, {"tone"}
    assert not hidden & {
        *spec.temperatures,
        *spec.thresholds,
        *spec.doubt,
        *spec.metrics["on the validation part"]["fields"],
    }  # type: ignore[index,arg-type,call-overload]
    assert "tone" not in bundle.card
    confusion = load_confusion(bundle)
    assert confusion is not None and set(confusion.fields) == {"colour", "maker"}
    weights = {
        entry.name: tuple(entry.dims) for entry in onnx.load_from_string(bundle.read_weights()).graph.initializer
    }
    shapes = [shape for name, shape in weights.items() if name.endswith("heads.classify.weight")]
    assert [shape[0] for shape in shapes] == [bundle.spec.number_of_values] == [8]
    assert (len(run.train), 2) in weights.values()  # the neighbours' labels: of colour and maker
    assert (len(run.train), 3) not in weights.values()


def test_the_run_itself_keeps_every_field(run: TrainingRun, bundle: Bundle) -> None:
    again = TrainingRun.reopen(run.folder)
    assert again.taxonomy == run.taxonomy
    network, _ = load_judged(again)
    assert network.heads.proxies.shape[0] == sum(map(len, run.taxonomy)) == 10


def test_keeping_leaves_the_given_network_as_it_was(run: TrainingRun) -> None:
    network, _ = load_judged(run)
    kept, shipped = keep_shipped(run, network)
    assert network.heads.proxies.shape[0] == 10 and shipped.heads.proxies.shape[0] == 8
    assert kept.train.targets.shape == (len(run.train), 8) and kept.train.known.shape == (len(run.train), 3)
    columns = slice_fields(run.taxonomy)
    np.testing.assert_array_equal(kept.train.targets[:, 5:], run.train.targets[:, columns["maker"]])


def test_further_fields_can_be_left_out_when_it_is_exported(run: TrainingRun, tmp_path: Path) -> None:
    written = export_run(run, tmp_path / "less", name="less", training={}, without=["maker"])
    assert written.taxonomy.names == ("colour", "tags")
    pictures = read_pictures(run)
    logits = Network(written).run(np.ascontiguousarray(pictures)).logits
    np.testing.assert_allclose(logits, answer_naively(run, pictures)[:, :5], atol=1e-4)
    assert set(Tagger(written).tag_one(run.validation.requests[0].reference)) == {"colour", "tags"}


def test_the_command_leaves_them_out_too(run: TrainingRun, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as left:
        main(["export", str(run.folder), str(tmp_path / "told"), "--without", "maker", "--without", "tags"])
    assert left.value.code == 0
    assert Bundle.open(tmp_path / "told").taxonomy.names == ("colour",)


def test_a_field_that_was_not_learnt_or_no_field_is_refused(run: TrainingRun) -> None:
    network, _ = load_judged(run)
    with pytest.raises(UnknownNameError, match="no field 'make'; did you mean 'maker'"):
        keep_shipped(run, network, ["make"])
    with pytest.raises(UsageError, match="no field would be left"):
        keep_shipped(run, network, ["colour", "tags", "maker"])


def test_averaged_weights_leave_it_out_too(run: TrainingRun, shop: Manifest, tmp_path: Path) -> None:
    other = train(shop, tmp_path / "other", seed=2)
    joined = join_by_weights({"one": run, "two": other}, tmp_path / "soup", name="soup", say=lambda _: None)
    assert joined.bundle.taxonomy.names == ("colour", "tags", "maker")


@pytest.mark.parametrize("kind", ["linear", "embedding"])
def test_both_flat_kinds_forget(shop: Manifest, tmp_path: Path, kind: str) -> None:
    run = TrainingRun.prepare(make_recipe(heads={"kind": kind, "embedding": 16}), tmp_path, shop, tmp_path)
    from modiste.training.network import build_network

    network = build_network(run.recipe, run.taxonomy).eval()
    _, shipped = keep_shipped(run, network)
    pictures = torch.rand(3, 3, 32, 24)
    whole, less = network(pictures), shipped(pictures)
    kept = [0, 1, 2, 5, 6, 7, 8, 9]
    torch.testing.assert_close(less.logits, whole.logits[:, kept])
    torch.testing.assert_close(less.embedding_logits, whole.embedding_logits[:, kept])
    torch.testing.assert_close(less.embedding, whole.embedding)


def test_connected_heads_can_leave_nothing_out(shop: Manifest, tmp_path: Path) -> None:
    levels = [["colour", "tags"], ["tone", "maker"]]
    with pytest.raises(ValidationError, match="connect the fields, so that none can be left out"):
        make_recipe(heads={"kind": "message_passing", "levels": levels, "width": 8})
    whole = {"fields": ["colour", "tone", "tags", "maker"]}
    recipe = make_recipe(data=whole, heads={"kind": "message_passing", "levels": levels, "width": 8})
    run = TrainingRun.prepare(recipe, tmp_path, shop, tmp_path)
    from modiste.training.network import build_network

    with pytest.raises(ExportError, match="MessagePassingHeads connect the fields"):
        keep_shipped(run, build_network(recipe, run.taxonomy), ["maker"])


def test_names_that_are_not_learnt_are_refused(shop: Manifest, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="training_only names brand, which fields leaves out"):
        make_recipe(data={"fields": ["colour", "tone"], "training_only": ["brand"]})
    strange = make_recipe(data={"training_only": ["brand"]})
    with pytest.raises(RecipeError, match=r"change data.training_only or data.min_counts: there is no field 'brand'"):
        TrainingRun.prepare(strange, tmp_path, shop, tmp_path)
    nothing = make_recipe(data={"fields": ["colour", "tone"], "training_only": ["tone", "colour"]})
    with pytest.raises(RecipeError, match="the bundle would say nothing"):
        TrainingRun.prepare(nothing, tmp_path, shop, tmp_path)
