"""How far fine-tuning goes: weights between those that it began with and those that it reached."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from modiste.imaging import Preprocessing
from modiste.runtime import slice_fields
from modiste.taxonomy import Taxonomy
from modiste.training.adapting.choosing import score_loss
from modiste.training.calibrate import FieldLabels
from modiste.training.judged import compute_logits
from modiste.training.labelled_pictures import read_labelled_pictures
from modiste.training.network import TaggerNetwork
from modiste.training.run import TrainingRun

__all__ = ["SHARES", "Interpolation", "choose_interpolation", "interpolate_weights"]

SHARES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Interpolation:
    """A network between two others.

    Args:
        network: The network.
        share: Of the way between them, in [0, 1]: 0 is where the training began, 1 where it ended.
        losses: Share -> mean log-loss of the fields on the items that choose, each at its best temperature.
    """

    network: TaggerNetwork
    share: float
    losses: Mapping[float, float]


def choose_interpolation(
    run: TrainingRun, began: TaggerNetwork, ended: TaggerNetwork, preprocessing: Preprocessing
) -> Interpolation:
    """Choose the share of the way with the least loss on a run's validation part.

    A few thousand pictures teach a network their own kind, and make it forget what it knew of others: somewhere on the
    way both are known. Who begins well and is taught little goes nowhere, and loses nothing.

    Args:
        run: Its validation part chooses; neither network has learnt from it.
        began: The network before its training.
        ended: The network after it.
        preprocessing: The numbers that turn bytes into inputs.

    Raises:
        RecipeError: Hardly a picture of the validation part can be read.

    Reference:
        Wortsman et al. 2022, "Robust fine-tuning of zero-shot models", arXiv 2109.01903.
    """
    pixels, labels = read_labelled_pictures(run.validation, run.taxonomy, preprocessing, run.folder / "cache")
    losses = {}
    for share in SHARES:
        logits = compute_logits(interpolate_weights(began, ended, share), pixels, preprocessing)
        losses[share] = float(np.mean([*_charge_fields(logits, labels, run.taxonomy)]))
    share = min(losses, key=lambda tried: losses[tried])
    return Interpolation(interpolate_weights(began, ended, share), share, losses)


def _charge_fields(logits: NDArray[np.float32], labels: Sequence[FieldLabels], taxonomy: Taxonomy) -> Iterator[float]:
    """Yield the loss of each field that is known of an item."""
    columns = slice_fields(taxonomy)
    for entry in labels:
        if entry.known.any():
            said = logits[entry.known][:, columns[entry.field.name]]
            yield score_loss(said, entry.targets[entry.known], entry.field.kind)


def interpolate_weights(began: TaggerNetwork, ended: TaggerNetwork, share: float) -> TaggerNetwork:
    """Return a network with ``(1 - share) * began + share * ended`` as weights and statistics.

    Args:
        began: One network.
        ended: Another one of the same kind.
        share: In [0, 1].

    Returns:
        A new network, set to evaluation; whole numbers, such as counters, are those of ``ended``.
    """
    mixed, first = copy.deepcopy(ended), began.state_dict()
    last = ended.state_dict()
    mixed.load_state_dict(
        {
            name: torch.lerp(first[name], value, share) if value.is_floating_point() else value
            for name, value in last.items()
        }
    )
    return mixed.eval()
