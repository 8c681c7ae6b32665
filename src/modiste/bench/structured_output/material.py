"""The pictures of the comparison: capped, sampled and divided as S0 does it."""

from __future__ import annotations

from typing import Final

from modiste.collect.balancing import cap_classes, down_sample, parse_cap
from modiste.manifest import Manifest
from modiste.splits import make_stratified_parts, replace_parts

__all__ = ["ATTRIBUTES", "CATEGORY", "KIND", "SEED", "draw_material"]

CATEGORY, KIND, ATTRIBUTES = "subCategory", "articleType", "attributes"
SEED: Final = 42
_CAP, _ITEMS = "4x-mean", 25_000
_TEST, _VALIDATION = 0.15, 0.1


def draw_material(manifest: Manifest, *, items: int = _ITEMS) -> Manifest:
    """Take at most four times the mean number of a category, then a stratified sample, and divide it by category.

    Args:
        manifest: The Kaggle set.
        items: Size of the sample.

    Returns:
        The sample: 15 % of each category tests and 10 % chooses, the rest trains. S0 chooses nothing, or by its test
        part; here the validation part is taken from its 85 %.
    """
    capped = cap_classes(manifest, CATEGORY, parse_cap(_CAP, manifest, CATEGORY), seed=SEED)
    drawn = down_sample(capped, CATEGORY, items, seed=SEED)
    shares = {"test": _TEST, "validation": _VALIDATION}
    parts = make_stratified_parts(drawn.items["item_id"].to_list(), drawn.labels(CATEGORY).to_list(), shares, seed=SEED)
    return replace_parts(drawn, [part or "train" for part in parts])
