"""`[trunk]`: the network that turns a picture into features."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from modiste.training.recipe.part import RecipePart, Share

__all__ = ["TrunkRecipe"]


class TrunkRecipe(RecipePart):
    """The network that turns a picture into features."""

    name: str = Field(
        "tf_efficientnet_lite0", description="any timm model, or one of modiste's own: small_cnn, wide_cnn, basic_cnn"
    )
    weights: Literal["package", "hub", "none"] = Field(
        "package", description="'package': ImageNet weights from an installed package, offline; 'hub': timm's; 'none'"
    )
    drop_path: Share = Field(0.0, description="stochastic depth: share of residual branches dropped in the last block")
    compile: bool = Field(False, description="compile the training step with torch.compile (needs a C++ compiler)")
