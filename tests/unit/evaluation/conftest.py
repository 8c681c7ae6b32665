"""A small labelled shop whose pictures the golden tiny bundle can be run on."""

from __future__ import annotations

from pathlib import Path

import pytest

from modiste.bundle import Bundle
from modiste.manifest import Manifest

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "tiny"
LABELS = [("Bags", "Totes", "Red"), ("Shoes", "Heels", "Blue"), ("Clothes", "Shirts", "Red")]


@pytest.fixture
def tiny_bundle():
    return Bundle.open(GOLDEN)


@pytest.fixture
def shop():
    """Six items, four of them in the part ``test``; the last one there has the picture of one outside."""
    rows = []
    for number in range(6):
        kind, article, colour = LABELS[number % 3]
        rows.append(
            {
                "item_id": f"item{number}",
                "image": str(GOLDEN / f"{number if number != 3 else 4}.jpg"),
                "title": "shared" if number in (0, 5) else f"title {number}",
                "split": "test" if number < 4 else "train",
                "source": "test",
                "label.kind": kind,
                "label.article": article,
                "label.colour": colour,
                "label.material": ["Silk"] if number % 2 else [],
            }
        )
    return Manifest.from_rows(rows, parents={"article": "kind"})
