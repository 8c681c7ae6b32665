"""Two networks as one, by the mean of their weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modiste.bench.master_category.dividing import FIELD
from modiste.bundle import Bundle
from modiste.manifest import Manifest
from modiste.runtime import slice_fields

__all__ = ["average_weights"]


def average_weights(bundles: Sequence[Bundle], items: Manifest, cache: Path) -> NDArray[np.bool_]:
    """Return where a network is right that has the mean of the weights of several.

    Args:
        bundles: Each lies beside the run that it was exported from (`train_bundle`).
        items: What is asked about; every picture can be read.
        cache: Where decoded pictures are kept.

    Returns:
        bool [items].
    """
    from modiste.training import TrainingRun
    from modiste.training.dataset import read_items
    from modiste.training.joining import average_networks
    from modiste.training.joining.weights import renew_statistics
    from modiste.training.judged import compute_logits, load_judged
    from modiste.training.pictures import cache_pictures

    runs = [TrainingRun.reopen(bundle.path.parent / "run") for bundle in bundles]
    run = runs[0]
    network, _ = average_networks([load_judged(run)[0] for run in runs])
    numbers = run.preprocessing(run.recipe.stages[-1])
    learnt = cache_pictures(run.train.requests, numbers, cache)
    renew_statistics(network, learnt.pixels, np.arange(len(learnt.pixels)), numbers, seed=run.recipe.seed)
    asked = read_items(items, run.taxonomy)
    logits = compute_logits(network, cache_pictures(asked.requests, numbers, cache).pixels, numbers)
    columns = slice_fields(run.taxonomy)[FIELD]
    said = logits[:, columns].argmax(axis=1)
    return np.take_along_axis(asked.targets[:, columns], said[:, None], axis=1)[:, 0] > 0
