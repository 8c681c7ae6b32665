"""The comparison of parts against loops and against chance."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from modiste.explore.statistics import NO_PART, compare_parts, expect_distance, total_variation
from modiste.manifest import build_taxonomy


def draw(rng: np.random.Generator, sizes: dict[str, int], shares: list[float]) -> pl.DataFrame:
    splits = [name for name, size in sizes.items() for _ in range(size)]
    return pl.DataFrame(
        {"split": splits, "label.a": [f"v{at}" for at in rng.choice(len(shares), len(splits), p=shares)]}
    )


def test_distance_is_that_of_a_loop() -> None:
    items = draw(np.random.default_rng(1), {"train": 300, "test": 80, "control": 20}, [0.5, 0.3, 0.15, 0.05])
    (compared,) = compare_parts(items, build_taxonomy(items, {}))
    for part in compared.parts:
        ours = items.filter(pl.col("split") == part.part)["label.a"].to_list()
        theirs = items.filter(pl.col("split") != part.part)["label.a"].to_list()
        shares = [abs(ours.count(value) / len(ours) - theirs.count(value) / len(theirs)) for value in compared.values]
        assert part.distance == pytest.approx(sum(shares) / 2)
        assert part.counts == tuple(ours.count(value) for value in compared.values)


@pytest.mark.parametrize("values", [2, 8, 100])
def test_expected_distance_is_what_random_parts_show(values: int) -> None:
    rng = np.random.default_rng(values)
    shares = rng.dirichlet(np.ones(values))
    drawn = [total_variation(rng.multinomial(2000, shares), rng.multinomial(300, shares)) for _ in range(400)]
    mean, spread = expect_distance(shares, 2000, 300)
    assert mean == pytest.approx(np.mean(drawn), rel=0.1)
    assert spread == pytest.approx(np.std(drawn), rel=0.5)


def test_random_parts_are_seldom_flagged_and_skewed_ones_always() -> None:
    rng, flagged = np.random.default_rng(5), 0
    for _ in range(40):
        items = draw(rng, {"train": 800, "test": 200}, [0.6, 0.3, 0.1])
        flagged += any(part.departs for part in compare_parts(items, build_taxonomy(items, {}))[0].parts)
    assert flagged <= 2
    skewed = pl.concat([draw(rng, {"train": 800}, [0.6, 0.3, 0.1]), draw(rng, {"test": 200}, [0.3, 0.6, 0.1])])
    assert all(part.departs for part in compare_parts(skewed, build_taxonomy(skewed, {}))[0].parts)


def test_parts_without_labels_and_items_without_a_part() -> None:
    items = pl.DataFrame({"split": ["train", "train", "test", None], "label.a": ["x", "y", None, "x"]})
    (compared,) = compare_parts(items, build_taxonomy(items, {}))
    parts = {part.part: part for part in compared.parts}
    assert list(parts) == ["train", "test", NO_PART]
    assert (parts["test"].distance, parts["test"].departs, parts["test"].absent) == (None, False, ("x", "y"))
    assert parts[NO_PART].absent == ("y",)


def test_one_part_has_nothing_to_compare() -> None:
    items = pl.DataFrame({"split": ["train"], "label.a": ["x"]})
    assert compare_parts(items, build_taxonomy(items, {})) == ()


def test_multi_fields_compare_the_shares_of_their_labels() -> None:
    items = pl.DataFrame({"split": ["train", "test"], "label.a": [["x", "y"], ["x"]]})
    (compared,) = compare_parts(items, build_taxonomy(items, {}))
    assert [part.distance for part in compared.parts] == [0.5, 0.5]
