"""From a recipe's `[heads]` to the heads."""

from __future__ import annotations

from typing import Any

from modiste.taxonomy import Taxonomy
from modiste.training.heads.conditional import ConditionalHeads
from modiste.training.heads.embedding import EmbeddingHeads
from modiste.training.heads.heads import Heads
from modiste.training.heads.linear import LinearHeads
from modiste.training.heads.message_passing import MessagePassingHeads
from modiste.training.recipe import HeadRecipe

__all__ = ["build_heads"]


def build_heads(recipe: HeadRecipe, features: int, taxonomy: Taxonomy) -> Heads:
    """Build the heads that a recipe describes.

    Args:
        recipe: The table.
        features: Width of the trunk's features.
        taxonomy: The fields.

    Raises:
        RecipeError: The recipe's levels do not fit the fields.
    """
    shape: dict[str, Any] = {"embedding": recipe.embedding, "dropout": recipe.dropout, "scale": recipe.embedding_scale}
    if recipe.kind == "message_passing":
        return MessagePassingHeads(features, taxonomy, levels=recipe.levels, width=recipe.width, **shape)
    if recipe.kind == "conditional":
        return ConditionalHeads(features, taxonomy, levels=recipe.levels, **shape)
    values = sum(map(len, taxonomy))
    if recipe.kind == "embedding":
        return EmbeddingHeads(features, values, **shape)
    return LinearHeads(features, values, **shape)
