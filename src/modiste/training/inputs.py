"""Pictures as a network reads them: bytes become the numbers that it computes with, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from modiste.imaging import Preprocessing

__all__ = ["iterate_inputs", "normalise", "to_inputs"]

_CPU = torch.device("cpu")
_BATCH = 256


def normalise(values: Tensor, numbers: Preprocessing) -> Tensor:
    """Return (values - mean) / std for float [n, 3, height, width] in 0 to 255: what the exported graph does first."""
    mean = torch.tensor(numbers.mean, dtype=values.dtype, device=values.device).view(1, 3, 1, 1)
    std = torch.tensor(numbers.std, dtype=values.dtype, device=values.device).view(1, 3, 1, 1)
    return (values - mean) / std


def to_inputs(pixels: NDArray[np.uint8], numbers: Preprocessing, *, device: torch.device = _CPU) -> Tensor:
    """Return pictures as a network reads them.

    Args:
        pixels: uint8 [n, height, width, 3].
        numbers: What turns bytes into inputs.
        device: Where the network is; bytes travel, which are a quarter of the numbers.

    Returns:
        float32 [n, 3, height, width], a pixel's channels side by side in memory: convolutions are quickest so.
    """
    values = torch.from_numpy(pixels.copy()).to(device).permute(0, 3, 1, 2).float()
    return normalise(values, numbers).contiguous(memory_format=torch.channels_last)


def iterate_inputs(
    pixels: NDArray[np.uint8], numbers: Preprocessing, *, batch: int = _BATCH, device: torch.device = _CPU
) -> Iterator[Tensor]:
    """Yield pictures as a network reads them, in order, ``batch`` at a time; otherwise as `to_inputs`."""
    for start in range(0, len(pixels), batch):
        yield to_inputs(pixels[start : start + batch], numbers, device=device)
