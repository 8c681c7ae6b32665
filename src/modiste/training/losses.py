"""The loss of a tagger: one term a field, labels that are missing left out of it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from modiste.runtime.scores import slice_fields
from modiste.taxonomy import Taxonomy
from modiste.training.multi_losses import charge_values
from modiste.training.network import Output
from modiste.training.recipe import LossRecipe
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
        self._priors = {
            name: torch.log(count.clamp(min=0.5) / count.sum().clamp(min=1)) for name, count in counts.items()
        }
        self._focus = recipe.find_focus()
        self._triplets = TripletLoss(recipe) if recipe.triplet_weight else None
        shares = torch.tensor([recipe.field_weights.get(field.name, 1.0) for field in taxonomy])
        self._shares = shares / shares.sum()

    def __call__(self, output: Output, targets: Tensor, known: Tensor) -> Tensor:
        """Return the whole loss of a batch, a scalar."""
        recipe = self._recipe
        parts = []
        if recipe.cross_entropy_weight:
            terms = self.terms(output.logits, targets, known, adjust=True)
            parts.append(recipe.cross_entropy_weight * self._mix(terms))
        if recipe.embedding_weight:
            terms = self.terms(output.embedding_logits, targets, known, adjust=False)
            parts.append(recipe.embedding_weight * self._mix(terms))
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
        losses = {}
        for position, field in enumerate(self._taxonomy):
            columns = self._columns[field.name]
            charge = self._charge_single if field.kind == "single" else self._charge_multi
            losses_of_items = charge(field.name, logits[:, columns], targets[:, columns], adjust)  # [n]
            mask = known[:, position].to(losses_of_items.dtype)
            losses[field.name] = (losses_of_items * mask).sum() / mask.sum().clamp(min=1)
        return losses

    def _charge_single(self, name: str, logits: Tensor, targets: Tensor, adjust: bool) -> Tensor:
        if adjust and self._recipe.logit_adjustment:
            logits = logits + self._recipe.logit_adjustment * self._priors[name].to(logits.device)
        smoothing = self._recipe.label_smoothing if adjust else 0.0
        spread = targets * (1 - smoothing) + smoothing / targets.shape[1]
        weights = self._weights[name].to(logits.device)
        return -(spread * F.log_softmax(logits, dim=1) * weights).sum(dim=1)

    def _charge_multi(self, name: str, logits: Tensor, targets: Tensor, adjust: bool) -> Tensor:
        weights = self._weights[name].to(logits.device)
        gamma, gamma_negative, clip = self._focus
        losses = charge_values(logits, targets, gamma=gamma, gamma_negative=gamma_negative, clip=clip)
        return (losses * (1 + targets * (weights - 1))).mean(dim=1)

    def _charge_triplets(self, charge: TripletLoss, output: Output, targets: Tensor, known: Tensor) -> Tensor:
        name = str(self._recipe.triplet_field)
        rows = known[:, self._taxonomy.names.index(name)]
        return charge(output.embedding[rows], targets[rows][:, self._columns[name]].argmax(dim=1))

    def _mix(self, terms: Mapping[str, Tensor]) -> Tensor:
        stacked = torch.stack(list(terms.values()))
        return (stacked * self._shares.to(stacked)).sum()

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
