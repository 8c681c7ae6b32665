"""Trunks: networks that turn a picture into features, of timm or of modiste's own, and where weights come from."""

from modiste.training.trunks.building import build_trunk, list_trunk_blocks
from modiste.training.trunks.own import OWN_TRUNKS, BasicCnn, OwnTrunk, SmallCnn
from modiste.training.trunks.packages import WEIGHT_PACKAGES

__all__ = ["OWN_TRUNKS", "WEIGHT_PACKAGES", "BasicCnn", "OwnTrunk", "SmallCnn", "build_trunk", "list_trunk_blocks"]
