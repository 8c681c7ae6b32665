"""A small shop with two own labels: a colour by another name, and a mood that is told of some."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modiste.bundle import Bundle
from modiste.manifest import Manifest
from modiste.readers import read_source
from modiste.synthetic import write_shop

if TYPE_CHECKING:
    from modiste.training import TrainingRun

NAMES = {
    **dict.fromkeys(["Black", "Navy Blue", "Brown", "Purple", "Maroon"], "Ink"),
    **dict.fromkeys(["White", "Cream", "Beige", "Silver", "Grey"], "Milk"),
    **dict.fromkeys(["Red", "Pink", "Orange", "Yellow", "Peach"], "Fire"),
    **dict.fromkeys(["Blue", "Green", "Teal", "Olive", "Turquoise Blue"], "Sea"),
}


@pytest.fixture(scope="session")
def shipped() -> Bundle:
    return Bundle.open()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """160 drawn products with four names for their colours; of each third one nobody knows the mood."""
    folder = tmp_path_factory.mktemp("adapting")
    source = read_source(write_shop(folder / "shop", 160, seed=5, size=(60, 80)))
    rows = [
        {
            "item_id": row["item_id"],
            "image": row["image"],
            "source": "test",
            "title": f"{row['item_id']}",
            "label.shade": NAMES.get(row["label.baseColour"]),
            "label.mood": None
            if number % 3 == 0
            else ["cold"]
            if NAMES.get(row["label.baseColour"]) in ("Sea", "Milk")
            else [],
        }
        for number, row in enumerate(source.items.iter_rows(named=True))
    ]
    return Manifest.from_rows(rows)


@pytest.fixture(scope="session")
def run(shop: Manifest, tmp_path_factory: pytest.TempPathFactory) -> TrainingRun:
    """A toy that has learnt two epochs of the shop's shades."""
    from modiste.training import Recipe, TrainingRun, fit

    folder = tmp_path_factory.mktemp("runs") / "first"
    stage = {"name": "all", "height": 40, "width": 32, "batch_size": 16, "epochs": 2, "rate": 5e-3}
    recipe = Recipe.model_validate(
        {
            "name": "toy",
            "ema": 0.9,
            "data": {"fields": ["shade"], "validation": 0.2},
            "trunk": {"name": "test_efficientnet", "weights": "none"},
            "heads": {"embedding": 16},
            "stages": [stage],
        }
    )
    made = TrainingRun.prepare(recipe, folder, shop, folder)
    fit(made, device="cpu")
    return made
