"""Acceptance of adapting: the hand-made table is whole, products come from one part, figures are a naive loop's."""

from __future__ import annotations

import numpy as np
import pytest

from modiste.bench import adapting
from modiste.bench.accept import Setting
from modiste.bundle import Bundle
from modiste.evaluation import Predictions
from modiste.manifest import Manifest
from modiste.taxonomy import Field, Taxonomy


def test_every_colour_of_the_bundle_has_a_name_in_the_shop() -> None:
    colours = adapting.read_shop_colours()
    assert set(colours) == set(Bundle.open().taxonomy["baseColour"].values)
    assert len(set(colours.values())) == 12
    assert not set(colours) & set(colours.values())  # renamed, every one


@pytest.fixture(scope="module")
def kaggle() -> Manifest:
    rows = [
        {
            "item_id": str(number),
            "image": "x",
            "source": "x",
            "split": "train" if number % 2 else "validation",
            "label.baseColour": [None, "Red", "Maroon", "Black"][number % 4],
            "label.season": "Fall",
            "meta.attribute.Pattern": "Solid" if number % 3 else None,
        }
        for number in range(60)
    ]
    return Manifest.from_rows(rows)


def test_the_shops_labels_are_renamed_and_the_others_dropped(kaggle: Manifest) -> None:
    shop = adapting.label_as_shop(kaggle, {"Red": "Cherry", "Maroon": "Cherry"})
    assert shop.taxonomy.names == (adapting.COLOUR, adapting.PATTERN)
    assert shop.labels(adapting.COLOUR).to_list()[:4] == [None, "Cherry", "Cherry", None]
    assert shop.labels(adapting.PATTERN).to_list()[:3] == [None, "Solid", "Solid"]


def test_products_are_drawn_by_their_ids_alone_and_lose_their_part(kaggle: Manifest) -> None:
    shop = adapting.label_as_shop(kaggle, adapting.read_shop_colours())
    drawn = adapting.draw_products(shop.of_split("train"), 10, seed=1)
    backwards = Manifest(shop.taxonomy, shop.items.reverse()).of_split("train")
    assert set(drawn.items["item_id"]) == set(adapting.draw_products(backwards, 10, seed=1).items["item_id"])
    assert len(drawn) == 10
    assert drawn.items["split"].null_count() == 10
    assert drawn.labels(adapting.COLOUR).null_count() == 0
    assert not set(drawn.items["item_id"]) & set(shop.of_split("validation").items["item_id"])


def test_gains_and_tables_are_of_known_rows_alone() -> None:
    truth = np.array([0, 1, -1, 1] * 5, np.int64)
    ours, probe = np.array([0, 1, 0, 0] * 5), np.array([1, 1, 0, 0] * 5)
    systems = [adapting._Answers("ours", {"hue": ours}), adapting._Answers("probe", {"hue": probe})]
    setting = Setting(replicates=200, say=str)
    groups = np.arange(20)
    found = adapting._compare("hue", systems, truth, groups, setting)
    known = truth >= 0
    gain = np.mean((ours == truth)[known]) - np.mean((probe == truth)[known])
    assert found.value == pytest.approx(gain)
    assert found.low > 0
    assert f"| hue   | {gain:+.4f} |" in adapting._describe_gains({"hue": found}).text
    section = adapting._tabulate("hue", systems, truth, groups, setting)
    assert section.data["rows"] == 15
    assert section.data["probe"]["accuracy"]["value"] == pytest.approx(1 / 3, abs=1e-6)


def test_one_changed_score_is_counted() -> None:
    fields = Taxonomy((Field("hue", "single", ("a", "b")),))
    scores = np.array([[0.25, 0.75], [0.5, 0.5]], np.float32)
    other = scores.copy()
    other[1, 0] = np.nextafter(np.float32(0.5), np.float32(1))
    told = [Predictions.from_scores(fields, ["1", "2"], {"hue": table}) for table in (scores, other)]
    assert adapting._count_changed(told[0], told[0], ("hue",)).met
    changed = adapting._count_changed(told[0], told[1], ("hue",))
    assert (changed.seen, changed.met) == (1, False)
