"""Fitting a text tower to the vectors of pictures, which stay as they are."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from modiste.errors import RecipeError
from modiste.training.text.losses import contrastive_loss
from modiste.training.text.pairs import TextPairs
from modiste.training.text.recipe import TextFitRecipe, TextRecipe
from modiste.training.text.tower import TextTower

__all__ = ["fit_tower"]

_LARGEST_SCALE = 100.0
_LARGEST_NORM = 1.0
_PIECES_RATE = 2.0  # a piece is seen by few texts


def fit_tower(pairs: TextPairs, recipe: TextRecipe, *, say: Callable[[str], None] = print) -> TextTower:
    """Train a text tower.

    Args:
        pairs: The items of the training part.
        recipe: How.
        say: Told of every epoch.

    Returns:
        The tower whose weights were averaged over the steps, set to evaluation.

    Raises:
        RecipeError: There are fewer than two items, or the loss is no number.
    """
    rows = pairs.list_usable()
    if len(rows) < 2:
        raise RecipeError(f"{len(rows)} items with a title or labels; expected two at least")
    torch.manual_seed(recipe.seed)
    random = np.random.default_rng(recipe.seed)
    tower = TextTower(recipe.tower, recipe.pieces, pairs.vectors.shape[1])
    scale = nn.Parameter(torch.tensor(float(np.log(recipe.fit.scale))))
    average = copy.deepcopy(tower)
    steps = recipe.fit.epochs * len(list(_list_batches(rows, recipe.fit.batch_size, random)))
    optimiser = _build_optimiser(tower, scale, recipe.fit)
    rates = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, [group["lr"] for group in optimiser.param_groups], total_steps=steps, pct_start=recipe.fit.warmup
    )
    done, start = 0, time.monotonic()
    for epoch in range(recipe.fit.epochs):
        tower.train()
        losses = []
        for chosen in _list_batches(rows, recipe.fit.batch_size, random):
            losses.append(_step(tower, scale, optimiser, pairs, chosen, recipe, random))
            rates.step()
            done += 1
            _follow(average, tower, min(recipe.fit.average, (1 + done) / (10 + done)) if recipe.fit.average else 0.0)
        mean = float(np.mean(losses))
        if not np.isfinite(mean):
            raise RecipeError(f"the loss of epoch {epoch + 1} is {mean}; lower fit.rate ({recipe.fit.rate})")
        say(f"epoch {epoch + 1}/{recipe.fit.epochs}: loss {mean:.3f}, {time.monotonic() - start:.0f} s")
    return average.eval()


def _list_batches(rows: NDArray[np.int64], size: int, random: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Yield batches of equal size in a new order; what does not fill the last one comes in another epoch."""
    size = min(size, len(rows))
    order = random.permutation(rows)
    for start in range(0, len(rows) - size + 1, size):
        yield order[start : start + size]


def _step(
    tower: TextTower,
    scale: nn.Parameter,
    optimiser: torch.optim.Optimizer,
    pairs: TextPairs,
    rows: NDArray[np.int64],
    recipe: TextRecipe,
    random: np.random.Generator,
) -> float:
    batch = pairs.draw(rows.tolist(), recipe, random)
    texts = tower.encode_words(batch.texts, recipe.pieces)
    factor = scale.exp().clamp(max=_LARGEST_SCALE)
    loss = contrastive_loss(texts, torch.from_numpy(batch.vectors), torch.from_numpy(batch.fits), factor)
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(tower.parameters(), _LARGEST_NORM)
    optimiser.step()
    return float(loss.detach())


def _build_optimiser(tower: TextTower, scale: nn.Parameter, recipe: TextFitRecipe) -> torch.optim.Optimizer:
    matrices = [value for name, value in tower.named_parameters() if value.dim() > 1 and name != "pieces.weight"]
    others = [value for value in tower.parameters() if value.dim() <= 1]
    groups = [
        {"params": matrices, "lr": recipe.rate, "weight_decay": recipe.weight_decay},
        {"params": [*others, scale], "lr": recipe.rate, "weight_decay": 0.0},
        {"params": [tower.pieces.weight], "lr": _PIECES_RATE * recipe.rate, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, betas=(0.9, 0.98))


@torch.no_grad()
def _follow(average: nn.Module, tower: nn.Module, decay: float) -> None:
    for ours, theirs in zip(average.parameters(), tower.parameters(), strict=True):
        ours.lerp_(theirs, 1 - decay)
