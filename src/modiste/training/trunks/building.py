"""Building a trunk by its name, and its parameters in blocks."""

from __future__ import annotations

from typing import Any, Literal

import timm
from torch import nn

from modiste.errors import RecipeError
from modiste.training.trunks.own import OWN_TRUNKS
from modiste.training.trunks.packages import fill_from_package

__all__ = ["build_trunk", "list_trunk_blocks"]


def build_trunk(name: str, *, weights: Literal["package", "hub", "none"], drop_path: float = 0.0) -> nn.Module:
    """Build a network that gives pooled features.

    Args:
        name: Any timm model, or one of `OWN_TRUNKS`.
        weights: ``"package"`` reads an installed package and works offline, ``"hub"`` downloads, ``"none"`` starts
            from random numbers.
        drop_path: Stochastic depth, in [0, 1].

    Returns:
        A module from [n, 3, height, width] to [n, ``num_features``].

    Raises:
        RecipeError: There is no such model, nothing carries its weights, or a network of our own is to drop paths.
    """
    if name in OWN_TRUNKS:
        return _build_own(name, weights, drop_path)
    if not timm.is_model(name):
        near = ", ".join(timm.list_models(f"*{name.rpartition('_')[2]}*")[:5]) or "see timm.list_models()"
        raise RecipeError(
            f"trunk.name = {name!r}: timm has no such model; near: {near}; modiste's own: {', '.join(OWN_TRUNKS)}"
        )
    options: dict[str, Any] = {"drop_path_rate": drop_path} if drop_path else {}
    trunk: nn.Module = timm.create_model(name, pretrained=weights == "hub", num_classes=0, **options)
    if weights == "package":
        fill_from_package(trunk, name)
    return trunk


def list_trunk_blocks(trunk: nn.Module) -> list[list[str]]:
    """Return the parameter names of a trunk in blocks, lowest first.

    A block is a stage of the network as timm groups it; rates that fall with depth and freezing count in blocks.
    """
    names = [name for name, _ in trunk.named_parameters()]
    matcher = getattr(trunk, "group_matcher", None)
    if not callable(matcher):
        return [names]
    matched = timm.models.group_parameters(trunk, matcher(coarse=True), reverse=False)
    blocks = [[name for name in block if name in set(names)] for _, block in sorted(matched.items())]
    return [block for block in blocks if block]


def _build_own(name: str, weights: str, drop_path: float) -> nn.Module:
    if weights != "none":
        raise RecipeError(
            f"trunk.weights = {weights!r}: {name!r} has no weights anywhere, it starts from random numbers. Write "
            "weights = 'none'"
        )
    if drop_path:
        raise RecipeError(f"trunk.drop_path = {drop_path:g}: {name!r} has no residual branches to drop; leave it out")
    return OWN_TRUNKS[name].build()
