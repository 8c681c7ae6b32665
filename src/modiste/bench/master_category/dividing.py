"""The data of the master-category system: five merged classes, divided as the source divides them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from modiste.bench.accept import Setting
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.manifest import Manifest
from modiste.readers import read_source
from modiste.splits import Drawing, draw_parts, replace_parts, seal_part

if TYPE_CHECKING:
    from modiste.training import Recipe

__all__ = ["CONTROL", "FIELD", "SEEDS", "SHARES", "Division", "divide", "read_classes"]

FIELD: Final = "masterCategory"
CONTROL: Final = "control"
SHARES: Final = {"train": 0.7, "validation": 0.1, "test": 0.1, CONTROL: 0.1}
SEEDS: Final = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Division:
    """One division of the data.

    Args:
        seed: What it was drawn with.
        working: The items while anything is decided: those of the control part are called ``sealed``.
        opened: The items at the end, with the control part under its name.
    """

    seed: int
    working: Manifest
    opened: Manifest


def read_classes(setting: Setting, recipe: Recipe) -> Manifest:
    """Read the Kaggle set with the classes that the recipe merges."""
    from modiste.training.selection import select_items

    return select_items(read_source(setting.find_data(SMALL_PICTURES)), recipe.data)


def divide(manifest: Manifest, seed: int) -> Division:
    """Divide the items by their class into the shares of the source, and seal the control part.

    Args:
        manifest: The items; `read_classes`.
        seed: Another seed gives another division.
    """
    parts = draw_parts(manifest, SHARES, Drawing(by=FIELD, seed=seed))
    ids = manifest.items["item_id"].to_list()
    working, _ = seal_part(parts, CONTROL)
    return Division(
        seed,
        replace_parts(manifest, [working[item] for item in ids]),
        replace_parts(manifest, [parts[item] for item in ids]),
    )
