"""Joined networks say the naive mean of what each says; misfits are refused; one with itself stays as it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

pytest.importorskip("torch")

import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper

from modiste.bundle import Bundle, load_confusion, write_bundle
from modiste.cli.main import main
from modiste.errors import BundleError, UsageError
from modiste.evaluation import digest_pictures, mark_items
from modiste.manifest import Manifest
from modiste.runtime import Network, slice_fields
from modiste.training import Recipe, TrainingRun, fit, open_run_bundle
from modiste.training.joining import average_networks, join_by_predictions, join_by_weights, join_graphs
from modiste.training.joining.weights import renew_statistics
from modiste.training.judged import load_judged

pytestmark = pytest.mark.usefixtures("one_thread")

SIZE = {"height": 32, "width": 24, "batch_size": 8}


def make_recipe(seed: int = 1, **stage: Any) -> Recipe:
    return Recipe.model_validate(
        {
            "name": "tiny",
            "seed": seed,
            "ema": 0.9,
            "trunk": {"name": "test_efficientnet", "weights": "none"},
            "heads": {"embedding": 16},
            "stages": [SIZE | {"name": "all", "epochs": 1, "rate": 3e-3} | stage],
        }
    )


@pytest.fixture(scope="module")
def runs(squares: Manifest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, TrainingRun]:
    folder = tmp_path_factory.mktemp("runs")
    made = {}
    for seed in (1, 2):
        run = TrainingRun.prepare(make_recipe(seed), folder, squares, folder / f"seed{seed}")
        fit(run, device="cpu")
        made[f"seed{seed}"] = run
    return made


@pytest.fixture(scope="module")
def bundles(runs: dict[str, TrainingRun]) -> dict[str, Bundle]:
    return {name: open_run_bundle(run, say=lambda _: None) for name, run in runs.items()}


@pytest.fixture(scope="module")
def pictures() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (9, 32, 24, 3), dtype=np.uint8)


def say_mean(bundles: list[Bundle], pictures: NDArray[np.uint8]) -> dict[str, NDArray[np.float64]]:
    """Return the naive mean of the probabilities: softmax or sigmoid of each bundle's logits over its temperature."""
    found: dict[str, Any] = {}
    for bundle in bundles:
        logits = Network(bundle).run(pictures).logits.astype(np.float64)
        for name, columns in slice_fields(bundle.taxonomy).items():
            scaled = logits[:, columns] / bundle.spec.temperatures.get(name, 1.0)
            powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
            single = bundle.taxonomy[name].kind == "single"
            own = powers / powers.sum(axis=1, keepdims=True) if single else 1 / (1 + np.exp(-scaled))
            found.setdefault(name, []).append(own)
    return {name: np.mean(tables, axis=0) for name, tables in found.items()}


def read_probabilities(bundle: Bundle, pictures: NDArray[np.uint8]) -> dict[str, NDArray[np.float64]]:
    assert not bundle.spec.temperatures  # as `write_joined` leaves it
    return say_mean([bundle], pictures)


def write_joined(bundles: list[Bundle], folder: Path) -> Bundle:
    size = sum(bundle.spec.embedding_size for bundle in bundles)
    blank: dict[str, Any] = {"temperatures": {}, "joint_temperatures": {}, "thresholds": {}, "doubt": {}}
    spec = bundles[0].spec.model_copy(update={"embedding_size": size, "stranger_below": None, **blank})
    return write_bundle(folder, spec=spec, onnx=join_graphs(bundles), card="")


def test_the_graph_says_the_naive_mean(bundles: dict[str, Bundle], pictures: NDArray[np.uint8], tmp_path: Path) -> None:
    both = list(bundles.values())
    joined = write_joined(both, tmp_path / "joined")
    expected = say_mean(both, pictures)
    assert {bundle.taxonomy[name].kind for bundle in both for name in expected} == {"single", "multi"}
    for name, told in read_probabilities(joined, pictures).items():
        np.testing.assert_allclose(told, expected[name], atol=1e-5)
    # And as logits: the logarithm of the mean, or of its odds.
    logits = Network(joined).run(pictures).logits
    for name, columns in slice_fields(joined.taxonomy).items():
        mean = expected[name]
        wanted = np.log(mean) if joined.taxonomy[name].kind == "single" else np.log(mean) - np.log1p(-mean)
        np.testing.assert_allclose(logits[:, columns], wanted, atol=1e-4)


def test_cosines_are_the_mean_of_the_cosines(
    bundles: dict[str, Bundle], pictures: NDArray[np.uint8], tmp_path: Path
) -> None:
    both = list(bundles.values())
    vectors = Network(write_joined(both, tmp_path / "joined")).run(pictures).embedding
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    own = [Network(bundle).run(pictures).embedding for bundle in both]
    np.testing.assert_allclose(vectors @ vectors.T, np.mean([v @ v.T for v in own], axis=0), atol=1e-5)


def test_extreme_logits_stay_numbers(bundles: dict[str, Bundle], pictures: NDArray[np.uint8], tmp_path: Path) -> None:
    one = next(iter(bundles.values()))
    spec = one.spec.model_copy(update={"temperatures": dict.fromkeys(one.taxonomy.names, 1e-4)})
    cold = write_bundle(tmp_path / "cold", spec=spec, onnx=one.read_weights(), card="")
    logits = Network(write_joined([cold, cold], tmp_path / "joined")).run(pictures).logits
    assert np.isfinite(logits).all() and logits.min() < -200


def test_a_bundle_with_itself_says_what_it_said(
    bundles: dict[str, Bundle], pictures: NDArray[np.uint8], tmp_path: Path
) -> None:
    one = next(iter(bundles.values()))
    joined = write_joined([one, one], tmp_path / "twice")
    for name, told in read_probabilities(joined, pictures).items():
        np.testing.assert_allclose(told, say_mean([one], pictures)[name], atol=1e-6)
    again = write_joined([joined, joined], tmp_path / "four")  # what was joined can be joined
    np.testing.assert_allclose(Network(again).run(pictures).logits, Network(joined).run(pictures).logits, atol=1e-4)


def test_by_predictions_gives_an_ordinary_bundle(
    bundles: dict[str, Bundle], runs: dict[str, TrainingRun], tmp_path: Path
) -> None:
    judges = runs["seed1"].read_parts().of_split("validation")
    joined = join_by_predictions(bundles, judges, tmp_path / "both", name="both", say=lambda _: None)
    opened = Bundle.open(tmp_path / "both")
    assert opened.spec.name == "both" and set(opened.spec.temperatures) == set(opened.taxonomy.names)
    assert len(opened.spec.training["combined from"]) == 2  # type: ignore[arg-type]
    marks = [bundle.read_training_items() for bundle in bundles.values()]
    np.testing.assert_array_equal(opened.read_training_items(), np.union1d(*marks))  # type: ignore[arg-type]
    told = load_confusion(opened)
    assert told is not None
    measured = opened.spec.metrics["on the validation part"]["fields"]  # type: ignore[index,call-overload]
    assert told.fields and all(opened.taxonomy[name].kind == "single" for name in told.fields)
    for name in told.fields:
        counts = told.count(name)
        assert counts.trace() / counts.sum() == pytest.approx(measured[name]["accuracy"], abs=1e-4)
    assert set(joined.accuracies) == {"seed1", "seed2"} and 0 <= joined.accuracy <= 1
    with pytest.raises(BundleError, match="exists already"):
        join_by_predictions(bundles, judges, tmp_path / "both", name="both")


def test_items_that_one_learnt_from_do_not_calibrate(
    bundles: dict[str, Bundle], runs: dict[str, TrainingRun], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="was trained on 36 of the 48 items that calibrate"):
        join_by_predictions(bundles, runs["seed1"].read_parts(), tmp_path / "both", name="both")
    assert not (tmp_path / "both").exists()


def test_a_silent_bundle_leaves_the_new_one_silent(
    bundles: dict[str, Bundle], runs: dict[str, TrainingRun], tmp_path: Path
) -> None:
    mute = Bundle.open(shutil.copytree(bundles["seed2"].path, tmp_path / "mute"))
    (mute.path / "training-items.npy").unlink()
    judges = runs["seed1"].read_parts().of_split("validation")
    joined = join_by_predictions(
        {"one": bundles["seed1"], "mute": mute}, judges, tmp_path / "both", name="both", say=lambda _: None
    )
    assert joined.silent == ("mute",) and joined.bundle.read_training_items() is None


def change(bundle: Bundle, folder: Path, edit: Callable[[dict[str, Any]], None]) -> Bundle:
    data = json.loads(bundle.spec.to_text())
    data |= {"temperatures": {}, "joint_temperatures": {}, "thresholds": {}, "doubt": {}, "fingerprint": ""}
    edit(data)
    spec = type(bundle.spec).model_validate(data)
    return write_bundle(folder, spec=spec, onnx=bundle.read_weights(), card="")


def test_what_does_not_fit_is_refused(bundles: dict[str, Bundle], squares: Manifest, tmp_path: Path) -> None:
    one = bundles["seed1"]

    def rename(data: dict[str, Any]) -> None:
        data["fields"][0]["values"][0] = "crimson"
        data["fields"][1:] = [field | {"parent": None, "allowed": {}} for field in data["fields"][1:]]

    def drop(data: dict[str, Any]) -> None:
        data["fields"] = [field | {"parent": None, "allowed": {}} for field in data["fields"][:1]]

    def widen(data: dict[str, Any]) -> None:
        data["preprocessing"]["width"] = 30

    for name, edit, text in (
        ("values", rename, "crimson"),
        ("fields", drop, "only networks of the same fields"),
        ("pictures", widen, "width 24 against 30"),
    ):
        other = change(one, tmp_path / name, edit)
        with pytest.raises(UsageError, match=text):
            join_by_predictions({"one": one, "other": other}, squares, tmp_path / "out", name="x")
    with pytest.raises(UsageError, match="is alone"):
        join_by_predictions({"one": one}, squares, tmp_path / "out", name="x")


def test_weights_are_averaged_tensor_by_tensor(runs: dict[str, TrainingRun], tmp_path: Path) -> None:
    states = [{key: value.clone() for key, value in load_judged(run)[0].state_dict().items()} for run in runs.values()]
    network, changed = average_networks([load_judged(run)[0] for run in runs.values()])
    assert changed
    for name, value in network.state_dict().items():
        one, other = (state[name].numpy() for state in states)
        expected = (one.astype(np.float64) + other) / 2 if value.is_floating_point() else one
        np.testing.assert_allclose(value.numpy(), expected, rtol=1e-6, atol=1e-7)
    said: list[str] = []
    joined = join_by_weights(runs, tmp_path / "soup", name="soup", say=said.append)
    assert any("statistics" in line for line in said)
    assert joined.bundle.spec.training["combined by"] == "weights"
    assert set(joined.accuracies) == {"seed1", "seed2"}


def test_the_statistics_are_those_of_the_pictures(runs: dict[str, TrainingRun], pictures: NDArray[np.uint8]) -> None:
    run = runs["seed1"]
    network, _ = load_judged(run)
    numbers = run.preprocessing(run.recipe.stages[0])
    renew_statistics(network, pictures, np.arange(len(pictures)), numbers, seed=0)
    first = next(module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d))
    with torch.no_grad():
        values = torch.from_numpy(numbers.normalise(pictures))
        channels = network.trunk.conv_stem(values).transpose(0, 1).flatten(1)  # type: ignore[union-attr,operator]
    torch.testing.assert_close(first.running_mean, channels.mean(dim=1), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(first.running_var, channels.var(dim=1), rtol=1e-3, atol=1e-5)
    assert first.momentum is not None and not network.training


def test_a_run_averaged_with_itself_is_itself(
    runs: dict[str, TrainingRun], bundles: dict[str, Bundle], pictures: NDArray[np.uint8], tmp_path: Path
) -> None:
    twin = TrainingRun.reopen(shutil.copytree(runs["seed1"].folder, tmp_path / "twin"))
    joined = join_by_weights({"one": runs["seed1"], "twin": twin}, tmp_path / "same", name="x", say=lambda _: None)
    one = bundles["seed1"]
    np.testing.assert_array_equal(Network(joined.bundle).run(pictures).logits, Network(one).run(pictures).logits)
    assert joined.bundle.spec.temperatures == one.spec.temperatures
    weights = [
        {
            entry.name: numpy_helper.to_array(entry)
            for entry in onnx.load_from_string(b.read_weights()).graph.initializer
        }
        for b in (joined.bundle, one)
    ]
    assert weights[0].keys() == weights[1].keys()


def test_runs_of_other_recipes_or_chosen_by_other_items_are_refused(
    runs: dict[str, TrainingRun], squares: Manifest, tmp_path: Path
) -> None:
    other = TrainingRun.prepare(make_recipe(rate=1e-2), tmp_path, squares, tmp_path / "other")
    with pytest.raises(UsageError, match=r"stages\.0\.rate = 0.003 against 0.01"):
        join_by_weights({**runs, "other": other}, tmp_path / "out", name="x")
    moved = squares.items.with_columns(
        split=pl.when(pl.col("item_id") == "0").then(pl.lit("validation")).otherwise("split")
    )
    shifted = TrainingRun.prepare(make_recipe(), tmp_path, Manifest(squares.taxonomy, moved), tmp_path / "shifted")
    with pytest.raises(UsageError, match="were chosen by different items"):
        join_by_weights({**runs, "shifted": shifted}, tmp_path / "out", name="x")


def call(*words: object) -> int:
    with pytest.raises(SystemExit) as left:
        main(["combine", *map(str, words)])
    assert isinstance(left.value.code, int)
    return left.value.code


def test_the_command(
    runs: dict[str, TrainingRun], bundles: dict[str, Bundle], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = (run.folder for run in runs.values())
    assert call(one, two, "-o", tmp_path / "both") == 0
    told = capsys.readouterr().out
    assert "together: " in told and "both, fingerprint" in told
    assert call(one, two, "-o", tmp_path / "soup", "--by", "weights") == 0
    assert Bundle.open(tmp_path / "soup").spec.name == "soup"
    capsys.readouterr()
    first = bundles["seed1"].path
    for words, text in (
        ([one, two], "needs -o FOLDER"),
        ([one, one, "-o", tmp_path / "x"], "named twice"),
        ([first, two, "-o", tmp_path / "x", "--by", "weights"], "no folder of a run"),
        ([first, bundles["seed2"].path, "-o", tmp_path / "x"], "--data SOURCE"),
    ):
        assert call(*words) == 2
        assert text in capsys.readouterr().err
    squares = tmp_path / "squares"
    runs["seed1"].read_parts().write(squares)
    assert call(first, bundles["seed2"].path, "-o", tmp_path / "third", "--data", squares) == 0
    marks = Bundle.open(tmp_path / "third").read_training_items()
    rows = runs["seed1"].read_training_part()
    assert set(mark_items(rows, digest_pictures(rows.items["image"]))) == set(marks)  # type: ignore[arg-type]
