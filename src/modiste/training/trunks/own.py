"""Networks of our own, small enough to start from random numbers on a processor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from torch import Tensor, nn

__all__ = ["OWN_TRUNKS", "BasicCnn", "OwnTrunk", "SmallCnn"]

# What the last feature maps are averaged to, rows by columns: where something is matters in a studio picture. At 80x60
# pixels the maps of `SmallCnn` have this size already.
_GRID: Final = (10, 7)


class SmallCnn(nn.Module):
    """Three convolutions with batch norm, ReLU and max pooling, dropout, and one dense layer.

    With the heads' layer that follows, these are the three convolutional and two dense layers of the master-category
    system. The first convolution looks at 5x5 pixels and moves by two, which halves what an epoch costs.

    Args:
        widths: Channels of the three convolutions.
        dense: Width of the dense layer, and of what comes out.
        dropout: Share of the feature maps' numbers that is dropped in training, in [0, 1].
    """

    def __init__(self, widths: tuple[int, int, int] = (24, 48, 96), dense: int = 128, dropout: float = 0.1) -> None:
        super().__init__()
        self.num_features = dense
        first, second, third = widths
        self.blocks = nn.Sequential(
            _convolve(3, first, size=5, stride=2, pool=True),  # 80x60 -> 20x15
            _convolve(first, second, size=3, stride=1, pool=True),  # -> 10x7
            _convolve(second, third, size=3, stride=1, pool=False),
        )
        self.pool = nn.AdaptiveAvgPool2d(_GRID)
        self.dense = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(third * _GRID[0] * _GRID[1], dense, bias=False),
            nn.BatchNorm1d(dense),
            nn.ReLU(),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Return features [n, ``num_features``] of pictures [n, 3, height, width]."""
        features: Tensor = self.dense(self.pool(self.blocks(pictures)))
        return features

    def group_matcher(self, coarse: bool = False) -> dict[str, Any]:
        """Return how timm groups the parameters into blocks: three convolutions and the dense layer."""
        return {"blocks": [(r"^blocks\.(\d+)", None), (r"^dense", (99,))]}


class BasicCnn(nn.Module):
    """One hidden layer: a convolution of 3x3 pixels with ReLU, whose maps are averaged to a grid.

    Args:
        width: Channels of the convolution.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.num_features = width * _GRID[0] * _GRID[1]
        self.layer = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(_GRID), nn.Flatten()
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Return features [n, ``num_features``] of pictures [n, 3, height, width]."""
        features: Tensor = self.layer(pictures)
        return features

    def group_matcher(self, coarse: bool = False) -> dict[str, Any]:
        """Return how timm groups the parameters into blocks: there is one."""
        return {"blocks": r"^layer\.(\d+)"}


@dataclass(frozen=True)
class OwnTrunk:
    """A network of our own.

    Args:
        description: One line.
        build: Makes it, with random weights.
    """

    description: str
    build: Callable[[], nn.Module]


OWN_TRUNKS: Final = {
    "small_cnn": OwnTrunk("three convolutions and a dense layer, as in the master-category system", SmallCnn),
    "wide_cnn": OwnTrunk("the same with more channels, which it needs to fit", partial(SmallCnn, (32, 64, 128), 256)),
    "basic_cnn": OwnTrunk("one hidden layer, as the basic CNN of the own-search system", BasicCnn),
}


def _convolve(inputs: int, outputs: int, *, size: int, stride: int, pool: bool) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, size, stride=stride, padding=size // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    ]
    return nn.Sequential(*layers, *([nn.MaxPool2d(2)] if pool else []))
