"""The simulations: their worlds are what they say, and intervals and tests keep their promises in a short run."""

from __future__ import annotations

import numpy as np
import pytest

stats = pytest.importorskip("scipy.stats")
neighbors = pytest.importorskip("sklearn.neighbors")

from modiste.bench import Setting  # noqa: E402
from modiste.bench.statistics import Worlds, learning, measure_statistics  # noqa: E402
from modiste.bench.statistics.coverage import UNFIT, cover_repetitions, cover_shares  # noqa: E402
from modiste.bench.statistics.rejections import Twins, list_twins, reject_pairs, reject_trainings  # noqa: E402
from modiste.bench.statistics.worlds import (  # noqa: E402
    ClassWorld,
    ValueWorld,
    list_class_worlds,
    list_value_worlds,
)
from modiste.evaluation import accuracy, macro_f1, score_values, wilson_interval  # noqa: E402


@pytest.mark.parametrize("world", [ClassWorld((300, 600, 900), 0.8, copies=3), ClassWorld((500,) * 4, 0.6)])
def test_worlds_of_classes_are_what_they_say(world):
    rng = np.random.default_rng(0)
    draws = [world.draw(rng) for _ in range(60)]
    truth, answer = (np.concatenate([getattr(drawn, name) for drawn in draws]) for name in ("truth", "answer"))
    assert accuracy(truth, answer) == pytest.approx(world.accuracy, abs=0.005)
    assert macro_f1(truth, answer) == pytest.approx(world.macro_f1, abs=0.005)
    assert np.bincount(draws[0].products).max() <= world.copies
    assert all(len(set(drawn.truth[drawn.products == 7].tolist())) == 1 for drawn in draws)


@pytest.mark.parametrize("world", [ValueWorld(3000, (0.3, 0.1), 0.3, 0.2), ValueWorld(3000, (0.4, 0.2), 0.1, 0.1, 4)])
def test_worlds_of_values_are_what_they_say(world):
    rng = np.random.default_rng(1)
    draws = [world.draw(rng) for _ in range(30)]
    truth, answer = (np.concatenate([getattr(drawn, name) for drawn in draws]) for name in ("truth", "answer"))
    assert score_values(truth, answer).f1 == pytest.approx(world.micro_f1, abs=0.005)


def test_worlds_that_are_judged_have_thirty_products_a_class():
    judged = [world for world in list_class_worlds() if world.judged]
    assert min(min(world.sizes) for world in judged) == 30
    assert {world.copies == 1 for world in judged} == {True, False}
    for world in list_value_worlds():
        assert not world.judged or world.products * min(world.shares) >= 30


@pytest.mark.parametrize("twins", list_twins())
def test_twins_are_equally_good(twins):
    rng = np.random.default_rng(2)
    draws = [twins.draw(rng) for _ in range(40_000 // twins.products)]
    first, second = (np.concatenate([drawn[at] for drawn in draws]) for at in (0, 1))
    assert first.mean() == pytest.approx(twins.accuracy, abs=0.01)
    assert second.mean() == pytest.approx(twins.accuracy, abs=0.01)
    assert (first != second).mean() == pytest.approx(twins.apart, abs=0.01)


def test_trainings_are_of_the_nearest_mean():
    rows, seed = 40, 3
    plans = learning.list_plans(rows, seed=seed)
    found = learning.train_and_test(1, plans, np.random.default_rng(seed))
    rng = np.random.default_rng(seed)  # the same draws again
    truth = rng.random((1, rows)) < 0.5
    pictures = rng.normal(size=(2, 1, rows, 5)) + 0.45 * truth[None, :, :, None]
    for plan, table in zip(plans, found, strict=True):
        for which, learner, at in np.ndindex(*table.shape):
            part = plan.parts[at]
            rest = np.setdiff1d(np.arange(rows), part)
            model = neighbors.NearestCentroid().fit(pictures[learner, which, rest], truth[which, rest])
            expected = model.score(pictures[learner, which, part], truth[which, part])
            assert table[which, learner, at] == pytest.approx(expected)
        assert len(plan.parts[0]) == plan.test_share * rows


def test_exact_coverage_of_shares_is_what_draws_give():
    drawn = np.random.default_rng(4).binomial(80, 0.9, 20_000)
    held = [(it := wilson_interval(int(hits), 80)).low <= 0.9 <= it.high for hits in drawn]
    assert cover_shares(80, np.array([0.9]))[0] == pytest.approx(np.mean(held), abs=0.005)


def test_intervals_hold_and_what_is_not_corrected_does_not():
    """300 trials tell .95 to 2.5 points, so this is a smoke alarm; results/statistics.md has the measurement."""
    worlds = [ClassWorld((30,) * 10, 0.6), ClassWorld((30,) * 3, 0.8, copies=4)]
    values = [ValueWorld(150, (0.3, 0.2), 0.3, 0.2, copies=3)]
    chosen = Worlds(worlds, values, twins=[Twins(50, 0.7, 0.3)], trained=[60])
    report = measure_statistics(Setting(replicates=300, say=str), chosen, trials=300)
    one, several = report.sections[1].data.values()
    (many,) = report.sections[2].data.values()
    for name, found in (one | several | many).items():
        assert UNFIT in name or 0.91 <= found["share"] <= 0.985, name
    assert several[f"accuracy {UNFIT} Wilson by row"]["share"] < 0.9
    assert one[f"macro-F1 {UNFIT} plain percentiles"]["share"] < one["macro-F1, bootstrap"]["share"]
    assert "3 classes of 30, 1 to 4 rows, accuracy 0.8" in report.to_markdown()
    assert {target.unit for target in report.targets} == {""}


def test_false_alarms_are_rare():
    together = reject_pairs(Twins(100, 0.8, 0.2, copies=4), trials=300, replicates=300, seed=5)
    trained = reject_trainings(60, trials=600, seed=6)
    for name, found in (together | trained).items():
        assert UNFIT in name or found.share <= 0.085, name
    assert together[f"McNemar's exact test {UNFIT} by row"].share > 0.085
    assert trained[f"5x2cv F test {UNFIT} alone"].share > 0.085
    assert trained[f"t, 10 random fifths {UNFIT} plain"].share > 0.15


def test_means_over_trainings():
    found = cover_repetitions(60, trials=300, seed=7)
    assert found["5 independent trainings, t"].share == pytest.approx(0.95, abs=0.04)
    assert found["10 random fifths, corrected t"].share > 0.9 > found[f"10 random fifths {UNFIT} plain t"].share
