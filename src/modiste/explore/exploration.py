"""Everything that is worth knowing of a data set, as one typed result; pages, figures and JSON are made from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modiste.bundle import Bundle
from modiste.errors import UsageError
from modiste.explore.groups import Group, Groups, build_groups, pick_examples
from modiste.explore.picture_pass import PassPlan, PictureScan, Portrait, scan_pictures
from modiste.explore.statistics import (
    ColumnGaps,
    FieldCounts,
    FieldPair,
    FieldParts,
    GapPattern,
    SizeSummary,
    Tree,
    build_trees,
    compare_parts,
    count_field,
    count_gaps,
    draw_map,
    find_cooccurrences,
    list_gap_patterns,
    summarise_sizes,
)
from modiste.explore.statistics.embedding_map import FEWEST
from modiste.manifest import Manifest
from modiste.readers import describe_manifest
from modiste.readers.cells import is_url

__all__ = ["ClassPictures", "EmbeddingMap", "Exploration", "ExploreOptions", "PictureReport", "explore_manifest"]

_MAPPED = 2_000


@dataclass(frozen=True)
class ExploreOptions:
    """How a data set is explored.

    Args:
        sample: Open at most so many pictures, drawn at random; by default all. Labels are counted in all items.
        embeddings: Draw the map of the embeddings.
        seed: Another seed draws other pictures.
        threads: Cores to use; by default all that this process may use.

    Raises:
        UsageError: A number is below 1.

    Example:
        >>> ExploreOptions(sample=100).sample
        100
    """

    sample: int | None = None
    embeddings: bool = True
    seed: int = 0
    threads: int | None = None

    def __post_init__(self) -> None:
        for name in ("sample", "threads"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UsageError(f"--{name} is {value}; expected 1 or more")
        if self.seed < 0:
            raise UsageError(f"--seed is {self.seed}; expected 0 or more")


@dataclass(frozen=True)
class ClassPictures:
    """What the pictures of one class look like.

    Args:
        group: The class.
        pictures: How many of its pictures were looked at.
        histogram: Mean shares of 32 levels of grey, red, green, blue: [4, 32]; zeros without a picture.
        mean: The mean picture, RGB [height, width, 3]; None where the class is not pictured or has no picture.
        examples: Rows of items that stand for it.
    """

    group: Group
    pictures: int
    histogram: NDArray[np.float64]
    mean: NDArray[np.uint8] | None
    examples: tuple[int, ...]


@dataclass(frozen=True)
class PictureReport:
    """What was seen of the pictures.

    Args:
        items: How many items the data set has.
        addresses: Those whose picture is an address that nobody has fetched yet.
        opened: Pictures that were opened, or tried.
        sampled: Whether that is a sample.
        failures: Item ids whose picture can't be read, and why.
        sizes: Of those that could be read; None if there is none.
        histogram: Mean of all: [4, 32].
        classes: The commonest values of each field.
        portraits: Small copies of the examples, by row.
    """

    items: int
    addresses: int
    opened: int
    sampled: bool
    failures: tuple[tuple[str, str], ...]
    sizes: SizeSummary | None
    histogram: NDArray[np.float64]
    classes: tuple[ClassPictures, ...]
    portraits: tuple[Portrait, ...]


@dataclass(frozen=True)
class EmbeddingMap:
    """A map on which pictures that the bundle takes for alike lie near each other.

    Args:
        points: [n, 2] from 0 to 1.
        portraits: n small pictures with the rows of their items.
        method: ``"neighbours"`` (t-SNE after PCA) or ``"components"`` (PCA).
        bundle: Name and fingerprint of the bundle.
    """

    points: NDArray[np.float64]
    portraits: tuple[Portrait, ...]
    method: str
    bundle: str


@dataclass(frozen=True)
class Exploration:
    """What is worth knowing of a data set.

    Args:
        manifest: The data set.
        described: Its reader's view, as `modiste.readers.describe_manifest` gives it.
        counts: How often each value of each field occurs.
        trees: The hierarchies.
        pairs: What occurs together.
        gaps: What is missing.
        gap_patterns: Which fields are empty together.
        parts: The parts compared, field by field; none without two parts.
        pictures: What was seen of the pictures.
        map: The map of the embeddings; None where there is none.
        reasons: Why something can't be shown, by the name of its section.
    """

    manifest: Manifest
    described: dict[str, Any]
    counts: tuple[FieldCounts, ...]
    trees: tuple[Tree, ...]
    pairs: tuple[FieldPair, ...]
    gaps: tuple[ColumnGaps, ...]
    gap_patterns: tuple[GapPattern, ...]
    parts: tuple[FieldParts, ...]
    pictures: PictureReport
    map: EmbeddingMap | None
    reasons: dict[str, str] = field(default_factory=dict)


def explore_manifest(
    manifest: Manifest, *, source: str, options: ExploreOptions | None = None, bundle: Bundle | None = None
) -> Exploration:
    """Explore a data set: count its labels, then look at its pictures once.

    Args:
        manifest: The data set.
        source: What it is called on the page.
        options: How.
        bundle: Makes the embeddings of the map; by default the one that modiste ships.

    Returns:
        The result; what can't be shown has its reason in ``reasons``.

    Raises:
        UsageError: The data set has no items.
    """
    options = ExploreOptions() if options is None else options
    items, taxonomy = manifest.items, manifest.taxonomy
    if not items.height:
        raise UsageError(f"{source} has no items; there is nothing to explore")
    groups = build_groups(items, taxonomy)
    report, drawn = _look(manifest, groups, options, bundle)
    found = Exploration(
        manifest=manifest,
        described=describe_manifest(manifest, source=source),
        counts=tuple(count_field(items, field) for field in taxonomy),
        trees=build_trees(items, taxonomy),
        pairs=find_cooccurrences(items, taxonomy),
        gaps=count_gaps(items, taxonomy),
        gap_patterns=list_gap_patterns(items, taxonomy),
        parts=compare_parts(items, taxonomy),
        pictures=report,
        map=drawn,
    )
    found.reasons.update(_find_reasons(found, options))
    return found


def _look(
    manifest: Manifest, groups: Groups, options: ExploreOptions, bundle: Bundle | None
) -> tuple[PictureReport, EmbeddingMap | None]:
    items, rng = manifest.items, np.random.default_rng(options.seed)
    fetched = ~np.fromiter(map(is_url, items["image"]), np.bool_, items.height)
    rows = np.flatnonzero(fetched)
    sampled = options.sample is not None and options.sample < len(rows)
    opened = np.sort(rng.choice(rows, options.sample, replace=False)) if sampled else rows
    candidates = np.zeros(items.height, np.bool_)
    candidates[opened] = True
    mapped = rng.choice(opened, min(_MAPPED, len(opened)), replace=False) if options.embeddings else opened[:0]
    plan = PassPlan(opened, frozenset(pick_examples(groups, candidates, rng).tolist()), frozenset(mapped.tolist()))
    chosen = (bundle or Bundle.open()) if len(mapped) else None
    scan = scan_pictures(items, groups, plan, bundle=chosen, threads=options.threads)
    report = PictureReport(
        items=items.height,
        addresses=items.height - len(rows),
        opened=len(opened),
        sampled=sampled,
        failures=tuple((items["item_id"][failure.row], failure.reason) for failure in scan.failures),
        sizes=summarise_sizes(scan.widths, scan.heights, scan.lengths),
        histogram=scan.histograms.mean,
        classes=_describe_classes(groups, scan),
        portraits=scan.examples,
    )
    return report, _draw(scan, chosen)


def _draw(scan: PictureScan, bundle: Bundle | None) -> EmbeddingMap | None:
    if bundle is None or len(scan.vectors) < FEWEST:
        return None
    points, method = draw_map(scan.vectors)
    return EmbeddingMap(points, scan.mapped, method, f"{bundle.spec.name} {bundle.fingerprint[:12]}")


def _describe_classes(groups: Groups, scan: PictureScan, *, each: int = 8) -> tuple[ClassPictures, ...]:
    means, histograms = scan.means.pictures, scan.histograms
    shown = np.array([portrait.row for portrait in scan.examples], np.int64)
    members = groups.find_members(shown)
    described, pictured = [], 0
    for at, group in enumerate(groups.groups):
        seen, mean = int(histograms.counts[at]), None
        if group.pictured:
            mean = means[pictured] if seen else None
            pictured += 1
        examples = tuple(shown[members[at]][:each].tolist()) if group.pictured else ()
        described.append(ClassPictures(group, seen, histograms.means[at], mean, examples))
    return tuple(described)


_NO_FIELDS = "The data set has no labels: its reader found no field."


def _find_reasons(found: Exploration, options: ExploreOptions) -> dict[str, str]:
    """Say why sections are empty, by the section's name."""
    report = found.pictures
    reasons: dict[str, str] = {}
    if not len(found.manifest.taxonomy):
        reasons |= dict.fromkeys(("fields", "hierarchy", "pairs", "classes"), _NO_FIELDS)
    if not found.trees:
        reasons.setdefault("hierarchy", "No field says which field it refines, so that there is no hierarchy to draw.")
    if not found.pairs:
        reasons.setdefault("pairs", "It takes two fields with two values each, or several labels an item, to compare.")
    if not found.parts:
        reasons["parts"] = _explain_parts(found)
    if report.sizes is None:
        why = _explain_pictures(report)
        reasons |= dict.fromkeys(("sizes", "histograms", "map"), why)
        reasons["classes"] = reasons.get("classes", why)
    if not options.embeddings:
        reasons["map"] = "Left out with --no-embeddings."
    elif found.map is None:
        reasons.setdefault("map", f"It takes {FEWEST} pictures to draw a map.")
    return reasons


def _explain_pictures(report: PictureReport) -> str:
    if report.addresses == report.items:
        return (
            "The pictures are web addresses that have not been fetched yet. "
            "Type: modiste data fetch SOURCE OUT, then explore OUT."
        )
    return f"None of the {report.opened:,} pictures could be read; the list of problems says why."


def _explain_parts(found: Exploration) -> str:
    parts = found.manifest.items["split"].drop_nulls().unique().to_list()
    if not parts:
        return "No item says which part (train, validation, test) it belongs to. 'modiste data split' makes parts."
    if not len(found.manifest.taxonomy):
        return _NO_FIELDS
    return f"All items are in one part, {parts[0]!r}; it takes two to compare."
