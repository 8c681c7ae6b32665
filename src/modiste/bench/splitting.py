"""Acceptance of splitting: shares by class, many labels at once, and groups that are not torn apart."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.bench.accept import Setting
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.collect.balancing import merge_classes
from modiste.evaluation import Report, Section, Target, render_table
from modiste.manifest import Manifest
from modiste.readers import ReaderOptions, read_source
from modiste.splits import (
    Drawing,
    Fingerprints,
    LeakReport,
    count_parts,
    draw_parts,
    find_leaks,
    find_tolerance,
    list_label_pairs,
    make_proportional_parts,
    read_fingerprints,
)

__all__ = ["PUBLISHED_CLASSES", "PUBLISHED_PARTS", "SHARES", "measure_shares", "run"]

SHARES = {"train": 0.7, "validation": 0.1, "test": 0.1, "control": 0.1}
# The report of S2 (Ferman 2020): its five classes after merging, its parts, and the classes of its control part.
PUBLISHED_CLASSES = {"Apparel": 21400, "Accessories": 11289, "Footwear": 9222, "Personal Care": 2404, "Free Items": 131}
PUBLISHED_PARTS = {"train": 31112, "validation": 4444, "test": 4445, "control": 4445}
_MERGED = {"Home": "Free Items", "Sporting Goods": "Free Items"}
_ATTRIBUTES = "meta.attribute.*"
_OFTEN, _LEAST = 100, 20
_GROUPS = ("product", "title", "picture")


def run(setting: Setting) -> Report:
    """Divide the Kaggle set in three ways, and measure what each promises.

    Args:
        setting: Needs `SMALL_PICTURES` in the data folder, with the shop's records (styles/ID.json) in it.

    Raises:
        UsageError: The file is missing.
    """
    setting.say("reading the data set with its details")
    manifest = read_source(setting.find_data(SMALL_PICTURES), options=ReaderOptions(details=True))
    manifest = merge_classes(manifest, "masterCategory", _MERGED)
    setting.say(f"{len(manifest)} items, reading their pictures")
    fingerprints = read_fingerprints(manifest.items["image"])
    parts = [_check_published(), _check_shares(manifest), *_check_labels(manifest, setting)]
    parts.append(_check_groups(manifest, fingerprints, setting))
    facts = {
        "data": f"Kaggle Fashion Product Images, {SMALL_PICTURES}, {len(manifest)} items",
        "parts": ", ".join(f"{name} {share:.0%}" for name, share in SHARES.items()),
        "seed": "1",
    }
    targets = [target for _, some in parts for target in some]
    return Report("Splitting", facts, [section for section, _ in parts], targets)


def measure_shares(
    rows: NDArray[np.int64], labels: NDArray[np.int64], parts: Sequence[str], shares: Mapping[str, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Count labels in parts.

    Args:
        rows: int64 [pairs]; with ``labels``, which item has which label.
        labels: int64 [pairs].
        parts: [n], one an item.
        shares: Part -> share.

    Returns:
        How often each part has each label, and how often it should: float64 [labels, parts].
    """
    names = [*shares]
    places = np.array([names.index(part) for part in parts], dtype=np.int64)
    seen = np.zeros((int(labels.max(initial=-1)) + 1, len(names)))
    np.add.at(seen, (labels, places[rows]), 1)
    return seen, seen.sum(axis=1, keepdims=True) * np.array([*shares.values()])


def _check_published() -> tuple[Section, list[Target]]:
    """Divide a list of the published classes, since the set at hand lacks a tenth of the published one."""
    strata = [name for name, count in PUBLISHED_CLASSES.items() for _ in range(count)]
    parts = make_proportional_parts([str(row) for row in range(len(strata))], strata, SHARES, seed=1)
    table = pl.DataFrame({"class": strata, "part": parts}).group_by("class", "part").len()
    counts = {(row[0], row[1]): row[2] for row in table.rows()}
    rows = [(name, *(counts[name, part] for part in SHARES)) for name in PUBLISHED_CLASSES]
    totals = [sum(row[place] for row in rows) for place in range(1, len(SHARES) + 1)]
    off = max(abs(total - PUBLISHED_PARTS[part]) for part, total in zip(SHARES, totals, strict=True))
    worst = max(
        abs(counts[name, part] - share * count)
        for name, count in PUBLISHED_CLASSES.items()
        for part, share in SHARES.items()
    )
    text = render_table(("class", *SHARES), [*rows, ("all", *totals), ("published", *PUBLISHED_PARTS.values())])
    targets = [
        Target("S2, published class counts: parts off the published sizes", 0, off, at_least=False, unit="items"),
        Target("S2, published class counts: farthest class from its share", 1, worst, at_least=False, unit="items"),
    ]
    return Section("The split of S2, on its published class counts", text, {"parts": totals, "classes": rows}), targets


def _check_shares(manifest: Manifest) -> tuple[Section, list[Target]]:
    parts = draw_parts(manifest, SHARES, Drawing(by="masterCategory"))
    table = count_parts(manifest, parts, by="masterCategory").select("value", *SHARES)
    counts = table.select([*SHARES]).to_numpy()
    wanted = counts.sum(axis=1, keepdims=True) * np.array([*SHARES.values()])
    worst = float(np.abs(counts - wanted).max())
    sizes = np.abs(counts.sum(axis=0) - wanted.sum(axis=0)).max()
    shown = [*table.rows(), ("all", *counts.sum(axis=0).tolist())]
    targets = [
        Target("S2, the set at hand: farthest class from its share", 1, worst, at_least=False, unit="items"),
        Target("S2, the set at hand: farthest part from its share", 1, float(sizes), at_least=False, unit="items"),
    ]
    return Section(
        "The split of S2, on the set at hand", render_table(("class", *SHARES), shown), table.to_dicts()
    ), targets


def _check_labels(manifest: Manifest, setting: Setting) -> list[tuple[Section, list[Target]]]:
    pairs = list_label_pairs(manifest, [_ATTRIBUTES], min_count=_OFTEN)
    ids = manifest.items["item_id"].to_list()
    checked = []
    for heading, how in {"iterative": False, "iterative with pairs of labels": True}.items():
        setting.say(f"{heading}: {len(pairs.names)} labels")
        start = time.perf_counter()
        parts = draw_parts(manifest, SHARES, Drawing(labels=(_ATTRIBUTES,), min_count=_OFTEN, pairs=how))
        seconds = time.perf_counter() - start
        checked.append(_judge_labels(heading, pairs.rows, pairs.labels, [parts[item] for item in ids], seconds))
    rng = np.random.default_rng(1)
    drawn = rng.choice([*SHARES], size=len(ids), p=[*SHARES.values()]).tolist()
    section, _ = _judge_labels("at random", pairs.rows, pairs.labels, drawn, 0.0)
    return [*checked, (section, [])]


def _judge_labels(
    heading: str, rows: NDArray[np.int64], labels: NDArray[np.int64], parts: Sequence[str], seconds: float
) -> tuple[Section, list[Target]]:
    seen, wanted = measure_shares(rows, labels, parts, SHARES)
    often = wanted.sum(axis=1) >= _LEAST
    off = np.abs(seen - wanted)[often]
    used = off / find_tolerance(wanted[often])
    outside = int((used > 1 + 1e-9).sum())
    figures = {
        "labels": int(often.sum()),
        "outside the tolerance": outside,
        "largest share of the tolerance": round(float(used.max()), 4),
        "mean relative error": round(float((off / wanted[often]).mean()), 5),
        "sizes of the parts": ", ".join(str(parts.count(name)) for name in SHARES),
        "seconds": round(seconds, 1),
    }
    target = Target(
        f"{heading}: label and part off by more than one item or 10 %",
        0,
        outside,
        at_least=False,
    )
    return Section(f"Attribute labels, {heading}", render_table(("", ""), figures.items()), figures), [target]


def _check_groups(manifest: Manifest, fingerprints: Fingerprints, setting: Setting) -> tuple[Section, list[Target]]:
    setting.say("grouped by product, title and picture")
    ids = manifest.items["item_id"].to_list()
    reports: dict[str, LeakReport] = {}
    for name, groups in {"by row": (), "grouped": _GROUPS}.items():
        parts = draw_parts(manifest, SHARES, Drawing(by="articleType", groups=groups), fingerprints=fingerprints)
        reports[name] = find_leaks(manifest, [parts[item] for item in ids], fingerprints)
    columns = ("titles", "products", "equal_pictures", "near_pictures", "first_items", "second_items")
    rows = [
        (name, f"{pair.first} / {pair.second}", *(asdict(pair)[column] for column in columns))
        for name, report in reports.items()
        for pair in report.pairs
    ]
    header = ("split", "parts", "titles", "products", "equal pictures", "near pictures", "items of the first", "second")
    shared = {name: sum(asdict(pair)[name] for pair in reports["grouped"].pairs) for name in columns[:3]}
    targets = [
        Target(f"grouped: {name.replace('_', ' ')} in two parts", 0, count, at_least=False)
        for name, count in shared.items()
    ]
    data = {name: report.to_json() for name, report in reports.items()}
    return Section("Leak reports by row and grouped", render_table(header, rows), data), targets
