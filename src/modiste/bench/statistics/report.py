"""The table of the simulations, with its targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from modiste.bench.accept import Setting
from modiste.bench.statistics.coverage import (
    UNFIT,
    Share,
    cover_classes,
    cover_repetitions,
    cover_shares,
    cover_values,
)
from modiste.bench.statistics.rejections import Twins, list_twins, reject_pairs, reject_trainings
from modiste.bench.statistics.worlds import ClassWorld, ValueWorld, list_class_worlds, list_value_worlds
from modiste.evaluation import Report, Section, Target, render_table

__all__ = ["TRIALS", "Worlds", "measure_statistics", "run"]

TRIALS = 2000
_LEAST, _MOST, _FALSE = 0.93, 0.97, 0.065
_SIZES = (30, 50, 100, 300, 1000)  # rows
_TRAINED = (60, 100, 200, 1000)  # rows of a data set

Found = Mapping[str, Mapping[str, Share]]


def run(setting: Setting) -> Report:
    """Simulate every interval and every test `TRIALS` times.

    Args:
        setting: How many bootstrap draws an interval.
    """
    return measure_statistics(setting, Worlds(), trials=TRIALS)


@dataclass(frozen=True)
class Worlds:
    """What is simulated; by default all.

    Args:
        classes: Worlds of classes.
        values: Worlds of values.
        twins: Systems that are equally good.
        trained: Rows of the data sets that are trained on.
    """

    classes: Sequence[ClassWorld] = field(default_factory=list_class_worlds)
    values: Sequence[ValueWorld] = field(default_factory=list_value_worlds)
    twins: Sequence[Twins] = field(default_factory=list_twins)
    trained: Sequence[int] = _TRAINED


def measure_statistics(setting: Setting, worlds: Worlds, *, trials: int, seed: int = 1) -> Report:
    """Simulate intervals and tests in worlds whose truth is known.

    Args:
        setting: How many bootstrap draws an interval.
        worlds: What is simulated.
        trials: How often each is tried.
        seed: Of all that is drawn.
    """
    settings = {"trials": trials, "replicates": setting.replicates, "seed": seed}
    setting.say(f"classes: {len(worlds.classes)} worlds, {trials} trials each")
    single = {_name_classes(world): cover_classes(world, **settings) for world in worlds.classes}
    multi = {_name_values(world): cover_values(world, **settings) for world in worlds.values}
    judged = {_name_classes(world) for world in worlds.classes if world.judged}
    judged |= {_name_values(world) for world in worlds.values if world.judged}
    setting.say("tests of systems and of trainings that are equally good")
    pairs = {_name_twins(twins): reject_pairs(twins, **settings) for twins in worlds.twins}
    trained = {f"{rows} rows": reject_trainings(rows, trials=trials, seed=seed) for rows in worlds.trained}
    repeated = {f"{rows} rows": cover_repetitions(rows, trials=trials, seed=seed) for rows in worlds.trained}
    sections = [
        _explain(),
        _show("Accuracy and macro-F1", single, judged),
        _show("Micro-F1 of fields with many values", multi, judged),
        _show_shares(),
        _show("Means over trainings", repeated),
        _show("False alarms: two systems on the same rows", pairs),
        _show("False alarms: two ways of training", trained),
    ]
    facts = {
        "data": "none: worlds whose truth is known",
        "trials": f"{trials} each, so that .95 is known to about {196 * np.sqrt(0.0475 / trials):.1f} points",
        "intervals": f"95 %, {setting.replicates} bootstrap draws each",
        "seed": str(seed),
    }
    return Report("Statistics that hold", facts, sections, _list_targets({**single, **multi}, judged, pairs, trained))


def _list_targets(covered: Found, judged: set[str], pairs: Found, trained: Found) -> list[Target]:
    targets = []
    for name in _list_columns(covered):
        shares = [table[name].share for world, table in covered.items() if world in judged and name in table]
        if UNFIT not in name and shares:
            targets.append(Target(f"{name}: lowest coverage, 30 or more a class", _LEAST, min(shares)))
            targets.append(Target(f"{name}: highest coverage", _MOST, max(shares), at_least=False))
    for tables in (pairs, trained):
        for name in _list_columns(tables):
            if UNFIT not in name:
                most = max(table[name].share for table in tables.values() if name in table)
                targets.append(Target(f"{name}: most false alarms", _FALSE, most, at_least=False))
    return targets


def _show(heading: str, found: Found, judged: set[str] | None = None) -> Section:
    """Show worlds as rows and intervals or tests as columns; what is only reported stands in italics."""
    columns = _list_columns(found)
    rows = [
        (
            world if judged is None or world in judged else f"*{world}*",
            *(f"{table[name].share:.3f}" if name in table else "" for name in columns),
        )
        for world, table in found.items()
    ]
    data = {
        world: {name: {"share": round(of.share, 4), "trials": of.trials} for name, of in table.items()}
        for world, table in found.items()
    }
    return Section(heading, render_table(("", *columns), rows), data)


def _show_shares() -> Section:
    usual, rare = np.linspace(0.5, 0.95, 451), np.linspace(0.95, 0.995, 46)
    rows, data = [], {}
    for size in _SIZES:
        figures = [cover_shares(size, shares) for shares in (usual, rare)]
        told = [(float(held.mean()), float(held.min()), float(held.max())) for held in figures]
        data[str(size)] = {"0.5 to 0.95": told[0], "0.95 to 0.995": told[1]}
        rows.append((size, *(f"{mean:.3f} ({least:.3f} to {most:.3f})" for mean, least, most in told)))
    text = render_table(("rows", "true share .50 to .95", "true share .95 to .995"), rows)
    note = (
        "Exact, over the shares of each range: the mean, the lowest and the highest. Counts are whole, so no interval "
    )
    return Section("Wilson's interval, by itself", f"{text}\n\n{note}of a share holds its level at every share.", data)


def _list_columns(found: Found) -> list[str]:
    return list(dict.fromkeys(name for table in found.values() for name in table))


def _name_classes(world: ClassWorld) -> str:
    sizes = sorted(set(world.sizes))
    many = f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    return f"{len(world.sizes)} classes of {many}, {_say_copies(world.copies)}, accuracy {world.accuracy}"


def _name_values(world: ValueWorld) -> str:
    size = f"{world.products} products, {_say_copies(world.copies)}, {len(world.shares)} values"
    return f"{size}, micro-F1 {world.micro_f1:.3f}"


def _name_twins(twins: Twins) -> str:
    rows = f"{twins.products} products of {_say_copies(twins.copies)}"
    return f"{rows}, right {twins.accuracy:.0%}, apart {twins.apart:.0%}"


def _say_copies(copies: int) -> str:
    return "one row" if copies == 1 else f"1 to {copies} rows"


def _explain() -> Section:
    text = (
        "Products are drawn by lot from a world in which the truth is known, the interval is computed as "
        "`modiste evaluate` computes it, and it is counted how often it holds the truth: 95 of 100 times is what it "
        "promises. Class sizes are those on average; each draw has its own. With several rows a product, what is said "
        "of them is alike (half of them follow their product). Trainings are of the nearest mean, on features of which "
        "each of two learners has its own, equally good ones. Columns with a – are not what modiste reports; they show "
        "why it does not. Rows in italics are outside what is promised: fewer than 30 products a class, or hardly an "
        "error among all rows.\n\n"
        "What was mended after the first measurement: macro-F1 got bias-corrected percentiles in place of plain ones; "
        "Wilson's interval and McNemar's test count rows of one product for what they are worth; the 5x2cv F test asks "
        "the corrected t, too. The bootstrap knows nothing of errors that it has not seen: with one or two errors "
        "among all rows use Wilson's interval, as the reports do for accuracy. "
        "The corrected t of ten folds is too careful."
    )
    return Section("How it is counted", text)
