"""A text tower as a small ONNX graph, and the proof that it answers as torch does."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from modiste.errors import ExportError
from modiste.runtime import TextEncoder
from modiste.runtime.word_pieces import number_words, split_text
from modiste.training.graph import PARITY, write_onnx
from modiste.training.text.tower import TextTower

__all__ = ["QuantisedPieces", "export_tower", "measure_text_parity", "quantise_tower"]

_LARGEST: Final = 127
_BATCH: Final = 256


class QuantisedPieces(nn.Module):
    """Pieces' vectors as whole numbers from -127 to 127 and a factor each: a quarter of the bytes.

    Args:
        vectors: float32 [pieces, width].
    """

    numbers: Tensor
    factors: Tensor

    def __init__(self, vectors: Tensor) -> None:
        super().__init__()
        factors = vectors.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / _LARGEST
        self.register_buffer("numbers", (vectors / factors).round().to(torch.int8))
        self.register_buffer("factors", factors)

    def forward(self, pieces: Tensor) -> Tensor:
        """Return float32 [..., width] for int [...]."""
        return self.numbers[pieces].float() * self.factors[pieces]


class _Graph(nn.Module):
    """What the bundle's graph holds: from int32 [n, words, pieces] to float32 [n, size]."""

    def __init__(self, tower: TextTower) -> None:
        super().__init__()
        self.tower = tower

    def forward(self, pieces: Tensor) -> Tensor:
        vectors: Tensor = self.tower(pieces.long())
        return vectors


def quantise_tower(tower: TextTower) -> TextTower:
    """Return a copy of a tower whose pieces are stored as whole numbers; its answers change a little."""
    small = copy.deepcopy(tower).eval()
    small.pieces = QuantisedPieces(tower.pieces.weight.detach())  # type: ignore[assignment]
    return small


def export_tower(tower: TextTower) -> bytes:
    """Write a tower as an ONNX graph for any number of texts, words and pieces.

    Args:
        tower: As `quantise_tower` gives it.
    """
    # An example without a 1 or two equal sizes, which the exporter would take for the rule.
    example = torch.ones(2, 3, 5, dtype=torch.int32)
    dynamic = {axis: torch.export.Dim(name, min=1) for axis, name in enumerate(("n", "words", "depth"))}
    return write_onnx(_Graph(tower).eval(), example, input_name="pieces", output_names=["embedding"], dynamic=dynamic)


def measure_text_parity(tower: TextTower, encoder: TextEncoder, texts: Sequence[str]) -> float:
    """Return the largest difference of torch and the runtime over the vectors of some texts.

    Args:
        tower: The tower that was exported.
        encoder: Its graph within a bundle.
        texts: With at least one word each.

    Raises:
        ExportError: It is above 1e-4.
    """
    spec = encoder.bundle.spec.text
    if spec is None:
        raise ExportError(f"the bundle {encoder.bundle.path} lost its text encoder while it was checked; add it anew")
    largest = 0.0
    for start in range(0, len(texts), _BATCH):
        batch = texts[start : start + _BATCH]
        pieces = torch.from_numpy(number_words([split_text(text) for text in batch], spec.pieces))
        with torch.inference_mode():
            expected = tower(pieces.long()).numpy()
        largest = float(np.maximum(largest, np.abs(encoder.encode(batch) - expected).max()))
    if not largest <= PARITY:
        raise ExportError(f"ONNX and torch differ by {largest:.2g} on texts; at most {PARITY:g} is allowed")
    return largest
