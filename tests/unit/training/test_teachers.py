"""Teachers: what they say against a loop, what a pupil learns of them, and whom a run refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

torch = pytest.importorskip("torch")

from torch.nn import functional as F  # noqa: E402

from modiste.errors import RecipeError  # noqa: E402
from modiste.imaging import Preprocessing  # noqa: E402
from modiste.manifest import Manifest  # noqa: E402
from modiste.taxonomy import Field, Taxonomy  # noqa: E402
from modiste.training import Recipe, TrainingRun, fit, open_teachers  # noqa: E402
from modiste.training.network import build_network  # noqa: E402
from modiste.training.teachers import Teacher, Teachers  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")

FIELDS = Taxonomy((Field("type", "single", ("a", "b", "c")), Field("style", "multi", ("x", "y"))))
SIZE = {"height": 32, "width": 24, "batch_size": 8}
ALL = SIZE | {"name": "all", "epochs": 1, "rate": 3e-3}
TAUGHT = ALL | {"teacher_answers": 1.0, "blend": 0.5}


def make_recipe(*stages: dict[str, Any], seed: int = 1) -> Recipe:
    trunk = {"name": "test_efficientnet", "weights": "none"}
    rest = {"trunk": trunk, "heads": {"embedding": 16}, "data": {"fields": ["colour"]}, "stages": stages}
    return Recipe.model_validate({"name": "tiny", "seed": seed, "ema": 0.9, **rest})


def test_the_answer_is_the_mean_of_what_each_says_at_its_own_size() -> None:
    torch.manual_seed(0)
    sizes = (Preprocessing(height=32, width=24), Preprocessing(height=48, width=36))
    taught = [Teacher(build_network(make_recipe(ALL), FIELDS).eval(), size) for size in sizes]
    pictures = torch.rand(3, 3, 32, 24) * 255
    answers = Teachers(taught, FIELDS)(pictures)
    expected = torch.zeros(3, 5)
    for teacher in taught:
        numbers = teacher.preprocessing
        shown = F.interpolate(pictures, (numbers.height, numbers.width), mode="bilinear", antialias=True)
        logits = teacher.network((shown - 127) / 128).logits.detach()
        expected += torch.cat([logits[:, :3].softmax(dim=1), logits[:, 3:].sigmoid()], dim=1) / 2
    torch.testing.assert_close(answers, expected, atol=1e-5, rtol=0)


def test_a_pupil_learns_what_its_teacher_says_and_not_the_labels(squares: Manifest, tmp_path: Path) -> None:
    teacher = TrainingRun.prepare(make_recipe(ALL), tmp_path, squares, tmp_path / "teacher")
    fit(teacher, device="cpu")
    states = []
    for name, labels in (("one", squares), ("two", _turn_labels(squares))):
        pupil = TrainingRun.prepare(make_recipe(TAUGHT, seed=2), tmp_path, labels, tmp_path / name)
        fit(pupil, device="cpu", teachers=open_teachers(pupil, [teacher.folder]))
        state = torch.load(pupil.last, weights_only=True)["state_dict"]
        assert all(name.startswith(("network.", "average.")) for name in state)  # no teacher is kept
        states.append(state["network.heads.classify.weight"])
    alone = TrainingRun.prepare(make_recipe(ALL, seed=2), tmp_path, squares, tmp_path / "alone")
    fit(alone, device="cpu")
    torch.testing.assert_close(*states, rtol=0, atol=0)
    assert not torch.equal(
        states[0], torch.load(alone.last, weights_only=True)["state_dict"]["network.heads.classify.weight"]
    )


def test_who_is_no_teacher_is_refused(squares: Manifest, tmp_path: Path) -> None:
    run = TrainingRun.prepare(make_recipe(TAUGHT), tmp_path, squares, tmp_path / "run")
    assert open_teachers(run, []) is None
    with pytest.raises(RecipeError, match="Type: --teacher RUN"):
        fit(run, device="cpu")
    with pytest.raises(RecipeError, match="is not a run"):
        open_teachers(run, [tmp_path])
    swapped = squares.items["split"].replace_strict({"train": "validation", "validation": "train"}, default=None)
    other = Manifest(squares.taxonomy, squares.items.with_columns(swapped.alias("split")))
    peeking = TrainingRun.prepare(make_recipe(ALL), tmp_path, other, tmp_path / "peeking")
    with pytest.raises(RecipeError, match="items that this run is chosen by"):
        open_teachers(run, [peeking.folder])
    plain = TrainingRun.prepare(make_recipe(ALL), tmp_path, squares, tmp_path / "plain")
    fit(plain, device="cpu")
    with pytest.raises(RecipeError, match="no stage has teacher_answers"):
        fit(plain, device="cpu", teachers=open_teachers(plain, [plain.folder]))


def _turn_labels(manifest: Manifest) -> Manifest:
    """Give every colour to the next one, so that nothing true is left."""
    values = manifest.taxonomy["colour"].values
    turned = dict(zip(values, [*values[1:], values[0]], strict=True))
    return Manifest(manifest.taxonomy, manifest.items.with_columns(pl.col("label.colour").replace_strict(turned)))
