"""Acceptance of the checks: faults planted into the Kaggle set, and how many of them are found."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from modiste.bench.accept import Setting
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.bench.planting import Planted, plant_faults
from modiste.collect.checking import CheckOptions, CheckResult, check_manifest
from modiste.evaluation import (
    Report,
    Section,
    Target,
    digest_pictures,
    load_protocol,
    render_table,
)
from modiste.manifest import Manifest
from modiste.readers import read_source

__all__ = ["Found", "measure_blanks", "measure_checks", "measure_copies", "measure_swaps", "run"]

_COUNT = 500
_FIELD = "articleType"
_SEED = 20
_SEALED = "product-tagger-test"


class Found(dict[str, float]):
    """Figures of one kind of fault: ``planted``, ``found``, ``told`` (findings that count), ``right`` of them."""

    @property
    def recall(self) -> float:
        """Share of the planted faults that were found, in [0, 1]."""
        return self["found"] / max(self["planted"], 1)

    @property
    def precision(self) -> float:
        """Share of the findings that are right, in [0, 1]."""
        return self["right"] / max(self["told"], 1)


def run(setting: Setting) -> Report:
    """Plant 500 faults of each kind into the Kaggle set, check it once, and count.

    Args:
        setting: Needs `SMALL_PICTURES` in the data folder.

    Raises:
        UsageError: The file is missing.
    """
    return measure_checks(read_source(setting.find_data(SMALL_PICTURES)), setting, count=_COUNT)


def measure_checks(manifest: Manifest, setting: Setting, *, count: int) -> Report:
    """Plant faults into a data set, check it once, and count.

    Args:
        manifest: The items, with the field articleType.
        setting: Says which bundle and how many threads.
        count: Faults of each kind.
    """
    with tempfile.TemporaryDirectory() as folder:
        setting.say(f"planting {count} faults of each kind into {len(manifest)} items")
        planted = plant_faults(manifest, Path(folder) / "planted.zip", count=count, field=_FIELD, seed=_SEED)
        setting.say(f"checking {len(planted.manifest)} items")
        start = time.perf_counter()
        options = CheckOptions(fields=(_FIELD,))
        result = check_manifest(planted.manifest, bundle=setting.bundle, options=options, threads=setting.threads)
        seconds = time.perf_counter() - start
    setting.say("counting the real copies, by their bytes alone")
    digests = digest_pictures(manifest.items["image"])
    surplus = len(digests) - len(set(digests.values()))
    return _report(planted, result, surplus, seconds, setting)


def measure_copies(result: CheckResult, planted: Mapping[str, str], *checks: str) -> Found:
    """Judge the findings of copies that touch a planted copy, or the item it was made of.

    A finding is right if both its items show one picture: the planted copy and its source, and what has exactly the
    source's pixels, since real copies are there as well. A real near copy of the source, which nobody has listed,
    counts as an error.

    Args:
        result: Of the checks.
        planted: Planted item -> its source.
        checks: The checks whose findings count.
    """
    facts = result.evidence.examination.facts
    family = dict(zip(facts["item_id"], facts["pixel_digest"], strict=True))
    family |= {copy: family[source] for copy, source in planted.items()}
    touched = planted.keys() | set(planted.values())
    found: set[str] = set()
    told = right = 0
    for item, partner in result.findings.filter(pl.col("check").is_in(checks)).select("item_id", "partner").iter_rows():
        if item in touched or partner in touched:
            told += 1
            if family[item] == family[partner]:
                right += 1
                found |= {item, partner} & planted.keys()
    return Found(planted=len(planted), found=len(found), told=told, right=right)


def measure_blanks(result: CheckResult, planted: frozenset[str]) -> Found:
    """Judge all findings of blank pictures; a real picture that is called blank is an error."""
    told = set(result.findings.filter(check="blank")["item_id"])
    return Found(planted=len(planted), found=len(told & planted), told=len(told), right=len(told & planted))


def measure_swaps(result: CheckResult, swapped: Mapping[str, str], among: frozenset[str] | None = None) -> Found:
    """Judge the first findings of wrong labels, as many as labels were swapped.

    A real error of the data that is found is counted as a mistake.

    Args:
        result: Of the checks.
        swapped: Item -> its true label.
        among: Only these items count, planted or found; by default all.
    """
    planted = {item for item in swapped if among is None or item in among}
    ranked = [item for item in result.findings.filter(check="wrong-label")["item_id"] if among is None or item in among]
    first = ranked[: len(planted)]
    right = sum(item in planted for item in first)
    return Found(planted=len(planted), found=len(planted & set(ranked)), told=len(first), right=right)


def _report(planted: Planted, result: CheckResult, surplus: int, seconds: float, setting: Setting) -> Report:
    exact = measure_copies(result, planted.exact, "exact-copy")
    near = measure_copies(result, planted.near, "near-copy", "pixel-copy")
    blank = measure_blanks(result, planted.blank)
    swaps = measure_swaps(result, planted.swapped)
    copies = result.findings.filter(check="exact-copy")["item_id"]
    real = copies.filter(~copies.str.starts_with("planted-"))
    targets = [
        target
        for name, found in (("exact copies", exact), ("resized or compressed copies", near), ("blank pictures", blank))
        for target in (
            Target(f"{name}: recall", 0.95, found.recall),
            Target(f"{name}: precision", 0.90, found.precision),
        )
    ]
    targets.append(Target(f"swapped labels: precision at {len(planted.swapped)}", 0.80, swaps.precision))
    targets.append(Target("real surplus copies that are reported", 1.0, len(real) / surplus if surplus else 1.0))
    rows: list[tuple[str, Found]] = [("exact copies", exact), ("resized or compressed copies", near)]
    rows += [("blank pictures", blank), (f"swapped {_FIELD}", swaps)]
    sealed = _find_sealed(planted.manifest, setting)
    if sealed:
        rows.append((f"swapped {_FIELD}, items the bundle never saw", measure_swaps(result, planted.swapped, sealed)))
    new = len(planted.exact) + len(planted.near) + len(planted.blank)
    facts = {
        "data": f"Kaggle Fashion Product Images, {SMALL_PICTURES}",
        "items": f"{len(planted.manifest)}, of which {new} planted",
        "real surplus copies": f"{surplus} by their bytes; {len(real)} reported",
        "seconds": f"{seconds:.0f}, pictures read once included",
        "seed": str(_SEED),
    }
    return Report("Checks on planted faults", facts, [_tabulate(rows, planted), _explain()], targets)


def _tabulate(rows: list[tuple[str, Found]], planted: Planted) -> Section:
    header = ("fault", "planted", "found", "recall", "findings that count", "right", "precision")
    random = len(planted.swapped) / len(planted.manifest)
    body = [
        (
            name,
            f"{found['planted']:.0f}",
            f"{found['found']:.0f}",
            f"{found.recall:.3f}",
            f"{found['told']:.0f}",
            f"{found['right']:.0f}",
            f"{found.precision:.3f}",
        )
        for name, found in rows
    ]
    text = render_table(header, body) + f"\n\nA random order would have a precision of {random:.3f} on swapped labels."
    data = {name: {**found, "recall": found.recall, "precision": found.precision} for name, found in rows}
    return Section("Faults", text, data)


def _explain() -> Section:
    text = (
        "Copies: a finding counts if it touches a planted copy or the item it was made of; it is right if both its "
        "items show one picture (the copy, its source, and what has exactly the source's pixels: real copies are "
        "there as well). A real near copy of a source counts as an error. Resized copies have 0.5 to 2 times the size, "
        "compressed ones a JPEG quality of 50 to 95.\n\n"
        "Blank pictures: all findings count; a real picture that is called blank is an error.\n\n"
        "Swapped labels: the labels of items are exchanged, so that each stays as frequent as it was. The first "
        "findings count, as many as were swapped; a real error of the data counts as a mistake. The probabilities are "
        "out of sample, but the embeddings come from a network that was trained on the true labels of most of these "
        "items; the line on items that it never saw shows what that is worth."
    )
    return Section("How it is counted", text)


def _find_sealed(manifest: Manifest, setting: Setting) -> frozenset[str]:
    """Return the items of the sealed test part, which is noted; the shipped bundle was not trained on them."""
    protocol = load_protocol(_SEALED)
    split = setting.apply_protocol(manifest, protocol)
    items = split.items.filter(pl.col("split") == protocol.part)["item_id"]
    setting.note_opening(protocol, protocol.part, data=SMALL_PICTURES, rows=len(items))
    return frozenset(items.to_list())
