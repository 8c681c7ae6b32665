"""Self-distillation: what a network already says of its training items, as part of what it learns next."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from modiste.imaging import Preprocessing
from modiste.taxonomy import Taxonomy
from modiste.training.inputs import iterate_inputs
from modiste.training.network import TaggerNetwork
from modiste.training.progress import ProgressCount
from modiste.training.scoring import score_values

__all__ = ["compute_answers", "keep_answers", "mix_targets"]


def compute_answers(
    network: TaggerNetwork,
    pixels: NDArray[np.uint8],
    preprocessing: Preprocessing,
    taxonomy: Taxonomy,
    *,
    device: torch.device,
) -> NDArray[np.float32]:
    """Return what a network says of pictures: the mean of each picture and its mirror image.

    Args:
        network: The teacher; it is set to evaluation.
        pixels: uint8 [n, height, width, 3].
        preprocessing: The numbers that turn bytes into inputs.
        taxonomy: The fields, in the order of the logits.
        device: Where to compute.

    Returns:
        Probabilities [n, values of all fields]; those of a ``single`` field sum to 1.
    """
    network = network.to(device).eval()
    parts = []
    count = ProgressCount("what the network says of training pictures", len(pixels))
    with torch.inference_mode():
        for values in iterate_inputs(pixels, preprocessing, device=device):
            answers = [score_values(network(view).logits, taxonomy) for view in (values, values.flip(3))]
            parts.append(torch.stack(answers).mean(dim=0).cpu().numpy())
            count.advance(len(values))
    return np.concatenate(parts)


def keep_answers(path: Path, answers: NDArray[np.float32]) -> None:
    """Write the answers whole, so that a resumed stage learns from the teacher that it began with."""
    waiting = path.with_suffix(".part")
    with waiting.open("wb") as file:
        np.save(file, answers)
    waiting.replace(path)


def mix_targets(targets: NDArray[np.uint8], answers: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Return ``(1 - share) * targets + share * answers``.

    A network that learns from its own earlier answers beside the labels overfits wrong labels less.

    Args:
        targets: The labels, 0 or 1, [n, values].
        answers: The teacher's probabilities, [n, values].
        share: In [0, 1].

    Reference:
        Furlanello et al. 2018, "Born-Again Neural Networks", arXiv 1805.04770; Hinton et al. 2015, "Distilling the
        Knowledge in a Neural Network", arXiv 1503.02531, at temperature 1.

    Example:
        >>> mix_targets(np.array([[0, 1]], np.uint8), np.array([[0.5, 0.5]], np.float32), 0.5).tolist()
        [[0.25, 0.75]]
    """
    return ((1 - share) * targets + share * answers).astype(np.float32)
