"""How often the tests call a difference real between two systems that are equally good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modiste.bench.statistics.coverage import UNFIT, Share
from modiste.bench.statistics.learning import list_plans, train_and_test
from modiste.errors import import_extra
from modiste.evaluation import (
    Interval,
    bootstrap_sums,
    compare_five_by_two,
    compare_hits,
    corrected_t_interval,
    paired_difference,
    t_interval,
)

__all__ = ["Twins", "list_twins", "reject_pairs", "reject_trainings"]


@dataclass(frozen=True)
class Twins:
    """Two systems that are right equally often, mostly of the same rows.

    Args:
        products: How many are judged.
        accuracy: Of both.
        apart: Share of the rows of which only one of them is right.
        copies: The most rows of a product; both systems treat a product's rows alike.
    """

    products: int
    accuracy: float
    apart: float
    copies: int = 1

    def draw(self, rng: np.random.Generator) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int64]]:
        """Draw products; return whether each system is right of each row, and the rows' products."""
        kinds = [self.accuracy - self.apart / 2, self.apart / 2, self.apart / 2, 1 - self.accuracy - self.apart / 2]
        kind = rng.choice(4, p=kinds, size=self.products)
        products = np.repeat(np.arange(self.products), rng.integers(1, self.copies + 1, size=self.products))
        own = rng.choice(4, p=kinds, size=len(products))
        drawn = np.where(rng.random(len(products)) < 0.7, kind[products], own)
        return drawn <= 1, (drawn == 0) | (drawn == 2), products


def list_twins() -> list[Twins]:
    """Return pairs of systems: few rows and many, much and little apart, with one row a product and several."""
    alone = [Twins(50, 0.7, 0.3), Twins(100, 0.9, 0.1), Twins(300, 0.8, 0.2), Twins(300, 0.95, 0.04)]
    return [*alone, Twins(1000, 0.9, 0.1), Twins(100, 0.8, 0.2, copies=4), Twins(400, 0.9, 0.1, copies=4)]


def reject_pairs(twins: Twins, *, trials: int, replicates: int, seed: int) -> dict[str, Share]:
    """Count the tests of two equal systems on the same rows that find a difference.

    Returns:
        Name of a test -> how often it did. Names with `UNFIT` are of tests that do not fit, shown for comparison.
    """
    rng = np.random.default_rng(seed)
    found: dict[str, int] = {}
    for trial in range(trials):
        first, second, products = twins.draw(rng)
        groups = None if twins.copies == 1 else products
        settings: dict[str, Any] = {"groups": groups, "replicates": replicates, "seed": trial}
        columns = np.stack([first, second, np.ones_like(first)], axis=1)
        gap = bootstrap_sums(columns, lambda sums: _f1(sums, 0) - _f1(sums, 1), **settings)
        told = {
            "McNemar's exact test": compare_hits(first, second, groups=groups).real,
            "paired bootstrap": _excludes(paired_difference(first, second, **settings)),
            "paired bootstrap of F1": _excludes(gap),
        }
        if twins.copies > 1:
            told[f"McNemar's exact test {UNFIT} by row"] = compare_hits(first, second).real
        for name, real in told.items():
            found[name] = found.get(name, 0) + real
    return {name: Share(count, trials) for name, count in found.items()}


def reject_trainings(rows: int, *, trials: int, seed: int) -> dict[str, Share]:
    """Count the tests of two equal ways of training that find a difference."""
    plans = list_plans(rows, seed=seed)
    tables = train_and_test(trials, plans, np.random.default_rng(seed))
    folds = tables[0].reshape(trials, 2, 5, 2)
    tests = [compare_five_by_two(first, second) for first, second in folds]
    found = {
        "5x2cv F test and corrected t": Share(sum(test.real for test in tests), trials),
        f"5x2cv F test {UNFIT} alone": Share(_count_f(folds), trials),
    }
    for plan, table in zip(plans, tables, strict=True):
        gaps = table[:, 0] - table[:, 1]
        real = sum(_excludes(corrected_t_interval(gap, test_share=plan.test_share)) for gap in gaps)
        found[f"corrected t, {plan.name}"] = Share(real, trials)
        found[f"t, {plan.name} {UNFIT} plain"] = Share(sum(_excludes(t_interval(gap)) for gap in gaps), trials)
    return found


def _f1(sums: NDArray[np.floating[Any]], column: int) -> NDArray[np.float64]:
    """Return the F1 of a system that answers every row: a figure that is no plain mean."""
    return np.asarray(2 * sums[..., column] / (sums[..., 2] + sums[..., column]))


def _excludes(interval: Interval) -> bool:
    return interval.low > 0 or interval.high < 0


def _count_f(folds: NDArray[np.float64]) -> int:
    """Count the F tests that find a difference, float64 [trials, 2, 5, 2]; what is reported asks another test, too."""
    gaps = folds[:, 0] - folds[:, 1]
    spread = 2 * ((gaps - gaps.mean(axis=-1, keepdims=True)) ** 2).sum(axis=(1, 2))
    total = (gaps**2).sum(axis=(1, 2))
    stats = import_extra("scipy.stats", purpose="Fisher's distribution", extra="report")
    return int((total > stats.f.isf(0.05, 10, 5) * spread).sum())
