"""The loss of a tagger: one term a field, labels that are missing left out of it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from modiste.runtime.scores import slice_fields
from modiste.taxonomy import Taxonomy
from modiste.training.multi_losses import charge_values
from modiste.training.network import Output
from modiste.training.recipe import LossRecipe
from modiste.training.single_losses import SingleLosses
from modiste.training.triplets import TripletLoss

__all__ = ["TaggerLoss", "compute_class_weights"]


class TaggerLoss:
    """The weighted sum of the fields' losses, of the heads and of the embedding, and of the triplet loss.

    Needs:
        Targets [n, values of all fields]: 1 where a value is true, 0 where it is not, or between; and known
        [n, fields]: whether the field's label of that item is known at all.

    Returns:
        `terms` gives one loss a field; calling it gives their weighted mean, plus the embedding's and the triplets'.

    Related:
        A ``single`` field is charged cross-entropy, with logit adjustment if the recipe says so: the logarithms of
        the values' frequencies, times tau, are added to the logits in training only. A ``multi`` field is charged
        `charge_values` (binary cross-entropy, focal or asymmetric), averaged over its values.

    Reference:
        Menon et al. 2021, "Long-tail learning via logit adjustment", arXiv 2007.07314, equation 10.
    """

    def __init__(self, taxonomy: Taxonomy, recipe: LossRecipe, counts: Mapping[str, Tensor]) -> None:
        self._taxonomy = taxonomy
        self._recipe = recipe
        self._columns = slice_fields(taxonomy)
        self._weights = {name: self._weigh(count) for name, count in counts.items()}
        self._singles = self._gather_singles(counts)
        self._focus = recipe.find_focus()
        self._triplets = TripletLoss(recipe) if recipe.triplet_weight else None
        shares = torch.tensor([recipe.field_weights.get(field.name, 1.0) for field in taxonomy])
        self._shares = shares / shares.sum()

    def __call__(self, output: Output, targets: Tensor, known: Tensor) -> Tensor:
        """Return the whole loss of a batch, a scalar."""
        recipe = self._recipe
        parts = []
        if recipe.cross_entropy_weight:
            losses = self._charge(output.logits, targets, known, adjust=True)
            parts.append(recipe.cross_entropy_weight * self._mix(losses))
        if recipe.embedding_weight:
            losses = self._charge(output.embedding_logits, targets, known, adjust=False)
            parts.append(recipe.embedding_weight * self._mix(losses))
        if self._triplets is not None:
            parts.append(recipe.triplet_weight * self._charge_triplets(self._triplets, output, targets, known))
        return torch.stack(parts).sum()

    def terms(self, logits: Tensor, targets: Tensor, known: Tensor, *, adjust: bool) -> dict[str, Tensor]:
        """Return each field's mean loss over the items whose label is known (0 where none is).

        Args:
            logits: [n, values of all fields].
            targets: [n, values of all fields], in [0, 1].
            known: [n, fields], boolean.
            adjust: Whether to apply the recipe's logit adjustment and label smoothing.
        """
        losses = self._charge(logits, targets, known, adjust=adjust)
        return dict(zip(self._taxonomy.names, losses.unbind(), strict=True))

    def _charge(self, logits: Tensor, targets: Tensor, known: Tensor, *, adjust: bool) -> Tensor:
        """Return each field's mean loss, [fields]."""
        charged = torch.stack(self._list_losses(logits, targets, adjust=adjust), dim=1)  # [n, fields]
        mask = known.to(charged.dtype)
        return (charged * mask).sum(dim=0) / mask.sum(dim=0).clamp(min=1)

    def _list_losses(self, logits: Tensor, targets: Tensor, *, adjust: bool) -> list[Tensor]:
        """Return the losses [n] of every field."""
        of_singles: tuple[Tensor, ...] = ()
        if self._singles is not None:
            of_singles = self._singles(logits, targets, adjust=adjust).unbind(dim=1)
        singles = iter(of_singles)
        return [
            next(singles)
            if field.kind == "single"
            else self._charge_multi(field.name, logits[:, columns], targets[:, columns])
            for field, columns in zip(self._taxonomy, self._columns.values(), strict=True)
        ]

    def _gather_singles(self, counts: Mapping[str, Tensor]) -> SingleLosses | None:
        names = [field.name for field in self._taxonomy if field.kind == "single"]
        if not names:
            return None
        tau = self._recipe.logit_adjustment
        priors = [counts[name].clamp(min=0.5) / counts[name].sum().clamp(min=1) for name in names]
        return SingleLosses(
            [self._columns[name] for name in names],
            [self._weights[name] for name in names],
            [tau * prior.log() for prior in priors],
            self._recipe.label_smoothing,
        )

    def _charge_multi(self, name: str, logits: Tensor, targets: Tensor) -> Tensor:
        weights = self._weights[name].to(logits.device)
        gamma, gamma_negative, clip = self._focus
        losses = charge_values(logits, targets, gamma=gamma, gamma_negative=gamma_negative, clip=clip)
        return (losses * (1 + targets * (weights - 1))).mean(dim=1)

    def _charge_triplets(self, charge: TripletLoss, output: Output, targets: Tensor, known: Tensor) -> Tensor:
        name = str(self._recipe.triplet_field)
        rows = known[:, self._taxonomy.names.index(name)]
        return charge(output.embedding[rows], targets[rows][:, self._columns[name]].argmax(dim=1))

    def _mix(self, losses: Tensor) -> Tensor:
        self._shares = self._shares.to(losses)  # once: to a GPU a copy waits for all that runs there
        return (losses * self._shares).sum()

    def _weigh(self, count: Tensor) -> Tensor:
        if self._recipe.class_weights == "none":
            return torch.ones_like(count)
        return compute_class_weights(count)


def compute_class_weights(counts: Tensor) -> Tensor:
    """Return weights in proportion to 1 / count whose mean over the items, not over the values, is 1.

    Args:
        counts: [values], how often each value occurs; a value that never occurs gets the weight 0.

    Example:
        >>> compute_class_weights(torch.tensor([30.0, 10.0])).tolist()
        [0.6666666865348816, 2.0]
    """
    present = counts > 0
    weights = torch.where(present, counts.sum() / (present.sum() * counts.clamp(min=1)), 0.0)
    return weights
