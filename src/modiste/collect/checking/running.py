"""All checks of a data set, in one go: each picture is looked at once, each distance computed once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.bundle import Bundle
from modiste.collect.checking.blank import find_blank, mark_blank
from modiste.collect.checking.exact_copies import find_exact_copies, find_pixel_copies, group_bytes, group_pixels
from modiste.collect.checking.examination import Examination, examine_pictures
from modiste.collect.checking.findings import CHECKS, FINDING_SCHEMA, find_check
from modiste.collect.checking.groups import join_groups, join_pairs, rank_items
from modiste.collect.checking.label_conflicts import find_conflicts
from modiste.collect.checking.near_copies import NearLimits, NearPairs, find_near_copies, find_near_pairs
from modiste.collect.checking.neighbours import Neighbours, find_nearest
from modiste.collect.checking.outliers import find_outliers, measure_class_distances
from modiste.collect.checking.tiny import find_tiny
from modiste.collect.checking.unreadable import find_strangers, find_unreadable
from modiste.collect.checking.wrong_labels import Beliefs, encode_field, find_wrong_labels, form_beliefs
from modiste.collect.checking.wrong_suffix import find_wrong_suffixes
from modiste.errors import UsageError
from modiste.evaluation import group_rows
from modiste.manifest import LABEL, Manifest

__all__ = ["CheckOptions", "CheckResult", "Evidence", "check_manifest"]


@dataclass(frozen=True)
class CheckOptions:
    """What is checked, and where the limits are.

    Args:
        checks: Names of checks; by default all (`modiste.collect.checking.findings.CHECKS`).
        fields: The fields whose labels are judged; by default all. Of multi fields only conflicts are looked for.
        outlier_field: The single field whose values are the classes for outliers; by default the judged one with the
            most values.
        min_side: Below it, in pixels, a picture is tiny.
        max_spread: Up to it, in levels of 255, a picture is blank.
        near: How far copies may differ.
        folds: Of the cross-validation behind wrong labels, 2 or more.
        neighbours: How many look-alikes are asked, 1 or more.
        min_class: Classes with fewer items are neither learnt nor judged, 2 or more.
        min_z: From it on, in robust standard deviations, an item is an outlier.
        min_odds: How many times as likely as the stated label another one must be, 1 or more.

    Raises:
        UsageError: A number is out of its range, or there is no such check.
    """

    checks: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    outlier_field: str | None = None
    min_side: int = 32
    max_spread: float = 16.0
    near: NearLimits = field(default_factory=NearLimits)
    folds: int = 5
    neighbours: int = 15
    min_class: int = 5
    min_z: float = 4.0
    min_odds: float = 10.0

    def __post_init__(self) -> None:
        for name in self.checks:
            find_check(name)
        least = {"min_side": 1, "max_spread": 0, "folds": 2, "neighbours": 1, "min_class": 2, "min_z": 0, "min_odds": 1}
        for item in fields(self):
            if item.name in least and getattr(self, item.name) < least[item.name]:
                raise UsageError(f"{item.name} is {getattr(self, item.name)}; expected {least[item.name]} or more")

    def wants(self, *names: str) -> bool:
        """Whether any of some checks is to be made."""
        return not self.checks or any(name in self.checks for name in names)


@dataclass(frozen=True)
class Evidence:
    """What several checks share: the copies, the look-alikes and what these say of the labels.

    Args:
        manifest: The items.
        examination: Of their pictures.
        options: The limits.
    """

    manifest: Manifest
    examination: Examination
    options: CheckOptions

    @cached_property
    def blank(self) -> NDArray[np.bool_]:
        """Whether each picture shows nothing: bool [n]."""
        return mark_blank(self.examination, max_spread=self.options.max_spread)

    @cached_property
    def usable(self) -> NDArray[np.bool_]:
        """Whether each picture can be read and shows something: bool [n]."""
        return self.examination.readable & ~self.blank

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """Each item's place among its copies, see `rank_items`: int64 [n]."""
        facts, items = self.examination.facts, self.manifest.items
        pixels = facts["width"].cast(pl.Int64) * facts["height"]
        known = [items[LABEL + name].is_not_null().cast(pl.Int64) for name in self.manifest.taxonomy.names]
        labelled = sum(known, pl.zeros(len(items), pl.Int64, eager=True))
        return rank_items(pixels.to_numpy(), labelled.to_numpy())

    @cached_property
    def files(self) -> NDArray[np.int64]:
        """Groups of equal files: int64 [n]."""
        return group_bytes(self.examination, self.manifest.items["box"].to_list())

    @cached_property
    def pixels(self) -> NDArray[np.int64]:
        """Groups of equal pixels: int64 [n]."""
        return group_pixels(self.examination)

    @cached_property
    def near(self) -> NearPairs:
        """Pairs of near copies; of equal pictures only the one to keep is compared."""
        order = np.argsort(self.places)
        _, first = np.unique(self.pixels[order], return_index=True)
        candidates = np.zeros(len(self.manifest), np.bool_)
        candidates[order[first]] = True
        return find_near_pairs(self.examination, candidates & self.usable, limits=self.options.near)

    @cached_property
    def copies(self) -> NDArray[np.int64]:
        """Groups of items that show one picture, copies of any kind: int64 [n]; blank pictures stand alone."""
        alone = np.arange(len(self.manifest)) + len(self.manifest)
        pixels = np.where(self.usable, self.pixels, alone)
        return join_groups(pixels, join_pairs(len(self.manifest), self.near.pairs))

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """Groups of items that may tell of each other: copies, one product, one title: int64 [n]."""
        items = self.manifest.items
        titles = [title or None for title in items["title"].str.strip_chars()]
        return join_groups(self.copies, group_rows(items["product_id"].to_list()), group_rows(titles))

    @cached_property
    def neighbours(self) -> Neighbours:
        """The look-alikes of each item, of other groups."""
        return find_nearest(self.examination.vectors, self.options.neighbours, groups=self.groups, allowed=self.usable)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The fields that are judged."""
        taxonomy = self.manifest.taxonomy
        return tuple(taxonomy[name].name for name in self.options.fields or taxonomy.names)

    @cached_property
    def single_fields(self) -> tuple[str, ...]:
        """Those of them that have one value an item."""
        return tuple(name for name in self.fields if self.manifest.taxonomy[name].kind == "single")

    def encode(self, name: str) -> NDArray[np.int64]:
        """Return a single field's labels as numbers, see `encode_field`."""
        return encode_field(self.manifest, name, self.usable, min_class=self.options.min_class)

    def believe(self, name: str) -> Beliefs | None:
        """Return what the look-alikes say of a single field, see `form_beliefs`."""
        return form_beliefs(
            self.manifest,
            name,
            self.examination.vectors,
            self.groups,
            self.encode(name),
            folds=self.options.folds,
        )

    def choose_outlier_field(self) -> str | None:
        """Return the field whose values are the classes for outliers; None where no single field is judged."""
        if self.options.outlier_field is not None:
            chosen = self.manifest.taxonomy[self.options.outlier_field]
            if chosen.kind != "single":
                raise UsageError(f"{chosen.name!r} is a multi field; outliers need a single one")
            return chosen.name
        return max(self.single_fields, key=lambda name: len(self.manifest.taxonomy[name]), default=None)


@dataclass(frozen=True)
class CheckResult:
    """What the checks of a data set found.

    Args:
        findings: One row a finding, with the columns of `FINDING_SCHEMA`; in the order of `CHECKS`, within a check the
            clearest first.
        evidence: What they rest on.
    """

    findings: pl.DataFrame
    evidence: Evidence

    @property
    def unreadable(self) -> int:
        """How many pictures could not be read."""
        return int((~self.evidence.examination.readable).sum())

    def count(self) -> dict[str, int]:
        """Return how many findings each check that was made has, also where it has none."""
        made = [check.name for check in CHECKS if self.evidence.options.wants(check.name)]
        return {name: self.findings.filter(check=name).height for name in made}

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain JSON types."""
        manifest = self.evidence.manifest
        return {
            "items": len(manifest),
            "unreadable": self.unreadable,
            "items with findings": self.findings["item_id"].n_unique(),
            "left out by the reader": manifest.problems.filter(kind="lost").height,
            "bundle": self.evidence.examination.fingerprint,
            "checks": self.count(),
            "findings": self.findings.to_dicts(),
        }


def check_manifest(
    manifest: Manifest,
    *,
    bundle: Bundle | Path | str | None = None,
    options: CheckOptions = CheckOptions(),
    work: Path | None = None,
    threads: int | None = None,
) -> CheckResult:
    """Check the pictures and the labels of a data set; nothing of it is changed.

    Args:
        manifest: The items.
        bundle: Whose embeddings say what looks alike; by default the one that modiste ships.
        options: What is checked, and the limits.
        work: As for `examine_pictures`: a folder that keeps what was seen.
        threads: Cores to use; by default all.

    Returns:
        The findings with their evidence.

    Raises:
        UsageError: There are no items, no such field, or an option does not fit.
        BundleError: There is no such bundle, or it is damaged.
    """
    for name in options.fields:
        manifest.taxonomy[name]  # an unknown one is told before an hour of work
    examination = examine_pictures(manifest, bundle, work=work, threads=threads)
    evidence = Evidence(manifest, examination, options)
    tables = [*_check_pictures(evidence), *_check_copies(evidence), *_check_labels(evidence)]
    return CheckResult(pl.concat([pl.DataFrame(schema=FINDING_SCHEMA), *tables]), evidence)


def _check_pictures(evidence: Evidence) -> Sequence[pl.DataFrame]:
    examination, options = evidence.examination, evidence.options
    made: dict[str, Callable[[], pl.DataFrame]] = {
        "unreadable": lambda: find_unreadable(examination),
        "not-a-picture": lambda: find_strangers(examination),
        "wrong-suffix": lambda: find_wrong_suffixes(examination),
        "blank": lambda: find_blank(examination, max_spread=options.max_spread),
        "tiny": lambda: find_tiny(examination, min_side=options.min_side),
    }
    return [find() for name, find in made.items() if options.wants(name)]


def _check_copies(evidence: Evidence) -> Sequence[pl.DataFrame]:
    examination, places = evidence.examination, evidence.places
    made: dict[str, Callable[[], pl.DataFrame]] = {
        "exact-copy": lambda: find_exact_copies(examination, evidence.files, places),
        "pixel-copy": lambda: find_pixel_copies(examination, evidence.pixels, evidence.files, places),
        "near-copy": lambda: find_near_copies(examination, evidence.near, places),
        "label-conflict": lambda: find_conflicts(evidence.manifest, evidence.copies, evidence.fields),
    }
    return [find() for name, find in made.items() if evidence.options.wants(name)]


def _check_labels(evidence: Evidence) -> Sequence[pl.DataFrame]:
    tables = []
    field = evidence.choose_outlier_field()
    if field is not None and evidence.options.wants("outlier"):
        tables.append(_find_outliers(evidence, field))
    if evidence.options.wants("wrong-label"):
        told = [evidence.believe(name) for name in evidence.single_fields]
        found = [
            find_wrong_labels(evidence.manifest, beliefs, evidence.neighbours, min_odds=evidence.options.min_odds)
            for beliefs in told
            if beliefs is not None
        ]
        if found:
            tables.append(pl.concat(found).sort("score", descending=True, maintain_order=True))
    return tables


def _find_outliers(evidence: Evidence, field: str) -> pl.DataFrame:
    options = evidence.options
    distances = measure_class_distances(
        evidence.examination.vectors, evidence.encode(field), evidence.groups, near=5, min_class=2 * options.min_class
    )
    return find_outliers(evidence.manifest, field, distances, min_z=options.min_z)
