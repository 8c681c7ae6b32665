"""Random changes to training pictures, a whole batch at a time; nothing here runs outside training."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from modiste.training.recipe import AugmentationRecipe

__all__ = ["augment"]


def augment(pictures: Tensor, recipe: AugmentationRecipe, *, fill: Tensor, generator: torch.Generator) -> Tensor:
    """Change each picture of a batch in its own way.

    torchvision's transforms change a whole batch in one way, or one picture a call; this changes each picture of a
    batch on its own, in one call, drawing every random number from the generator.

    Args:
        pictures: float [n, 3, height, width], in 0 to 255.
        recipe: How much of what.
        fill: float [3], the colour of what comes into view at the border.
        generator: Where the random numbers come from; the same state gives the same pictures.

    Returns:
        float [n, 3, height, width], in 0 to 255.
    """
    backdrop = fill.view(1, 3, 1, 1)
    grid = F.affine_grid(
        _draw_maps(pictures.shape, recipe, generator).to(pictures), list(pictures.shape), align_corners=False
    )
    # Outside the picture grid_sample gives zero, so the backdrop is made zero for the while.
    moved = F.grid_sample(pictures - backdrop, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return _erase(_relight(moved + backdrop, recipe, generator), recipe, generator)


def _draw_maps(shape: torch.Size, recipe: AugmentationRecipe, generator: torch.Generator) -> Tensor:
    count, _, height, width = shape

    def spread(most: float) -> Tensor:
        return (torch.rand(count, generator=generator) * 2 - 1) * most

    mirror = torch.where(torch.rand(count, generator=generator) < recipe.flip, -1.0, 1.0)
    angle = spread(math.radians(recipe.rotate))
    zoom, stretch = torch.exp(spread(recipe.zoom)), torch.exp(spread(recipe.stretch) / 2)
    across, down = zoom * stretch, zoom / stretch
    # A rotation in pixels, written in the grid's units, in which both sides have the length 2.
    maps = torch.zeros(count, 2, 3)
    maps[:, 0, 0] = mirror * torch.cos(angle) * across
    maps[:, 0, 1] = -torch.sin(angle) * down * height / width
    maps[:, 1, 0] = mirror * torch.sin(angle) * across * width / height
    maps[:, 1, 1] = torch.cos(angle) * down
    maps[:, :, 2] = torch.stack([spread(2 * recipe.shift), spread(2 * recipe.shift)], dim=1)
    return maps


def _relight(pictures: Tensor, recipe: AugmentationRecipe, generator: torch.Generator) -> Tensor:
    count = len(pictures)
    draws = torch.rand(2, count, 1, 1, 1, generator=generator).to(pictures) * 2 - 1
    bright, contrast = 1 + draws[0] * recipe.brightness, 1 + draws[1] * recipe.contrast
    mean = pictures.mean(dim=(2, 3), keepdim=True)
    return ((pictures - mean) * contrast + mean * bright).clamp(0, 255)


def _erase(pictures: Tensor, recipe: AugmentationRecipe, generator: torch.Generator) -> Tensor:
    count, _, height, width = pictures.shape
    draws = torch.rand(5, count, generator=generator).to(pictures)
    chosen = draws[0] < recipe.erase
    tall, wide = (0.15 + 0.25 * draws[1]) * height, (0.15 + 0.25 * draws[2]) * width
    top, left = draws[3] * (height - tall), draws[4] * (width - wide)
    rows, columns = (torch.arange(side, device=pictures.device) for side in (height, width))
    inside_rows = (rows >= top[:, None]) & (rows < (top + tall)[:, None])  # [n, height]
    inside_columns = (columns >= left[:, None]) & (columns < (left + wide)[:, None])  # [n, width]
    mask = (inside_rows[:, :, None] & inside_columns[:, None, :] & chosen[:, None, None])[:, None]
    return torch.where(mask, pictures.mean(dim=(2, 3), keepdim=True), pictures)
