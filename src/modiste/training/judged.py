"""What a run has learnt: the network that is judged, and what it says of items, without a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from modiste.imaging import Preprocessing
from modiste.training.averaging import build_average
from modiste.training.checkpoints import load_weights, read_checkpoint
from modiste.training.dataset import LabelledItems
from modiste.training.inputs import iterate_inputs
from modiste.training.network import TaggerNetwork, build_network
from modiste.training.pictures import cache_pictures
from modiste.training.run import TrainingRun
from modiste.training.trunk_features import cache_features

__all__ = ["Answers", "answer_items", "compute_logits", "load_judged"]

_BATCH = 1024
_PICTURES = 128


class Answers(NamedTuple):
    """What a network says of items.

    ``rows`` int64 [m], the items whose picture can be read; ``logits`` float32 [m, values of all fields],
    ``embedding`` float32 [m, width] of unit length, and ``features`` float32 [m, features], the trunk's.
    """

    rows: NDArray[np.intp]
    logits: NDArray[np.float32]
    embedding: NDArray[np.float32]
    features: NDArray[np.float32]


def load_judged(run: TrainingRun, path: Path | None = None) -> tuple[TaggerNetwork, int]:
    """Return the network that a run would ship, its averaged one if there is one, and the stage it comes from.

    Args:
        run: The run.
        path: The checkpoint; by default the last one.

    Raises:
        RecipeError: There is no such checkpoint, or it is damaged.
    """
    checkpoint = read_checkpoint(path or run.last)
    trunk = run.recipe.trunk.model_copy(update={"weights": "none"})
    network = build_network(run.recipe.model_copy(update={"trunk": trunk}), run.taxonomy)
    average = build_average(network, run.recipe.ema)
    load_weights(checkpoint.weights, network, average)
    return (network if average is None else average.network).eval(), checkpoint.stage


def answer_items(run: TrainingRun, items: LabelledItems, *, cache: Path | None = None) -> Answers:
    """Ask a run's judged network, at the size of its last stage, about the items' own pictures.

    Args:
        run: The run; an epoch must be finished.
        items: Of whatever part.
        cache: Where decoded pictures and features are kept; by default in the run's folder.

    Raises:
        RecipeError: The run has no checkpoint.
    """
    network, stage = load_judged(run)
    folder = run.folder / "cache" if cache is None else cache
    numbers = run.preprocessing(run.recipe.stages[stage])
    cached = cache_pictures(items.requests[: len(items)], numbers, folder)
    rows = np.flatnonzero([position not in cached.failures for position in range(len(items))])
    features = cache_features(network.trunk, cached, numbers, folder, device=torch.device("cpu"))[rows]
    parts = []
    with torch.inference_mode():
        for start in range(0, len(features), _BATCH):
            output = network.heads(torch.from_numpy(np.ascontiguousarray(features[start : start + _BATCH])))
            parts.append((output.logits.numpy(), output.embedding.numpy()))
    logits, embedding = (np.concatenate([part[at] for part in parts]) for at in (0, 1))
    return Answers(rows, logits, embedding, np.asarray(features))


def compute_logits(
    network: TaggerNetwork, pixels: NDArray[np.uint8], preprocessing: Preprocessing
) -> NDArray[np.float32]:
    """Return what a network says of pictures, on the CPU.

    Args:
        network: Set to evaluation.
        pixels: uint8 [n, height, width, 3].
        preprocessing: The numbers that turn bytes into inputs.

    Returns:
        float32 [n, values of all fields].
    """
    with torch.inference_mode():
        parts = [network(values).logits.numpy() for values in iterate_inputs(pixels, preprocessing, batch=_PICTURES)]
    return np.concatenate(parts)
