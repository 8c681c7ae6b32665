"""How often the intervals hold the truth, in worlds where it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modiste.bench.statistics.learning import Plan, list_plans, train_and_test
from modiste.bench.statistics.worlds import ClassWorld, ValueWorld
from modiste.errors import import_extra
from modiste.evaluation import (
    Interval,
    bootstrap_macro_f1,
    bootstrap_mean,
    bootstrap_micro_f1,
    corrected_t_interval,
    share_interval,
    t_interval,
    wilson_interval,
)

__all__ = ["UNFIT", "Share", "cover_classes", "cover_repetitions", "cover_shares", "cover_values"]

UNFIT = "–"  # in the name of what modiste does not report, and is shown for comparison
_REPEATED = 5


@dataclass(frozen=True)
class Share:
    """Of ``trials`` intervals, how many held the truth, or of tests, how many called chance a difference."""

    count: int
    trials: int

    @property
    def share(self) -> float:
        """In [0, 1]."""
        return self.count / self.trials

    @property
    def interval(self) -> Interval:
        """The share with Wilson's interval: what so many trials can tell."""
        return wilson_interval(self.count, self.trials)


def cover_classes(world: ClassWorld, *, trials: int, replicates: int, seed: int) -> dict[str, Share]:
    """Draw from a world of classes again and again, and count the intervals that hold its accuracy and macro-F1.

    Returns:
        Name of an interval -> how often it held. Percentiles that are not corrected are tried where products have one
        row each.
    """
    rng = np.random.default_rng(seed)
    held: dict[str, int] = {}
    for trial in range(trials):
        drawn = world.draw(rng)
        groups = None if world.copies == 1 else drawn.products
        settings: dict[str, Any] = {"groups": groups, "replicates": replicates, "seed": trial}
        hits = drawn.truth == drawn.answer
        found = {
            "accuracy, Wilson": (share_interval(hits, groups=groups), world.accuracy),
            "accuracy, bootstrap": (bootstrap_mean(hits, **settings), world.accuracy),
            "macro-F1, bootstrap": (bootstrap_macro_f1(drawn.truth, drawn.answer, **settings), world.macro_f1),
        }
        if world.copies == 1:
            plain = _take_percentiles(world, drawn.truth, drawn.answer, replicates, rng)
            found[f"macro-F1 {UNFIT} plain percentiles"] = (plain, world.macro_f1)
        else:
            found[f"accuracy {UNFIT} Wilson by row"] = (share_interval(hits), world.accuracy)
        for name, (interval, truth) in found.items():
            held[name] = held.get(name, 0) + _holds(interval, truth)
    return _count(held, trials)


def cover_values(world: ValueWorld, *, trials: int, replicates: int, seed: int) -> dict[str, Share]:
    """Draw from a world of values again and again, and count the intervals that hold its micro-F1."""
    rng = np.random.default_rng(seed)
    held = {"micro-F1, bootstrap": 0}
    for trial in range(trials):
        drawn = world.draw(rng)
        groups = None if world.copies == 1 else drawn.products
        interval = bootstrap_micro_f1(drawn.truth, drawn.answer, groups=groups, replicates=replicates, seed=trial)
        held["micro-F1, bootstrap"] += _holds(interval, world.micro_f1)
    return _count(held, trials)


def cover_shares(rows: int, accuracies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how often Wilson's interval of so many independent rows holds each accuracy; exact, by adding up.

    Args:
        rows: How many.
        accuracies: float [n] in (0, 1).
    """
    stats = import_extra("scipy.stats", purpose="the binomial distribution", extra="report")
    intervals = [wilson_interval(successes, rows) for successes in range(rows + 1)]
    low, high = np.array([(interval.low, interval.high) for interval in intervals]).T
    holds = (low[:, None] <= accuracies) & (accuracies <= high[:, None])
    return np.asarray((holds * stats.binom.pmf(np.arange(rows + 1)[:, None], rows, accuracies)).sum(axis=0))


def cover_repetitions(rows: int, *, trials: int, seed: int) -> dict[str, Share]:
    """Train again and again, and count the t intervals that hold the mean accuracy of such trainings.

    Args:
        rows: Of each data set.
        trials: How many data sets.
        seed: Of the data sets.
    """
    plans = list_plans(rows, seed=seed)
    tables = train_and_test(trials, plans, np.random.default_rng(seed))
    found: dict[str, Share] = {}
    for plan, table in zip(plans, tables, strict=True):
        figures, truth = table[:, 0], float(table.mean())
        corrected = [corrected_t_interval(row, test_share=plan.test_share) for row in figures]
        found[f"{plan.name}, corrected t"] = Share(sum(_holds(it, truth) for it in corrected), trials)
        found[f"{plan.name} {UNFIT} plain t"] = Share(sum(_holds(t_interval(row), truth) for row in figures), trials)
    return found | _cover_independent(plans[2], trials, seed)


def _cover_independent(plan: Plan, trials: int, seed: int) -> dict[str, Share]:
    """Count the t intervals of five trainings on data sets of their own, which share nothing."""
    (table,) = train_and_test(_REPEATED * trials, [replace(plan, parts=plan.parts[:1])], np.random.default_rng(seed))
    figures = table[:, 0, 0].reshape(trials, _REPEATED)
    held = sum(_holds(t_interval(row), float(table.mean())) for row in figures)
    return {f"{_REPEATED} independent trainings, t": Share(held, trials)}


def _take_percentiles(
    world: ClassWorld,
    truth: NDArray[np.int64],
    answer: NDArray[np.int64],
    replicates: int,
    rng: np.random.Generator,
) -> Interval:
    """Return the plain percentile interval of macro-F1, which is not what modiste reports."""
    size = len(world.sizes)
    cells = np.bincount(truth * size + answer, minlength=size * size)
    drawn = rng.multinomial(len(truth), cells / len(truth), size=replicates).reshape(-1, size, size)
    support, answered = drawn.sum(axis=2), drawn.sum(axis=1)
    hits = np.diagonal(drawn, axis1=1, axis2=2)
    scores = np.divide(2 * hits, support + answered, out=np.zeros(hits.shape), where=support > 0)
    figures = scores.sum(axis=1) / (support > 0).sum(axis=1)
    low, high = np.quantile(figures, [0.025, 0.975])
    return Interval(float(figures.mean()), float(low), float(high), method="percentiles")


def _holds(interval: Interval, truth: float) -> bool:
    return interval.low - 1e-9 <= truth <= interval.high + 1e-9


def _count(held: Mapping[str, int], trials: int) -> dict[str, Share]:
    return {name: Share(count, trials) for name, count in held.items()}
