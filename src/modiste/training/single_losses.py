"""What the answers of fields with one value are charged, all fields at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["SingleLosses"]


class SingleLosses:
    """Cross-entropy of several fields, of which each has its own columns of the logits.

    A field at a time, a few dozen fields keep a GPU waiting for a thousand tiny steps. So the fields are laid side by
    side, as wide as the widest of them, and what is too wide is masked.

    Args:
        columns: The columns of each field.
        weights: Of each field's values.
        adjustment: Added to each field's logits where the recipe adjusts them.
        smoothing: Share of each target that is spread over all values of its field, in [0, 1].
    """

    def __init__(
        self, columns: Sequence[slice], weights: Sequence[Tensor], adjustment: Sequence[Tensor], smoothing: float
    ) -> None:
        sizes = torch.tensor([part.stop - part.start for part in columns])
        places = torch.arange(int(sizes.max()))
        inside = places < sizes[:, None]  # [fields, widest]
        starts = torch.tensor([part.start for part in columns])
        self._smoothing = smoothing
        self._constants: Mapping[str, Tensor] = {
            "inside": inside,
            "index": torch.where(inside, starts[:, None] + places, 0),
            "weights": _lay(weights, inside),
            "adjustment": _lay(adjustment, inside),
            "even": inside / sizes[:, None],
        }

    def __call__(self, logits: Tensor, targets: Tensor, *, adjust: bool) -> Tensor:
        """Return the loss of every item in every field, [n, fields].

        Args:
            logits: [n, values of all fields].
            targets: The same shape, in [0, 1].
            adjust: Whether logits are adjusted and targets smoothed.
        """
        if self._constants["index"].device != logits.device:
            self._constants = {name: value.to(logits.device) for name, value in self._constants.items()}
        inside, index = self._constants["inside"], self._constants["index"]
        own, spread = logits[:, index].float(), targets[:, index] * inside  # [n, fields, widest]
        if adjust:
            own = own + self._constants["adjustment"]
            spread = spread * (1 - self._smoothing) + self._smoothing * self._constants["even"]
        told = F.log_softmax(own.masked_fill(~inside, -torch.inf), dim=2).masked_fill(~inside, 0.0)
        return -(spread * told * self._constants["weights"]).sum(dim=2)


def _lay(values: Sequence[Tensor], inside: Tensor) -> Tensor:
    laid = torch.zeros(inside.shape)
    laid[inside] = torch.cat([value.float() for value in values])
    return laid
