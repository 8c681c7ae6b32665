"""A sweep trains what its file says, goes on where it stopped, and names the best on the validation part."""

from __future__ import annotations

import json
import time
from pathlib import Path

import polars as pl
import pytest

pytest.importorskip("torch")

from modiste.cli.main import main
from modiste.errors import RecipeError
from modiste.evaluation import Epoch, read_history
from modiste.manifest import Manifest
from modiste.training import TrainingRun
from modiste.training.sweeping import Outcome, choose_winner, load_sweep, render_outcomes, run_sweep, write_outcomes

pytestmark = pytest.mark.usefixtures("one_thread")

BASE = """
name = "tiny"
ema = 0.9
[trunk]
name = "test_efficientnet"
weights = "none"
[heads]
embedding = 16
[[stages]]
name = "heads"
frozen = "trunk"
height = 32
width = 24
batch_size = 8
[[stages]]
name = "all"
height = 32
width = 24
batch_size = 8
rate = 3e-3
"""


def write(folder: Path, text: str) -> Path:
    (folder / "base.toml").write_text(BASE, encoding="utf-8")
    (folder / "grid.toml").write_text(text, encoding="utf-8")
    return folder / "grid.toml"


def test_a_grid_is_every_combination(tmp_path: Path) -> None:
    text = 'recipe = "base.toml"\n[axes]\n"stages.all.rate" = [1e-3, 1e-2]\n"stages.0.optimiser" = ["sgd", "adam"]\n'
    sweep = load_sweep(write(tmp_path, text + '"loss.field_weights.tone" = [0.5]'))
    found = [
        (variant.recipe.stages[1].rate, variant.recipe.stages[0].optimiser, variant.recipe.loss.field_weights["tone"])
        for variant in sweep.variants
    ]
    assert found == [(rate, name, 0.5) for rate in (1e-3, 1e-2) for name in ("sgd", "adam")]
    assert sweep.keys == ("stages.all.rate", "stages.0.optimiser", "loss.field_weights.tone")
    assert sweep.variants[0].folder == "stages.all.rate=0.001,stages.0.optimiser=sgd,loss.field_weights.tone=0.5"
    assert {variant.recipe.ema for variant in sweep.variants} == {0.9}


def test_variants_are_crossed_with_axes_and_long_names_stay_apart(tmp_path: Path) -> None:
    text = 'recipe = "base.toml"\n[axes]\nseed = [1, 2]\n'
    text += "".join(
        f'[[variants]]\n"data.fields" = ["colour", "{name}"]\n' for name in ("tone" * 30, "tone" * 30 + "s")
    )
    sweep = load_sweep(write(tmp_path, text))
    folders = [variant.folder for variant in sweep.variants]
    assert len(set(folders)) == len(folders) == 4
    assert all(len(name) <= 80 and "/" not in name and " " not in name for name in folders)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[axes]\n"stages.all.rat" = [1]', "did you mean 'stages.all.rate'"),
        ('[axes]\n"trunk.nam" = ["a"]', "did you mean 'trunk.name'"),
        ('[axes]\n"stages.2.rate" = [1e-3]', "there is no entry of a recipe 'stages.2.rate'"),
        ('[axes]\n"name.x" = [1]', "there is no entry of a recipe 'name.x'"),
        ('[axes]\n"stages.all.rate" = [-1]', "stages.all.rate = -1"),
        ('[axes]\n"stages.all.rate" = [1, 1]', "asks twice"),
        ('[axes]\n"stages.all.rate" = []', "no value is listed for stages.all.rate"),
        ("", "nothing is varied"),
        ("axis = 1\n[axes]\nseed = [1]", "axis: Extra inputs"),
        (f"[axes]\nseed = {list(range(501))}", "at most 500"),
        ("[axes\n", "can't be read as TOML"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RecipeError, match=r".*") as error:
        load_sweep(write(tmp_path, f'recipe = "base.toml"\n{text}'))
    assert said in str(error.value)


def test_what_does_not_fit_the_data_is_refused_before_anything_starts(squares: Manifest, tmp_path: Path) -> None:
    for line, said in (
        ('"trunk.name" = ["test_efficientnet", "no-such-trunk"]', "no-such-trunk"),
        ('"data.fields" = [["colour"], ["price"]]', "price"),
        ('"stages.all.frozen" = ["none", 99]', "frozen = 99"),
        ('"trunk.weights" = ["none", "package"]', "no package carries weights"),
    ):
        sweep = load_sweep(write(tmp_path, f'recipe = "base.toml"\n[axes]\n{line}'))
        with pytest.raises(RecipeError, match=said):
            run_sweep(sweep, squares, tmp_path / "out", say=lambda _: None)
    assert not (tmp_path / "out").exists()


def test_a_sweep_is_carried_out_and_resumed(
    squares: Manifest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    squares.write(tmp_path / "data")
    text = 'recipe = "base.toml"\n[axes]\n"stages.all.rate" = [1e-5, 1e-2, 1e20]\n"stages.all.optimiser" = ["sgd"]\n'
    grid, out = write(tmp_path, text + '"stages.all.warmup" = [0.0]'), tmp_path / "out"
    words = ["train", "--sweep", str(grid), "--data", str(tmp_path / "data"), "--out", str(out), "--device", "cpu"]
    with pytest.raises(SystemExit) as left:
        main(words)
    told = capsys.readouterr()
    assert left.value.code == 1  # one of them diverged; the others are there all the same
    table = pl.read_csv(out / "sweep.csv")
    assert table["stages.all.rate"].to_list() == [1e-5, 1e-2, 1e20]
    assert "Lower rate" in table["problem"][2] and table["val_accuracy"][2] is None
    histories = [read_history(out / name / "history.csv") for name in table["run"]]
    assert table["val_loss"].to_list()[:2] == [history[-1].val_loss for history in histories[:2]]
    best = max(range(2), key=lambda at: (histories[at][-1].val_accuracy, -histories[at][-1].val_loss))
    assert table["winner"].to_list() == [at == best for at in range(3)]
    data = json.loads((out / "sweep.json").read_text(encoding="utf-8"))
    assert data["winner"] == table["run"][best]
    assert f"modiste export {out / table['run'][best]} my-bundle".replace("'", "") in told.out.replace("'", "")
    assert "the best of 3 is partly luck" in told.out.replace("\n", " ")
    assert all(TrainingRun.reopen(out / name).finished for name in table["run"][:2])
    caches = [{path.stat().st_ino for path in (out / name / "cache").glob("32x24-*.npy")} for name in table["run"]]
    assert caches[0] & caches[1]  # decoded once

    before = [(out / name / "checkpoints/last.ckpt").stat().st_mtime_ns for name in table["run"][:2]]
    began = time.monotonic()
    with pytest.raises(SystemExit):
        main(words)
    assert [(out / name / "checkpoints/last.ckpt").stat().st_mtime_ns for name in table["run"][:2]] == before
    assert time.monotonic() - began < 60


def make(name: str, accuracy: float, loss: float, problem: str = "") -> Outcome:
    return Outcome(name, {"seed": name}, (Epoch("all", 1, 0, 60, 1, loss, accuracy, 1e-3),), problem)


def test_the_winner_is_the_best_on_validation_and_never_one_that_failed() -> None:
    three = [make("a", 0.8, 0.9), make("b", 0.8, 0.7), make("c", 0.7, 0.5), make("d", 0.99, 0.1, "diverged")]
    for choose_by, name in (("val_accuracy", "b"), ("val_loss", "c")):
        winner = choose_winner(three, choose_by)
        assert winner is not None and winner.folder == name
    assert choose_winner([make("d", 1, 0, "x")], "val_loss") is None
    assert choose_winner([], "val_loss") is None
    lines = render_outcomes(three, ["seed"], "val_accuracy").splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:6]] == ["b", "a", "c", "d"]
    assert "winner" in lines[2] and "diverged" in lines[5]


def test_values_of_several_types_become_text_in_the_table(tmp_path: Path) -> None:
    mixed = [Outcome("a", {"frozen": "trunk"}, ()), Outcome("b", {"frozen": 3}, ()), Outcome("c", {"frozen": [1]}, ())]
    table, _ = write_outcomes(tmp_path, mixed, ["frozen"], "val_loss")
    assert pl.read_csv(table)["frozen"].to_list() == ["trunk", "3", "[1]"]
