"""An exploration cut down to what one page has room for, where a data set has very many fields or very long texts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from modiste.explore.exploration import Exploration
from modiste.explore.statistics import Tree, TreeNode

__all__ = ["WHOLE", "Limits", "abridge", "list_limits"]


@dataclass(frozen=True)
class Limits:
    """How much of an exploration a page shows.

    Args:
        longest: Letters of a text at most.
        fields: The first so many fields; None is all.
        columns: The first so many other columns; None is all.
        parts: The first so many parts; None is all.
        depth: Levels of a hierarchy; None is all.
    """

    longest: int
    fields: int | None = None
    columns: int | None = None
    parts: int | None = None
    depth: int | None = None

    def describe(self) -> str:
        """Say what is left out; an empty text where nothing is."""
        if self.fields is None:
            return ""
        return (
            f"This data set has too many fields, or too long texts, for one page: shown are the first {self.fields} "
            f"fields, {self.columns} other columns, {self.parts} parts, {self.depth} levels of a hierarchy and "
            f"{self.longest} letters of a text. 'modiste data explore SOURCE --json FILE' writes everything."
        )


WHOLE = Limits(160)


def list_limits() -> tuple[Limits, ...]:
    """List the limits to try, the widest first; what the last one leaves fits into any page.

    Example:
        >>> list_limits()[0].describe(), list_limits()[-1].fields
        ('', 4)
    """
    return WHOLE, Limits(80, 40, 100, 20, 4), Limits(40, 16, 40, 8, 3), Limits(24, 8, 20, 6, 2), Limits(16, 4, 10, 4, 2)


def abridge(found: Exploration, limits: Limits) -> Exploration:
    """Return an exploration that is cut down; its data set and its pictures stay as they are.

    Args:
        found: The exploration.
        limits: How much to keep.
    """
    counts = found.counts[: limits.fields]
    names = frozenset(item.name for item in counts)
    report = found.pictures
    classes = tuple(item for item in report.classes if item.group.field in names)
    # Names of fields stay whole: the columns of the data set are looked up by them.
    shorten = _make_shortener(limits.longest, names)
    return dataclasses.replace(
        found,
        described=shorten(found.described),
        counts=shorten(counts),
        trees=shorten(tuple(_prune(tree, limits.depth) for tree in found.trees if names.issuperset(tree.fields))),
        pairs=shorten(tuple(pair for pair in found.pairs if {pair.first, pair.second} <= names)),
        gaps=shorten(_keep_gaps(found, limits)),
        gap_patterns=shorten(found.gap_patterns),
        parts=shorten(
            tuple(
                dataclasses.replace(item, parts=item.parts[: limits.parts])
                for item in found.parts
                if item.field in names
            )
        ),
        pictures=dataclasses.replace(report, classes=shorten(classes), failures=shorten(report.failures)),
    )


def _keep_gaps(found: Exploration, limits: Limits) -> tuple[Any, ...]:
    fields = [item for item in found.gaps if item.kind == "field"]
    columns = [item for item in found.gaps if item.kind != "field"]
    return (*fields[: limits.fields], *columns[: limits.columns])


def _prune(tree: Tree, depth: int | None) -> Tree:
    if depth is None or len(tree.fields) <= depth:
        return tree
    shared = tuple(item for item in tree.shared if item.field in tree.fields[:depth])
    return Tree(tree.fields[:depth], tuple(_prune_node(node, depth) for node in tree.roots), shared)


def _prune_node(node: TreeNode, depth: int) -> TreeNode:
    children = tuple(_prune_node(child, depth - 1) for child in node.children) if depth > 1 else ()
    return TreeNode(node.value, node.count, children)


def _make_shortener(longest: int, kept: frozenset[str]) -> Callable[[Any], Any]:
    """Return what cuts all texts within records, tuples, lists and tables, save those that are kept."""

    def shorten(thing: Any) -> Any:
        if isinstance(thing, str):
            return thing if len(thing) <= longest or thing in kept else thing[: longest - 1] + "…"
        if isinstance(thing, tuple):
            items = tuple(map(shorten, thing))
            return type(thing)(*items) if hasattr(thing, "_fields") else items
        if isinstance(thing, list):
            return [shorten(item) for item in thing]
        if isinstance(thing, dict):
            return {name: shorten(value) for name, value in thing.items()}
        if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
            cut = {field.name: shorten(getattr(thing, field.name)) for field in dataclasses.fields(thing)}
            return type(thing)(**cut)
        return thing

    return shorten
