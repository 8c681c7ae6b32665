"""A run is judged as the bundle that it gives, which is exported once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

pytest.importorskip("torch")

from modiste.bundle import Bundle, load_confusion
from modiste.cli.main import main
from modiste.errors import RecipeError
from modiste.manifest import Manifest
from modiste.training import Recipe, TrainingRun, fit, open_run_bundle

pytestmark = pytest.mark.usefixtures("one_thread")
STAGE = {"name": "all", "height": 32, "width": 24, "batch_size": 8, "epochs": 2, "rate": 3e-3}


def prepare(squares: Manifest, folder: Path) -> TrainingRun:
    recipe = Recipe.model_validate(
        {
            "name": "tiny",
            "ema": 0.9,
            "trunk": {"name": "test_efficientnet", "weights": "none"},
            "heads": {"embedding": 16},
            "stages": [STAGE],
        }
    )
    return TrainingRun.prepare(recipe, folder, squares, folder)


@pytest.fixture(scope="module")
def finished(squares: Manifest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "first"
    fit(prepare(squares, folder), device="cpu")
    return folder


def test_the_bundle_is_exported_once_and_again_when_the_run_went_on(finished: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(finished, tmp_path / "run")
    run, said = TrainingRun.reopen(folder), []
    first = open_run_bundle(run, say=said.append)
    assert open_run_bundle(run, say=said.append).fingerprint == first.fingerprint
    assert len(said) == 1
    assert first.spec.training["items trained on"] == 36
    assert first.read_training_items() is not None
    check_confusion(first)
    earlier = next(path for path in sorted(run.checkpoints.glob("all-*.ckpt")) if "epoch00" in path.name)
    shutil.copy(earlier, run.last)
    second = open_run_bundle(run, say=said.append)
    assert second.fingerprint != first.fingerprint
    assert len(said) == 2
    assert not first.path.exists()


def check_confusion(bundle: Bundle) -> None:
    """What a bundle confuses was counted on the pictures that its figures were measured on."""
    told, measured = load_confusion(bundle), bundle.spec.metrics["on the validation part"]["fields"]  # type: ignore[index,call-overload]
    single = {name: figures for name, figures in measured.items() if bundle.taxonomy[name].kind == "single"}
    assert told is not None and set(told.fields) == set(single) and "12 pictures" in told.measured_on
    for name, figures in single.items():
        counts = told.count(name)
        assert counts.sum() == figures["rows"]
        assert counts.trace() / counts.sum() == pytest.approx(figures["accuracy"], abs=1e-4)


def test_a_run_without_an_epoch_is_refused(squares: Manifest, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="has finished no epoch yet"):
        open_run_bundle(prepare(squares, tmp_path / "run"))


def test_both_parts_are_read_as_one(finished: Path, squares: Manifest) -> None:
    parts = TrainingRun.reopen(finished).read_parts()
    assert parts.items["split"].value_counts().sort("count")["count"].to_list() == [12, 36]
    assert set(parts.items["item_id"]) == set(squares.items["item_id"])


def evaluate(*words: object) -> int:
    with pytest.raises(SystemExit) as left:
        main(["evaluate", *map(str, words), "--replicates", "20"])
    assert isinstance(left.value.code, int)
    return left.value.code


def test_a_run_is_judged_on_its_own_validation_part_with_its_curves(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    page = tmp_path / "judged.html"
    assert evaluate(finished, "--report", page, "--figures", tmp_path / "figures") == 0
    told = capsys.readouterr().out
    assert "12, part 'validation'" in told
    assert "first, fingerprint" in told
    assert "2 epochs in" in page.read_text(encoding="utf-8")
    assert (tmp_path / "figures" / "training.png").is_file()
    assert evaluate(finished, "--split", "train") == 2  # it learnt from these
    assert "--allow-seen" in capsys.readouterr().err
    assert evaluate(finished, "--protocol", "grouped") == 2
    assert "needs --data" in capsys.readouterr().err


def test_runs_are_compared_on_the_validation_part_they_share(
    finished: Path, squares: Manifest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = shutil.copytree(finished, tmp_path / "second")
    with pytest.raises(SystemExit) as left:
        main(["compare", str(finished), str(other), "--replicates", "20", "--json"])
    assert left.value.code == 0
    told = json.loads(capsys.readouterr().out)
    first, second = told["sections"]["What they get right"]
    assert (first["system"], second["system"], first["rows"]) == ("first", "second", 12)
    assert first["colour"] == second["colour"]
    assert first["epochs"] == 2 and first["total_seconds"] >= 2 * first["epoch_seconds"] > 0
    assert not any(item["real"] for item in told["sections"]["Against first"]["second"].values())

    swapped = squares.items.with_columns(
        split=pl.when(pl.col("item_id") < "2").then(pl.lit("validation")).otherwise("split")
    )
    fit(prepare(Manifest(squares.taxonomy, swapped), tmp_path / "third"), device="cpu")
    with pytest.raises(SystemExit) as left:
        main(["compare", str(finished), str(tmp_path / "third")])
    assert left.value.code == 2
    assert "chosen by different items" in capsys.readouterr().err
