"""The pictures of the comparison: capped, then sampled, then divided, each category in its share."""

from __future__ import annotations

from collections import Counter

import pytest

from modiste.bench.structured_output.material import CATEGORY, draw_material
from modiste.manifest import Manifest

SIZES = {"Topwear": 1000, "Shoes": 60, "Bags": 40, "Ties": 20, "Belts": 20, "Scarves": 10, "Hats": 10}


@pytest.fixture(scope="module")
def shop() -> Manifest:
    rows = [
        {"item_id": f"{name}{at}", "image": f"{name}{at}.jpg", "source": "x", f"label.{CATEGORY}": name}
        for name, size in SIZES.items()
        for at in range(size)
    ]
    return Manifest.from_rows(rows)


def test_the_commonest_category_is_capped_before_the_sample(shop: Manifest) -> None:
    cap = 4 * sum(SIZES.values()) // len(SIZES)
    kept = {name: min(size, cap) for name, size in SIZES.items()}
    drawn = draw_material(shop, items=300)
    assert len(drawn) == 300
    counts = Counter(drawn.labels(CATEGORY))
    for name, size in kept.items():
        assert counts[name] == pytest.approx(size * 300 / sum(kept.values()), abs=1)


def test_the_parts_have_their_shares_of_each_category(shop: Manifest) -> None:
    drawn = draw_material(shop, items=600)
    for name, size in Counter(drawn.labels(CATEGORY)).items():
        parts = Counter(drawn.items["split"].filter(drawn.labels(CATEGORY) == name))
        assert parts["test"] == pytest.approx(0.15 * size, abs=1)
        assert parts["validation"] == pytest.approx(0.1 * size, abs=1)
    assert set(drawn.items["split"]) == {"train", "validation", "test"}


def test_the_order_of_the_rows_does_not_matter(shop: Manifest) -> None:
    backwards = Manifest(shop.taxonomy, shop.items.reverse())
    one, other = (draw_material(items, items=300).items.select("item_id", "split") for items in (shop, backwards))
    assert one.sort("item_id").equals(other.sort("item_id"))
