"""The mean of the weights of several networks, with statistics that belong to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from modiste.imaging import Preprocessing
from modiste.training.inputs import to_inputs
from modiste.training.network import TaggerNetwork

__all__ = ["average_networks", "renew_statistics"]

_BATCH: Final = 64
_MOST: Final = 8192  # pictures; more would not change a mean's third digit


def average_networks(networks: Sequence[TaggerNetwork]) -> tuple[TaggerNetwork, bool]:
    """Put the mean of several networks' weights into the first.

    Args:
        networks: Of one recipe.

    Returns:
        The first network, and whether its weights have changed: those of one network, however often, are its own.

    Reference:
        Wortsman et al. 2022, "Model soups: averaging weights of multiple fine-tuned models improves accuracy without
        increasing inference time", arXiv 2203.05482: networks that began alike; others have little in common.
    """
    first, *others = [network.state_dict() for network in networks]
    if all(torch.equal(value, other[name]) for other in others for name, value in first.items()):
        return networks[0], False
    mean = {name: _average([value, *(other[name] for other in others)]) for name, value in first.items()}
    networks[0].load_state_dict(mean)
    return networks[0], True


def renew_statistics(
    network: TaggerNetwork,
    pixels: NDArray[np.uint8],
    rows: NDArray[np.intp],
    preprocessing: Preprocessing,
    *,
    seed: int,
) -> None:
    """Measure the statistics of a network's norms anew: the mean of several networks' is not that of their mean.

    Args:
        network: Its norms are changed; nothing else is.
        pixels: uint8 [n, height, width, 3], training pictures.
        rows: Which of them can be read; at most 8,192 are looked at.
        preprocessing: The numbers that turn bytes into inputs.
        seed: Which pictures are looked at.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    if not norms:
        return
    network.eval()
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # torch's word for a plain mean over all batches
        norm.train()
    order = np.random.default_rng(seed).permutation(rows)[:_MOST]
    with torch.no_grad():
        for batch in np.array_split(order, max(1, len(order) // _BATCH)):
            network.trunk(to_inputs(pixels[np.sort(batch)], preprocessing))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.eval()


def _average(values: Sequence[Tensor]) -> Tensor:
    """Return the mean; what counts batches is a whole number, and is that of the first."""
    if not values[0].is_floating_point():
        return values[0]
    return torch.stack([value.double() for value in values]).mean(dim=0).to(values[0].dtype)
