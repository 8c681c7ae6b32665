"""A run is what its recipe and its data make it: killed or not, cached or not."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from modiste.errors import RecipeError, UsageError  # noqa: E402
from modiste.evaluation import HISTORY_FILE, add_epoch, read_history, sum_seconds  # noqa: E402
from modiste.manifest import Manifest  # noqa: E402
from modiste.training import Recipe, TrainingRun, fit  # noqa: E402
from modiste.training import fitting as fitting_module  # noqa: E402
from modiste.training.callbacks import EndConditions  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")

HEADS: dict[str, Any] = {"name": "heads", "frozen": "trunk", "epochs": 1}
ALL: dict[str, Any] = {"name": "all", "epochs": 2, "rate": 3e-3}


def make_recipe(*stages: dict[str, Any], **parts: Any) -> Recipe:
    size = {"height": 32, "width": 24, "batch_size": 8}
    trunk = {"name": "test_efficientnet", "weights": "none", "drop_path": 0.1}
    given: dict[str, Any] = {"name": "tiny", "ema": 0.9, "trunk": trunk, "heads": {"embedding": 16}} | parts
    return Recipe.model_validate(given | {"stages": [size | stage for stage in stages]})


def run_all(squares: Manifest, folder: Path, recipe: Recipe) -> dict[str, Any]:
    fit(TrainingRun.prepare(recipe, folder, squares, folder), device="cpu")
    return load(folder)


def load(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(folder / "checkpoints/last.ckpt", weights_only=True)
    return state


def assert_same(ours: dict[str, Any], theirs: dict[str, Any], *, tolerance: float = 0.0) -> None:
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        torch.testing.assert_close(
            value, theirs[name], rtol=tolerance, atol=tolerance, msg=lambda m, n=name: f"{n}: {m}"
        )


class PowerCutError(Exception):
    """Stands for a power cut."""


def kill_at(monkeypatch: pytest.MonkeyPatch, stage: str, epoch: int, batch: int) -> None:
    """Make the training die in the middle of an epoch."""
    real = fitting_module.StageTask.training_step

    def step(self: Any, data: Any, index: int) -> Any:
        if (self.stage.name, self.current_epoch, index) == (stage, epoch, batch):
            raise PowerCutError
        return real(self, data, index)

    monkeypatch.setattr(fitting_module.StageTask, "training_step", step)


@pytest.mark.parametrize("where", [("heads", 0, 1), ("all", 0, 0), ("all", 1, 2)])
def test_a_killed_run_goes_on_to_the_same_bits(
    squares: Manifest, tmp_path: Path, where: tuple[str, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = make_recipe(HEADS, ALL)
    whole = run_all(squares, tmp_path / "whole", recipe)
    with monkeypatch.context() as patch:
        kill_at(patch, *where)
        with pytest.raises(PowerCutError):
            run_all(squares, tmp_path / "killed", recipe)
    resumed = run_all(squares, tmp_path / "killed", recipe)
    assert_same(resumed["state_dict"], whole["state_dict"])
    assert resumed["callbacks"]["EndConditions"] == whole["callbacks"]["EndConditions"]


def test_the_history_has_a_line_an_epoch_killed_or_not(
    squares: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = make_recipe(HEADS, ALL | {"schedule": "constant", "warmup": 0.0})
    began = time.monotonic()
    run_all(squares, tmp_path / "whole", recipe)
    took = time.monotonic() - began
    whole = read_history(tmp_path / "whole" / HISTORY_FILE)
    assert [(epoch.stage, epoch.epoch) for epoch in whole] == [("heads", 1), ("all", 1), ("all", 2)]
    assert 0 < sum_seconds(whole) <= took
    assert all(epoch.seconds > 0 for epoch in whole)
    assert [epoch.rate for epoch in whole[1:]] == [3e-3, 3e-3]
    assert 1e-5 < whole[0].rate < 1e-3  # one cycle below its highest
    with monkeypatch.context() as patch:
        kill_at(patch, "all", 1, 2)
        with pytest.raises(PowerCutError):
            run_all(squares, tmp_path / "killed", recipe)
    # As if it had died after the history was written, and before the checkpoint.
    add_epoch(tmp_path / "killed" / HISTORY_FILE, whole[2]._replace(val_loss=99.0))
    run_all(squares, tmp_path / "killed", recipe)
    killed = read_history(tmp_path / "killed" / HISTORY_FILE)
    assert [epoch._replace(preparing=0, seconds=0) for epoch in killed] == [
        epoch._replace(preparing=0, seconds=0) for epoch in whole
    ]


def test_cached_features_train_the_same_heads(squares: Manifest, tmp_path: Path) -> None:
    augment = {"augment": False}
    cached = run_all(squares, tmp_path / "a", make_recipe(HEADS | augment | {"epochs": 2}))
    plain = run_all(squares, tmp_path / "b", make_recipe(HEADS | augment | {"epochs": 2, "cache_features": False}))
    assert_same(cached["state_dict"], plain["state_dict"], tolerance=1e-5)


def test_a_late_frozen_stage_starts_from_the_judged_trunk(squares: Manifest, tmp_path: Path) -> None:
    late = HEADS | {"name": "late"}
    state = run_all(squares, tmp_path, make_recipe(ALL | {"epochs": 1}, late))["state_dict"]
    trunk = [name for name in state if name.startswith("network.trunk.")]
    for name in trunk:
        torch.testing.assert_close(state[name], state["average.module." + name.removeprefix("network.")])


def test_frozen_blocks_keep_weights_and_statistics(squares: Manifest, tmp_path: Path) -> None:
    recipe = make_recipe(ALL | {"frozen": 2, "epochs": 1}, ema=0.0)
    state = run_all(squares, tmp_path, recipe)["state_dict"]
    torch.manual_seed(recipe.seed)
    start = {
        f"network.{n}": v for n, v in fitting_module.build_network(recipe, _taxonomy(squares)).state_dict().items()
    }
    still = {name for name, value in state.items() if torch.equal(value, start[name])}
    assert {n for n in state if n.startswith(("network.trunk.conv_stem", "network.trunk.bn1"))} <= still
    assert "network.trunk.conv_head.weight" not in still
    assert "network.trunk.bn2.running_mean" not in still


def _taxonomy(squares: Manifest) -> Any:
    from modiste.training.dataset import learn_taxonomy

    return learn_taxonomy(squares.of_split("train"), Recipe.model_validate({"name": "x", "stages": [ALL]}).data)


def test_stop_when_leaves_later_stages_out(squares: Manifest, tmp_path: Path) -> None:
    recipe = make_recipe(HEADS | {"epochs": 3, "stop_when": "epoch >= 1"}, ALL)
    state = run_all(squares, tmp_path, recipe)
    assert (state["stage"], state["epoch"]) == (0, 0)
    run = TrainingRun.prepare(recipe, tmp_path, squares, tmp_path)
    assert run.finished


def test_advance_when_goes_to_the_next_stage(squares: Manifest, tmp_path: Path) -> None:
    recipe = make_recipe(HEADS | {"epochs": 3, "advance_when": "epoch >= 1"}, ALL | {"epochs": 1})
    assert run_all(squares, tmp_path, recipe)["stage"] == 1
    assert len(list((tmp_path / "checkpoints").glob("heads-epoch00-val*.ckpt"))) == 1


def test_a_finished_run_does_nothing(squares: Manifest, tmp_path: Path) -> None:
    recipe = make_recipe(HEADS)
    run_all(squares, tmp_path, recipe)
    before = (tmp_path / "checkpoints/last.ckpt").read_bytes()
    run_all(squares, tmp_path, recipe)
    assert (tmp_path / "checkpoints/last.ckpt").read_bytes() == before


def test_another_recipe_or_other_data_is_refused(squares: Manifest, tmp_path: Path) -> None:
    TrainingRun.prepare(make_recipe(HEADS), tmp_path, squares, tmp_path)
    with pytest.raises(RecipeError, match="choose another --out"):
        TrainingRun.prepare(make_recipe(ALL), tmp_path, squares, tmp_path)
    import polars as pl

    renamed = squares.items.with_columns(item_id=pl.format("x{}", "item_id"))
    with pytest.raises(RecipeError, match="other data"):
        TrainingRun.prepare(make_recipe(HEADS), tmp_path, Manifest(squares.taxonomy, renamed), tmp_path)


def test_moved_pictures_are_taken_from_their_new_place(squares: Manifest, tmp_path: Path) -> None:
    import polars as pl

    TrainingRun.prepare(make_recipe(HEADS), tmp_path, squares, tmp_path)
    moved = squares.items.with_columns(image=pl.format("elsewhere/{}", "image"))
    TrainingRun.prepare(make_recipe(HEADS), tmp_path, Manifest(squares.taxonomy, moved), tmp_path)
    assert TrainingRun.reopen(tmp_path).train.requests[0].reference.startswith("elsewhere/")


def test_the_folder_holds_what_it_should(squares: Manifest, tmp_path: Path) -> None:
    run_all(squares, tmp_path, make_recipe(HEADS, ALL | {"epochs": 1}))
    names = {path.name for path in tmp_path.rglob("*") if path.is_file() and ".out.tfevents." not in path.name}
    assert {name for name in names if not name.endswith((".ckpt", ".npy", ".parquet", ".json"))} == {"history.csv"}
    assert {"run.json", "last.ckpt"} <= names
    assert len(json.loads((tmp_path / "run.json").read_text())["fields"]) == 3


def test_tensorboard_holds_curves_norms_and_a_grid(squares: Manifest, tmp_path: Path) -> None:
    loading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    run_all(squares, tmp_path, make_recipe(ALL | {"epochs": 1}))
    events = loading.EventAccumulator(str(tmp_path / "logs/all"))
    events.Reload()
    scalars = set(events.Tags()["scalars"])
    fields = {f"val_{what}/{name}" for what in ("accuracy", "loss") for name in ("colour", "tone", "tags")}
    assert fields | {"train_loss", "val_loss", "val_all_right"} <= scalars
    assert {"gradient_norm/trunk", "gradient_norm/heads"} <= scalars
    assert events.Tags()["images"] == ["predictions"]


def test_a_missing_cuda_device_is_named(squares: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    run = TrainingRun.prepare(make_recipe(HEADS), tmp_path, squares, tmp_path)
    with pytest.raises(UsageError, match="--device cpu"):
        fit(run, device="cuda")
    with pytest.raises(UsageError, match="expected auto, cpu or cuda"):
        fit(run, device="tpu")


def test_a_diverging_loss_is_refused_and_keeps_no_checkpoint(squares: Manifest, tmp_path: Path) -> None:
    recipe = make_recipe(ALL | {"rate": 1e20, "optimiser": "sgd", "warmup": 0.0})
    with pytest.raises(RecipeError, match="Lower rate"):
        run_all(squares, tmp_path, recipe)
    assert not (tmp_path / "checkpoints/last.ckpt").exists()


def test_unreadable_pictures_are_left_out_and_named(
    squares: Manifest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import polars as pl

    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    image = pl.when(pl.col("item_id").is_in(["0", "3"])).then(pl.lit(str(broken))).otherwise("image").alias("image")
    damaged = Manifest(squares.taxonomy, squares.items.with_columns(image))
    run_all(damaged, tmp_path / "run", make_recipe(HEADS))
    said = capsys.readouterr().err
    assert "1 training pictures can't be read" in said
    assert "1 validation pictures can't be read" in said


def test_progress_lines_say_rate_and_time_left(
    squares: Manifest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fit(TrainingRun.prepare(make_recipe(ALL | {"epochs": 1}), tmp_path, squares, tmp_path), progress_seconds=1e-9)
    said = capsys.readouterr().err
    assert "stage all, epoch 1/1 step 2/4: loss " in said
    assert " pictures/s, " in said
    assert "stage all, epoch 1/1 done: training loss " in said


def test_end_conditions_survive_a_checkpoint() -> None:
    one, other = EndConditions(), EndConditions()
    one.best, one.since_best, one.stage_ended = 0.5, 2, True
    other.load_state_dict(one.state_dict())
    assert other.state_dict() == one.state_dict()


def test_the_last_epoch_is_kept_although_two_earlier_ones_were_as_good(squares: Manifest, tmp_path: Path) -> None:
    run_all(squares, tmp_path, make_recipe(HEADS | {"epochs": 4, "rate": 1e-30}, ema=0))
    state = load(tmp_path)
    assert state["epoch"] == 3
    assert state["callbacks"]["EndConditions"]["stage_ended"]
    assert TrainingRun.reopen(tmp_path).finished
    assert len(list((tmp_path / "checkpoints").glob("heads-epoch*.ckpt"))) == 2
