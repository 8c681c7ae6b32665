"""Between the weights that a training began with and those that it reached."""

from __future__ import annotations

import copy

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from sklearn.metrics import log_loss

from modiste.training.adapting.interpolation import SHARES, choose_interpolation, interpolate_weights
from modiste.training.judged import compute_logits, load_judged
from modiste.training.pictures import cache_pictures

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def trained(run):
    return load_judged(run)[0]


def spoil(network, *, seed=0, strength=3.0):
    """Return a copy with weights that know nothing."""
    spoilt, generator = copy.deepcopy(network), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        weight = spoilt.heads.classify.weight
        weight.copy_(strength * torch.randn(weight.shape, generator=generator))
    return spoilt


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_every_weight_lies_between(trained, share):
    began = spoil(trained)
    with torch.no_grad():
        began.trunk.conv_stem.weight.mul_(2)
    mixed = interpolate_weights(began, trained, share)
    for name, value in mixed.state_dict().items():
        first, last = began.state_dict()[name], trained.state_dict()[name]
        expected = (1 - share) * first + share * last if value.is_floating_point() else last
        torch.testing.assert_close(value, expected)
    assert not mixed.training
    assert mixed.state_dict()["trunk.conv_stem.weight"].data_ptr() != trained.trunk.conv_stem.weight.data_ptr()


def test_who_loses_by_the_training_stays_where_he_was(run, trained):
    numbers = run.preprocessing(run.recipe.stages[0])
    stays = choose_interpolation(run, trained, spoil(trained), numbers)
    goes = choose_interpolation(run, spoil(trained), trained, numbers)
    assert (stays.share, goes.share) == (0.0, 1.0)
    pixels = np.asarray(cache_pictures(run.validation.requests, numbers, run.folder / "cache").pixels)
    expected = compute_logits(trained, pixels, numbers)
    for chosen in (stays, goes):
        np.testing.assert_allclose(compute_logits(chosen.network, pixels, numbers), expected, atol=1e-5)


def test_the_losses_are_those_of_the_validation_items_at_their_best_temperature(run, trained):
    numbers = run.preprocessing(run.recipe.stages[0])
    began = spoil(trained, strength=0.05)
    chosen = choose_interpolation(run, began, trained, numbers)
    assert tuple(chosen.losses) == SHARES
    assert chosen.share == min(chosen.losses, key=chosen.losses.__getitem__)
    pixels = np.asarray(cache_pictures(run.validation.requests, numbers, run.folder / "cache").pixels)
    known = run.validation.known[:, 0]
    truth = run.validation.targets[known].argmax(axis=1)
    for share, loss in chosen.losses.items():
        logits = compute_logits(interpolate_weights(began, trained, share), pixels[known], numbers).astype(np.float64)
        tried = [
            log_loss(truth, soften(logits / temperature), labels=range(logits.shape[1]))
            for temperature in np.geomspace(0.02, 50, 400)
        ]
        assert loss == pytest.approx(min(tried), abs=2e-3)


def soften(logits):
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)
