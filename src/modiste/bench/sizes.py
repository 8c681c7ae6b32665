"""Acceptance of larger pictures: the same test products at 60x80 and larger, paired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.bench.accept import Setting
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.errors import UsageError
from modiste.evaluation import (
    Interval,
    MultiAnswers,
    Report,
    Section,
    SingleAnswers,
    Target,
    align_answers,
    bootstrap_interval,
    group_rows,
    load_protocol,
    mean_accuracy,
    paired_difference,
    predict_items,
    render_table,
    select_part,
)
from modiste.imaging import find_pictures, split_reference
from modiste.manifest import Manifest
from modiste.readers import read_source

__all__ = ["LARGER_SETS", "Comparison", "compare_pictures", "replace_pictures", "run"]

LARGER_SETS = ("225x300", "224x224")
_WORST = -0.02  # two points below 60x80


@dataclass(frozen=True)
class Comparison:
    """One system on two pictures of the same products.

    Args:
        rows: How many products.
        sizes: The larger pictures' sizes, in words.
        fields: Field -> accuracy on the small pictures, on the larger ones, and the paired difference.
        small: Mean of the fields' accuracies on the small pictures.
        large: The same on the larger ones.
        difference: ``large - small`` with its paired interval.
    """

    rows: int
    sizes: str
    fields: dict[str, tuple[float, float, Interval]]
    small: float
    large: float
    difference: Interval

    def to_section(self, name: str) -> Section:
        """Return the comparison as a section of a report."""
        lines = [*self.fields.items(), ("mean of the fields", (self.small, self.large, self.difference))]
        rows = [
            (label, f"{small:.4f}", f"{large:.4f}", f"{gap.value:+.4f}", f"{gap.low:+.4f} to {gap.high:+.4f}")
            for label, (small, large, gap) in lines
        ]
        table = render_table(("field", "60x80", name, "difference", "95 % interval"), rows)
        data = {
            label: {"small": round(small, 6), "large": round(large, 6), "difference": gap.to_json()}
            for label, (small, large, gap) in lines
        }
        return Section(f"{name} against 60x80", f"{table}\n\n{self.rows} products.", {"rows": self.rows, **data})


def run(setting: Setting) -> Report:
    """Compare the mean accuracy of the fields on larger pictures with that on the same products at 60x80.

    Args:
        setting: Needs the small and the larger sets in the data folder.

    Raises:
        UsageError: A file is missing, or a set holds none of the test products.
    """
    protocol = load_protocol("product-tagger-test")
    manifest = read_source(setting.find_data(SMALL_PICTURES))
    split = setting.apply_protocol(manifest, protocol)
    rows = select_part(split, protocol.part, digests={}).rows
    setting.note_opening(protocol, protocol.part, data=SMALL_PICTURES, rows=len(rows))
    facts = {"data": f"Kaggle Fashion Product Images, the sealed test part ({len(rows)} rows)"}
    targets, sections = [], []
    for name in LARGER_SETS:
        larger = replace_pictures(rows, setting.find_data(f"fashion-product-images-{name}.zip"))
        setting.say(f"{name}: {len(larger)} test products, twice")
        comparison = compare_pictures(setting, rows, larger, protocol.fields)
        targets.append(Target(f"{name}: lower bound of the difference to 60x80", _WORST, comparison.difference.low))
        sections.append(comparison.to_section(name))
        facts[f"picture size, {name}"] = comparison.sizes
    facts["intervals"] = f"95 %, paired, bootstrap by title, {setting.replicates} draws, seed 0"
    return Report("Larger pictures of the same test products", facts, sections, targets)


def replace_pictures(manifest: Manifest, pictures: Path) -> Manifest:
    """Return the items of which another set has a picture, with that picture.

    Args:
        manifest: The items.
        pictures: A folder or archive whose pictures are named by item id, such as ``images/1163.jpg``.

    Raises:
        UsageError: It has a picture of none of the items.
    """
    found = {_find_stem(reference): reference for reference in find_pictures(pictures)}
    kept = manifest.where(pl.col("item_id").is_in(list(found)))
    if not len(kept):
        raise UsageError(f"no picture of {pictures.name} is named by an item's id; they are {list(found)[:3]} ...")
    images = pl.Series("image", [found[item] for item in kept.items["item_id"]])
    return Manifest(kept.taxonomy, kept.items.with_columns(images))


def compare_pictures(setting: Setting, small: Manifest, large: Manifest, fields: tuple[str, ...]) -> Comparison:
    """Predict the same items from two pictures each, and compare field by field.

    Args:
        setting: The bundle and the cores.
        small: The items with their small pictures; those that ``large`` lacks are left out.
        large: Some of the items, with larger pictures.
        fields: The fields to judge, each with one value.
    """
    small = small.where(pl.col("item_id").is_in(large.items["item_id"].implode()))
    bundle = setting.open_bundle()
    runs = [predict_items(bundle, manifest, threads=setting.threads) for manifest in (small, large)]
    told = [align_answers(part, run.predictions, fields=fields) for part, run in zip((small, large), runs, strict=True)]
    known = np.stack([answers.known for answers in told[0]], axis=1)
    hits = [np.stack([answers.hits for answers in side], axis=1) for side in told]
    groups = group_rows(small.items["title"].to_list())

    def gain(weights: NDArray[np.float64]) -> float:
        return mean_accuracy(hits[1], known, weights=weights) - mean_accuracy(hits[0], known, weights=weights)

    return Comparison(
        rows=len(small),
        sizes=runs[1].describe_sizes(),
        fields=_compare_fields(told[0], hits, groups, setting.replicates),
        small=mean_accuracy(hits[0], known),
        large=mean_accuracy(hits[1], known),
        difference=bootstrap_interval(gain, len(small), groups=groups, replicates=setting.replicates),
    )


def _compare_fields(
    answers: Sequence[SingleAnswers | MultiAnswers],
    hits: list[NDArray[np.bool_]],
    groups: NDArray[np.int64],
    replicates: int,
) -> dict[str, tuple[float, float, Interval]]:
    compared = {}
    for column, entry in enumerate(answers):
        first, second = hits[0][entry.known, column], hits[1][entry.known, column]
        if len(first):
            difference = paired_difference(second, first, groups=groups[entry.known], replicates=replicates)
            compared[entry.field.name] = (float(first.mean()), float(second.mean()), difference)
    return compared


def _find_stem(reference: str) -> str:
    path, members = split_reference(reference)
    return PurePosixPath(members[-1]).stem if members else path.stem
