"""Two systems on the same rows, against loops and scipy's binomial test; the verdicts err as seldom as they claim."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from modiste.errors import UnknownNameError, UsageError
from modiste.evaluation import ALL_FIELDS, Predictions, compare_predictions, render_pairing, score_predictions
from modiste.evaluation.swapping import compare_sums
from modiste.manifest import Manifest

HUES, SIZES = ("blue", "red"), ("L", "M", "S")


def build(draw, rows):
    """Return a shop with two single fields and a multi one, some labels unknown, two rows a title."""
    items = [
        {
            "item_id": str(at),
            "image": str(at),
            "source": "test",
            "title": str(at // 2),
            "label.hue": str(draw.choice(HUES)) if draw.random() < 0.9 else None,
            "label.size": str(draw.choice(SIZES)) if draw.random() < 0.9 else None,
            "label.cloth": [name for name in ("silk", "wool") if draw.random() < 0.5],
        }
        for at in range(rows)
    ]
    items += [
        {**items[0], "item_id": f"all{at}", "label.hue": HUES[at % 2], "label.size": SIZES[at]} for at in range(3)
    ]
    items += [{**items[0], "item_id": "cloth", "label.cloth": ["silk", "wool"]}]
    return Manifest.from_rows(items)


def answer(draw, shop, skill):
    scores = {}
    for field in shop.taxonomy:
        table = draw.random((len(shop), len(field))).astype(np.float32)
        for row, label in enumerate(shop.labels(field.name).to_list()):
            values = [label] if isinstance(label, str) else list(label if label is not None else ())
            if draw.random() < skill:
                table[row] /= 2.1
                table[row, [field.index(value) for value in values]] = 0.9
        scores[field.name] = table
    return Predictions.from_scores(shop.taxonomy, shop.items["item_id"].to_list(), scores)


def hits(shop, told, name):
    """Return row -> whether it is right, of the rows whose label is known."""
    field, found = shop.taxonomy[name], {}
    for row, label in enumerate(shop.labels(name).to_list()):
        if label is not None:
            said = [value for value, there in zip(field.values, told.chosen[name][row], strict=True) if there]
            found[row] = said == ([label] if isinstance(label, str) else list(label))
    return found


@pytest.mark.parametrize("seed", range(40))
def test_counts_and_tests_are_those_of_a_loop(seed):
    draw = np.random.default_rng(seed)
    shop = build(draw, int(draw.integers(3, 60)))
    one, other = answer(draw, shop, 0.8), answer(draw, shop, 0.4)
    compared = {item.field: item for item in compare_predictions(shop, one, other, replicates=20)}
    both = {name: (hits(shop, one, name), hits(shop, other, name)) for name in ("hue", "size", "cloth")}
    complete = both["hue"][0].keys() & both["size"][0].keys()
    both[ALL_FIELDS] = tuple({row: both["hue"][at][row] and both["size"][at][row] for row in complete} for at in (0, 1))
    assert set(compared) == set(both)
    for name, (first, second) in both.items():
        item = compared[name]
        wins, losses = (sum(a[row] and not b[row] for row in a) for a, b in ((first, second), (second, first)))
        assert (item.rows, item.only_first, item.only_second) == (len(first), wins, losses)
        titles = shop.items["title"].to_list()
        gains = {titles[row]: 0 for row in first}
        for row in first:
            gains[titles[row]] += int(first[row]) - int(second[row])
        ahead, behind = (sum(sign * gain > 0 for gain in gains.values()) for sign in (1, -1))
        expected = stats.binomtest(ahead, ahead + behind).pvalue if ahead + behind else 1.0
        if name != "cloth":
            assert item.test.p_value == pytest.approx(expected)
            assert item.first == pytest.approx(np.mean(list(first.values())))
            assert item.difference.value == pytest.approx((wins - losses) / len(first))
    figures = [score_predictions(shop, told, replicates=2)["cloth"].micro_f1.value for told in (one, other)]
    assert (compared["cloth"].first, compared["cloth"].second) == pytest.approx(tuple(figures))
    assert compared["cloth"].difference.value == pytest.approx(figures[0] - figures[1])


def test_verdicts_in_words():
    draw = np.random.default_rng(1)
    shop = build(draw, 400)
    good, bad = answer(draw, shop, 0.9), answer(draw, shop, 0.3)
    for item in compare_predictions(shop, good, bad, replicates=200):
        assert item.real and item.describe("A", "B").startswith("A is better than B: ")
    for item in compare_predictions(shop, bad, good, replicates=200):
        assert item.real and item.describe("A", "B").startswith("B is better than A: ")
    for item in compare_predictions(shop, good, good, replicates=20):
        assert not item.real and item.describe("A", "B").startswith("A and B are equally good")
    text = render_pairing(compare_predictions(shop, good, bad, replicates=20), "A", "B")
    assert "- **hue**: A is better" in text and "| only A" in text


def divide(sums):
    return sums[..., 0] / sums[..., 1]


@pytest.mark.parametrize("seed", range(6))
def test_swapping_is_scipys_permutation_test_of_pairs(seed):
    """Scipy tries all 512 ways to swap the answers of nine rows."""
    draw = np.random.default_rng(seed)
    first, second = (np.stack([draw.integers(0, 3, 9), draw.integers(2, 5, 9)], axis=1) for _ in range(2))

    def gap(one, two, axis):
        one, two = (rows.astype(int) for rows in (one, two))
        figures = [
            np.moveaxis(np.stack([first, second])[which, at], axis - 1, -2).sum(axis=-2)
            for which, at in one_two(one, two)
        ]
        return divide(figures[0]) - divide(figures[1])

    def one_two(one, two):
        return ((one // 9, one % 9), (two // 9, two % 9))

    rows = np.arange(9)
    exact = stats.permutation_test(
        (rows, rows + 9), gap, permutation_type="samples", n_resamples=np.inf, vectorized=True
    )
    found = compare_sums(first, second, divide, replicates=40_000, seed=seed)
    assert found.difference == pytest.approx(exact.statistic)
    assert found.p_value == pytest.approx(exact.pvalue, abs=0.012)


def test_swapped_groups_are_swapped_whole():
    """Ten rows of one product are one coin, not ten."""
    first, second = np.tile([[1, 1]], (10, 1)), np.tile([[0, 1]], (10, 1))
    assert compare_sums(first, second, divide).p_value < 0.01
    assert compare_sums(first, second, divide, groups=["one"] * 10).p_value == 1.0


def test_equal_systems_with_many_values_are_seldom_told_apart():
    draw = np.random.default_rng(5)
    real = 0
    for _ in range(300):
        first, second = (np.stack([draw.binomial(2, 0.6, 80), draw.binomial(3, 0.9, 80) + 1], axis=1) for _ in range(2))
        real += compare_sums(first, second, divide, replicates=200, seed=int(draw.integers(1 << 30))).real
    assert real / 300 <= 0.08


def test_equal_systems_are_seldom_told_apart():
    """Two systems of one skill: at most 6.5 % of the comparisons may call their difference real."""
    draw = np.random.default_rng(2)
    real = 0
    for _ in range(300):
        truth = [str(draw.choice(HUES)) for _ in range(120)]
        rows = [{"item_id": str(at), "image": "x", "source": "t", "label.hue": hue} for at, hue in enumerate(truth)]
        shop = Manifest.from_rows(rows)
        one, other = answer(draw, shop, 0.5), answer(draw, shop, 0.5)
        real += compare_predictions(shop, one, other, replicates=200, group_by="none")[0].real
    assert real / 300 <= 0.065


def test_what_can_not_be_compared_is_refused():
    draw = np.random.default_rng(3)
    shop = build(draw, 10)
    told = answer(draw, shop, 0.5)
    hue, size = (
        Predictions.from_scores(shop.taxonomy.select((name,)), told.item_ids, told.scores) for name in ("hue", "size")
    )
    with pytest.raises(UsageError, match="share no field"):
        compare_predictions(shop, hue, size)
    with pytest.raises(UnknownNameError, match="size"):
        compare_predictions(shop, told, hue, fields=["size"])
    blank = shop.where(shop.items["label.hue"].is_null())
    if len(blank):
        with pytest.raises(UsageError, match="nothing to compare"):
            compare_predictions(blank, told, told, fields=["hue"])
