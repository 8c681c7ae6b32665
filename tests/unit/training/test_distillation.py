"""Self-distillation: the teacher's answers, how they are mixed, and that a resumed stage keeps its teacher."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from modiste.imaging import Preprocessing  # noqa: E402
from modiste.manifest import Manifest  # noqa: E402
from modiste.taxonomy import Field, Taxonomy  # noqa: E402
from modiste.training import Recipe, TrainingRun, fit  # noqa: E402
from modiste.training.distillation import compute_answers, mix_targets  # noqa: E402
from modiste.training.judged import load_judged  # noqa: E402
from modiste.training.losses import TaggerLoss  # noqa: E402
from modiste.training.network import Output, build_network  # noqa: E402
from modiste.training.pictures import cache_pictures  # noqa: E402
from modiste.training.recipe import LossRecipe  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")

FIELDS = Taxonomy((Field("type", "single", ("a", "b", "c")), Field("style", "multi", ("x", "y"))))
SIZE = {"height": 32, "width": 24, "batch_size": 8}
ALL = SIZE | {"name": "all", "epochs": 1, "rate": 3e-3}
AGAIN = SIZE | {"name": "again", "epochs": 2, "rate": 3e-3, "own_answers": 0.5}


def make_recipe(*stages: dict[str, Any]) -> Recipe:
    trunk = {"name": "test_efficientnet", "weights": "none"}
    return Recipe.model_validate(
        {"name": "tiny", "ema": 0.9, "trunk": trunk, "heads": {"embedding": 16}, "stages": stages}
    )


def test_answers_are_the_mean_of_a_picture_and_its_mirror_image() -> None:
    torch.manual_seed(0)
    network = build_network(make_recipe(ALL), FIELDS)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 24, 3)).astype(np.uint8)
    numbers = Preprocessing(height=32, width=24)
    answers = compute_answers(network, pixels, numbers, FIELDS, device=torch.device("cpu"))

    def ask(picture: np.ndarray[Any, Any]) -> Any:
        logits = network(torch.from_numpy(numbers.normalise(picture[None]))).logits[0]
        return torch.cat([logits[:3].exp() / logits[:3].exp().sum(), 1 / (1 + (-logits[3:]).exp())])

    with torch.inference_mode():
        for picture, answer in zip(pixels, answers, strict=True):
            expected = (ask(picture) + ask(picture[:, ::-1])) / 2
            np.testing.assert_allclose(answer, expected.numpy(), atol=1e-5)


@given(st.floats(0, 1), st.integers(0, 2**16))
def test_mixed_targets_stay_distributions(share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.eye(4, dtype=np.uint8)[rng.integers(0, 4, 5)]
    answers = rng.dirichlet(np.ones(4), 5).astype(np.float32)
    mixed = mix_targets(labels, answers, share)
    np.testing.assert_allclose(mixed.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(mixed - labels, share * (answers - labels), atol=1e-5)


def test_a_soft_target_costs_what_its_two_labels_cost_in_proportion() -> None:
    counts = {"type": torch.tensor([5.0, 3.0, 2.0]), "style": torch.tensor([4.0, 1.0])}
    loss = TaggerLoss(FIELDS, LossRecipe(class_weights="inverse_frequency"), counts)
    logits = torch.randn(1, 5, generator=torch.Generator().manual_seed(1))
    known = torch.ones(1, 2, dtype=torch.bool)
    first, second = torch.tensor([[1.0, 0, 0, 1, 0]]), torch.tensor([[0, 1.0, 0, 0, 1]])

    def cost(targets: torch.Tensor) -> torch.Tensor:
        output = Output(logits, torch.zeros(1, 16), torch.zeros(1, 5))
        return loss.terms(output.logits, targets, known, adjust=False)["type"]

    torch.testing.assert_close(cost(0.25 * first + 0.75 * second), 0.25 * cost(first) + 0.75 * cost(second))


def test_a_resumed_stage_learns_from_the_teacher_it_began_with(squares: Manifest, tmp_path: Path) -> None:
    recipe = make_recipe(ALL, AGAIN)
    whole = TrainingRun.prepare(recipe, tmp_path, squares, tmp_path / "whole")
    fit(whole, device="cpu")
    answers = np.load(whole.folder / "cache" / "answers-again.npy")
    assert answers.shape == (len(whole.train), whole.train.targets.shape[1])
    halfway = TrainingRun.prepare(recipe, tmp_path, squares, tmp_path / "halfway")
    fit(halfway, device="cpu")
    first = next(halfway.checkpoints.glob("again-epoch00*.ckpt"), None)
    if first is None:
        pytest.fail("the stage's first epoch left no checkpoint")
    first.replace(halfway.last)
    fit(halfway, device="cpu")
    ours, theirs = (torch.load(run.last, weights_only=True)["state_dict"] for run in (whole, halfway))
    for name, value in ours.items():
        torch.testing.assert_close(value, theirs[name], rtol=0, atol=0)
    np.testing.assert_array_equal(np.load(halfway.folder / "cache" / "answers-again.npy"), answers)


def test_the_answers_are_asked_at_the_size_that_was_learnt(squares: Manifest, tmp_path: Path) -> None:
    before = ALL | {"height": 48, "width": 36}
    run = TrainingRun.prepare(make_recipe(before, AGAIN), tmp_path, squares, tmp_path / "run")
    fit(run, device="cpu")
    (path,) = run.checkpoints.glob("all-epoch00*.ckpt")
    network, stage = load_judged(run, path)
    numbers = run.preprocessing(run.recipe.stages[stage])
    pixels = cache_pictures(run.train.requests, numbers, tmp_path / "pixels").pixels[: len(run.train)]
    expected = compute_answers(network, pixels, numbers, run.taxonomy, device=torch.device("cpu"))
    np.testing.assert_allclose(np.load(run.folder / "cache" / "answers-again.npy"), expected, atol=1e-6)


def test_the_labels_alone_give_another_network(squares: Manifest, tmp_path: Path) -> None:
    states = []
    for share in (0.0, 0.5):
        run = TrainingRun.prepare(
            make_recipe(ALL, AGAIN | {"own_answers": share}), tmp_path, squares, tmp_path / f"{share}"
        )
        fit(run, device="cpu")
        states.append(torch.load(run.last, weights_only=True)["state_dict"]["network.heads.classify.weight"])
    assert not torch.equal(*states)
