"""Small data sets to divide."""

from __future__ import annotations

import numpy as np

from modiste.manifest import Manifest


def make_shop(count: int, *, seed: int = 0, labels: int = 12, products: int | None = None) -> Manifest:
    """A shop with a class, several attributes, shared titles and years; nothing is drawn."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        rows.append(
            {
                "item_id": f"i{number}",
                "product_id": f"p{number if products is None else int(rng.integers(products))}",
                "image": f"{number}.jpg",
                "source": "test",
                "title": None if rng.random() < 0.1 else f"title {int(rng.integers(max(count // 2, 1)))}",
                "label.type": None if rng.random() < 0.02 else "abcd"[int(rng.choice(4, p=[0.6, 0.25, 0.1, 0.05]))],
                "label.style": [f"s{label}" for label in range(labels) if rng.random() < 0.5 / (label + 1)],
                "meta.year": int(rng.integers(2010, 2016)),
            }
        )
    return Manifest.from_rows(rows)
