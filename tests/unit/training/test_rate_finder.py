"""The rate finder on problems whose answer is known, and on a tiny training."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("matplotlib")

from PIL import Image  # noqa: E402

from modiste.errors import RecipeError  # noqa: E402
from modiste.manifest import Manifest  # noqa: E402
from modiste.training import Recipe, TrainingRun, fit  # noqa: E402
from modiste.training.rate_finder import find_rate, smooth_losses, suggest_rate, write_rate_search  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")

RATES = np.geomspace(1e-6, 10, 120)


@pytest.mark.parametrize("steepest", [1e-4, 3e-3, 0.1])
def test_the_steepest_place_of_a_known_curve_is_found(steepest: float) -> None:
    places = np.log10(RATES) - math.log10(steepest)
    noise = np.random.default_rng(0).normal(0, 0.02, len(RATES))
    losses = 2.5 - 2 / (1 + np.exp(-4 * places)) + np.where(places > 1.2, 20 * (places - 1.2) ** 2, 0) + noise
    found = suggest_rate(RATES, smooth_losses(losses))
    assert abs(math.log10(found / steepest)) < 0.2


def descend(curvature: float) -> tuple[list[float], list[float]]:
    """Minimise curvature * w^2 / 2 by gradient descent whose rate rises, until it diverges."""
    weight, losses = 1.0, []
    for rate in RATES:
        losses.append(curvature * weight**2 / 2)
        if losses[-1] > 4 * min(losses) + 1e-9:
            break
        weight -= rate * curvature * weight
    return list(RATES[: len(losses)]), losses


@pytest.mark.parametrize("curvature", [0.5, 5.0, 50.0, 500.0])
def test_gradient_descent_on_a_parabola_gets_a_rate_below_its_limit(curvature: float) -> None:
    """Above 2 / curvature it diverges; the suggestion moves with the curvature."""
    rates, losses = descend(curvature)
    found = suggest_rate(rates, smooth_losses(losses))
    assert 0.02 / curvature < found < 1 / curvature
    ratio = found / suggest_rate(descend(1.0)[0], smooth_losses(descend(1.0)[1]))
    assert abs(math.log10(ratio * curvature)) < 0.1


def test_smoothing_moves_nothing_to_a_later_step() -> None:
    falling = np.linspace(3, 1, 100)
    np.testing.assert_allclose(smooth_losses(falling)[10:-10], falling[10:-10], atol=1e-9)
    spike = np.zeros(101)
    spike[50] = 1.0
    smoothed = smooth_losses(spike)
    assert int(smoothed.argmax()) == 50
    np.testing.assert_allclose(smoothed, smoothed[::-1], atol=1e-12)


def make_recipe(**options: Any) -> Recipe:
    size = {"height": 32, "width": 24, "batch_size": 8, "epochs": 1}
    stages = [size | {"name": "heads", "frozen": "trunk"}, size | {"name": "all", "trunk_rate": 1e-4}]
    trunk = {"name": "test_efficientnet", "weights": "none"}
    return Recipe.model_validate(
        {"name": "tiny", "trunk": trunk, "heads": {"embedding": 16}, "stages": stages} | options
    )


def test_a_search_keeps_nothing_of_what_it_trains(squares: Manifest, tmp_path: Path) -> None:
    recipe = make_recipe()
    plain = TrainingRun.prepare(recipe, tmp_path, squares, tmp_path / "plain")
    fit(plain, device="cpu")
    run = TrainingRun.prepare(recipe, tmp_path, squares, tmp_path / "run")
    found = find_rate(run, device="cpu", steps=60)
    assert not run.checkpoints.exists()
    assert found == find_rate(run, device="cpu", steps=60)
    assert found.stage == "heads"
    assert len(found.rates) == len(found.losses) == len(found.smoothed)
    np.testing.assert_allclose(np.diff(np.log(found.rates)), np.log(1e7) / 59)
    assert 1e-6 < found.suggested < 10
    assert min(found.smoothed) < found.smoothed[0]
    fit(run, device="cpu")
    ours, theirs = (torch.load(which.last, weights_only=True)["state_dict"] for which in (run, plain))
    assert all(torch.equal(value, theirs[name]) for name, value in ours.items())


def test_the_stage_that_comes_next_is_looked_at(squares: Manifest, tmp_path: Path) -> None:
    run = TrainingRun.prepare(make_recipe(), tmp_path, squares, tmp_path / "run")
    fit(run, device="cpu")
    with pytest.raises(RecipeError, match=r"every stage of .* is done; choose another --out"):
        find_rate(run, device="cpu")
    other = TrainingRun.prepare(make_recipe(), tmp_path, squares, tmp_path / "other")
    first = make_recipe().model_copy(update={"stages": make_recipe().stages[:1]})
    fit(replace(other, recipe=first), device="cpu")
    assert find_rate(other, device="cpu", steps=20).stage == "all"


def test_it_is_written_and_drawn(squares: Manifest, tmp_path: Path) -> None:
    run = TrainingRun.prepare(make_recipe(), tmp_path, squares, tmp_path / "run")
    found = find_rate(run, device="cpu", steps=20)
    data, figure = write_rate_search(found, tmp_path / "out")
    told = json.loads(data.read_text(encoding="utf-8"))
    assert told["suggested"] == found.suggested
    assert told["losses"] == list(found.losses)
    with Image.open(figure) as picture:
        assert picture.size[0] > 500
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"rate-heads.json", "rate-heads.png"}
