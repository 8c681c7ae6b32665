"""The moving average of the weights, against a naive loop over steps."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from modiste.training.averaging import build_average  # noqa: E402
from modiste.training.heads import LinearHeads  # noqa: E402
from modiste.training.network import TaggerNetwork  # noqa: E402

STEPS = 8


def make_network() -> TaggerNetwork:
    torch.manual_seed(0)
    trunk = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return TaggerNetwork(trunk, LinearHeads(4, 3, embedding=8, dropout=0.0, scale=16.0))


def change(network: TaggerNetwork, generator: Any) -> None:
    """Stand for a training step: every weight, statistic and counter becomes another."""
    for tensor in network.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(torch.randn(tensor.shape, generator=generator))
        else:
            tensor.add_(1)


@pytest.mark.parametrize("decay", [0.15, 0.3, 0.998])
def test_the_average_is_that_of_a_naive_loop(decay: float) -> None:
    network, generator = make_network(), torch.Generator().manual_seed(1)
    average = build_average(network, decay)
    assert average is not None
    expected: dict[str, Any] = {}
    for step in range(STEPS):
        change(network, generator)
        average.update_parameters(network)
        kept = min(decay, (1 + step) / (10 + step)) if step else 0.0
        for name, value in network.state_dict().items():
            before = expected.get(name, torch.zeros_like(value))
            expected[name] = kept * before + (1 - kept) * value if value.is_floating_point() else value.clone()
    ours = average.network.state_dict()
    assert ours.keys() == expected.keys()
    assert any("running_mean" in name for name in ours)
    for name, value in expected.items():
        torch.testing.assert_close(ours[name], value, rtol=1e-5, atol=1e-6, msg=name)


def test_counters_are_copied_and_the_network_is_left_alone() -> None:
    network, generator = make_network(), torch.Generator().manual_seed(2)
    average = build_average(network, 0.9)
    assert average is not None
    for _ in range(3):
        change(network, generator)
        before = {name: value.clone() for name, value in network.state_dict().items()}
        average.update_parameters(network)
        assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert int(average.network.trunk[1].num_batches_tracked) == 3  # type: ignore[index,union-attr,arg-type]


def test_an_average_neither_learns_nor_drops_out() -> None:
    average = build_average(make_network().train(), 0.9)
    assert average is not None
    assert not any(parameter.requires_grad for parameter in average.parameters())
    assert not any(module.training for module in average.modules())


def test_no_decay_means_no_average() -> None:
    assert build_average(make_network(), 0.0) is None
