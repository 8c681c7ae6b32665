"""Fitting the search head: pictures that share their labels are pulled together, all others pushed apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from modiste.errors import RecipeError
from modiste.runtime import slice_fields
from modiste.taxonomy import Taxonomy
from modiste.training.recipe import SearchRecipe

__all__ = ["SearchHead", "compute_pair_loss", "fit_search_head", "list_pair_labels"]

_NEVER = -1e9  # the logarithm of a chance that is none
_EPOCH_SEED = 1000


@dataclass(frozen=True)
class SearchHead:
    """A linear layer from features to vectors, which are then brought to unit length.

    Args:
        weight: float16 [features, width]: half precision moves a cosine by less than 0.001, and halves the file.
        bias: float32 [width].
    """

    weight: NDArray[np.float16]
    bias: NDArray[np.float32]

    def apply(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the vectors of some features [n, features]: float32 [n, width] of unit length.

        Example:
            >>> head = SearchHead(np.eye(2, dtype=np.float16), np.zeros(2, np.float32))
            >>> head.apply(np.array([[3.0, 4.0]], np.float32)).round(1).tolist()
            [[0.6000000238418579, 0.800000011920929]]
        """
        vectors = features @ self.weight.astype(np.float32) + self.bias
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def list_pair_labels(
    taxonomy: Taxonomy, targets: NDArray[np.uint8], known: NDArray[np.bool_], alike: Sequence[Sequence[str]]
) -> list[NDArray[np.int64]]:
    """Number the combinations of labels by which items count as alike.

    Args:
        taxonomy: The fields.
        targets: uint8 [n, values of all fields], 0 or 1.
        known: bool [n, fields].
        alike: Sets of names of single fields.

    Returns:
        For each set int64 [n]: items of equal numbers share the set's labels; -1 where one of them is not known.

    Raises:
        UnknownNameError: There is no such field.
        RecipeError: A field is of kind multi.
    """
    columns, numbers = slice_fields(taxonomy), []
    for names in alike:
        multi = [name for name in names if taxonomy[name].kind != "single"]
        if multi:
            raise RecipeError(f"search.alike names {multi[0]!r}, a multi field; only single fields make items alike")
        values = np.stack([targets[:, columns[name]].argmax(axis=1) for name in names], axis=1)
        told = known[:, [taxonomy.names.index(name) for name in names]].all(axis=1)
        codes = np.unique(values, axis=0, return_inverse=True)[1].reshape(-1)
        numbers.append(np.where(told, codes, -1).astype(np.int64))
    return numbers


def compute_pair_loss(
    vectors: Tensor, labels: Sequence[Tensor], weights: Sequence[float], temperature: float
) -> Tensor:
    """Return the supervised contrastive loss of a batch, summed over several notions of alike.

    Args:
        vectors: [n, width] of unit length.
        labels: For each notion int64 [n]: items of equal numbers are alike; -1 is like nothing.
        weights: Of the notions.
        temperature: What cosines are divided by.

    Reference:
        P. Khosla et al., "Supervised Contrastive Learning" (2020), arXiv 2004.11362, equation 2.
    """
    own = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    chances = (vectors @ vectors.T / temperature).masked_fill(own, _NEVER).log_softmax(dim=1)  # [n, n]
    total = vectors.new_zeros(())
    for numbers, weight in zip(labels, weights, strict=True):
        pairs = (numbers[:, None] == numbers) & (numbers >= 0)[:, None] & ~own
        count = pairs.sum(dim=1)
        asked = count > 0
        means = (chances * pairs).sum(dim=1)[asked] / count[asked]
        total = total - weight * means.mean() if asked.any() else total
    return total


def fit_search_head(
    features: NDArray[np.floating],
    labels: Sequence[NDArray[np.int64]],
    recipe: SearchRecipe,
    *,
    width: int,
    say: Callable[[str], None] = print,
) -> SearchHead:
    """Fit a search head.

    Noise on the features keeps it from relying on what the trunk knows by heart of its training pictures.

    Args:
        features: float [n, features] of the training pictures.
        labels: As `list_pair_labels` gives them, one for each entry of ``recipe.alike``.
        recipe: How it is fitted.
        width: Of the vectors.
        say: Told the loss of each epoch.
    """
    values = torch.from_numpy(np.asarray(features, np.float32))
    mean, spread = values.mean(dim=0), float((values - values.mean(dim=0)).std())
    torch.manual_seed(recipe.seed)
    layer = nn.Linear(values.shape[1], width)
    told = [torch.from_numpy(column) for column in labels]
    optimiser = torch.optim.AdamW(layer.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay)
    for epoch in range(recipe.epochs):
        loss = _learn_epoch(layer, (values, mean, spread), told, recipe, optimiser, epoch)
        say(f"search head, epoch {epoch + 1} of {recipe.epochs}: loss {loss:.4f}")
    return _fold(layer, mean, spread)


def _learn_epoch(
    layer: nn.Linear,
    material: tuple[Tensor, Tensor, float],
    labels: Sequence[Tensor],
    recipe: SearchRecipe,
    optimiser: torch.optim.Optimizer,
    epoch: int,
) -> float:
    values, mean, spread = material
    generator = torch.Generator().manual_seed(recipe.seed + _EPOCH_SEED * (epoch + 1))
    batches = torch.split(torch.randperm(len(values), generator=generator), recipe.batch_size)
    losses = []
    for number, rows in enumerate(batches):
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * (1 - (epoch + number / len(batches)) / recipe.epochs)
        batch = (values[rows] - mean) / spread
        batch = batch + recipe.noise * torch.randn(batch.shape, generator=generator)
        vectors = F.normalize(layer(batch), dim=1)
        loss = compute_pair_loss(vectors, [column[rows] for column in labels], recipe.weights, recipe.temperature)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(float(loss.detach()))
    return float(np.mean(losses))


def _fold(layer: nn.Linear, mean: Tensor, spread: float) -> SearchHead:
    """Fold the scaling of the features into the layer."""
    with torch.no_grad():
        weight = (layer.weight / spread).T.numpy().astype(np.float16)
        bias = (layer.bias - layer.weight @ mean / spread).numpy().astype(np.float32)
    return SearchHead(np.ascontiguousarray(weight), bias)


def describe_recipe(recipe: SearchRecipe) -> Mapping[str, str]:
    """Return what a card says of the fitting."""
    alike = "; ".join(" and ".join(names) for names in recipe.alike)
    return {"alike": alike, "loss": f"supervised contrastive, temperature {recipe.temperature:g}"}
