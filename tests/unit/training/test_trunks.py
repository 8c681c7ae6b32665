"""Networks of our own beside timm's: their layers, their blocks, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from modiste.errors import RecipeError  # noqa: E402
from modiste.training.trunks import OWN_TRUNKS, BasicCnn, SmallCnn, build_trunk, list_trunk_blocks  # noqa: E402


def count_layers(network: Any, kind: Any) -> int:
    return sum(isinstance(module, kind) for module in network.modules())


@pytest.mark.parametrize("name", OWN_TRUNKS)
@pytest.mark.parametrize("size", [(80, 60), (40, 32), (128, 96)])
def test_own_trunks_give_their_features_at_any_size(name: str, size: tuple[int, int]) -> None:
    trunk: Any = build_trunk(name, weights="none").eval()
    assert trunk(torch.zeros(2, 3, *size)).shape == (2, trunk.num_features)


def test_small_cnn_has_the_layers_of_its_source() -> None:
    network = SmallCnn()
    assert count_layers(network, torch.nn.Conv2d) == 3
    assert count_layers(network, torch.nn.Linear) == 1  # and the heads' own
    assert count_layers(network, torch.nn.MaxPool2d) == 2
    assert count_layers(network, torch.nn.BatchNorm2d) == 3
    assert count_layers(network, torch.nn.Dropout) == 1


def test_small_cnn_averages_nothing_at_the_size_it_is_made_for() -> None:
    assert SmallCnn().blocks(torch.zeros(1, 3, 80, 60)).shape[2:] == (10, 7)


def test_basic_cnn_has_one_hidden_layer() -> None:
    assert count_layers(BasicCnn(), (torch.nn.Conv2d, torch.nn.Linear)) == 1


def test_blocks_of_small_cnn_are_its_layers_from_below() -> None:
    blocks = list_trunk_blocks(SmallCnn())
    assert [names[0] for names in blocks] == [
        "blocks.0.0.weight",
        "blocks.1.0.weight",
        "blocks.2.0.weight",
        "dense.2.weight",
    ]


@pytest.mark.parametrize("weights", ["package", "hub"])
def test_weights_that_nobody_has_are_refused(weights: Any) -> None:
    with pytest.raises(RecipeError, match="Write weights = 'none'"):
        build_trunk("small_cnn", weights=weights)


def test_paths_that_are_not_there_are_not_dropped() -> None:
    with pytest.raises(RecipeError, match=r"trunk\.drop_path = 0\.1: 'small_cnn' has no residual branches"):
        build_trunk("small_cnn", weights="none", drop_path=0.1)


def test_an_unknown_trunk_is_told_our_own() -> None:
    with pytest.raises(RecipeError, match="modiste's own: small_cnn, wide_cnn, basic_cnn"):
        build_trunk("smal_cnn", weights="none")
