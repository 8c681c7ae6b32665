"""How the values of nested fields stand below each other, with their counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from modiste.manifest import LABEL
from modiste.taxonomy import Taxonomy

__all__ = ["SharedValue", "Tree", "TreeNode", "build_trees", "list_lineages"]


@dataclass(frozen=True)
class TreeNode:
    """A value below another one.

    Args:
        value: The value.
        count: Items with this value and all those above it.
        children: The values of the next field below it, the commonest first.
    """

    value: str
    count: int
    children: tuple[TreeNode, ...] = ()


@dataclass(frozen=True)
class SharedValue:
    """A value that stands under several values of the field above: ``parents`` has each with its count."""

    field: str
    value: str
    parents: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Tree:
    """One lineage of fields, uppermost first, with its values as a tree.

    Args:
        fields: The fields, one a level.
        roots: The values of the uppermost field, the commonest first.
        shared: Values with several parents, which a hierarchy should not have unless it means it.
    """

    fields: tuple[str, ...]
    roots: tuple[TreeNode, ...]
    shared: tuple[SharedValue, ...]


def list_lineages(taxonomy: Taxonomy) -> list[tuple[str, ...]]:
    """List the fields that refine each other, uppermost first: one lineage for each field that ends one.

    Example:
        >>> from modiste.taxonomy import Field
        >>> list_lineages(Taxonomy((Field("a", "single", ()), Field("b", "single", (), "a"))))
        [('a', 'b')]
    """
    inner = {field.parent for field in taxonomy}
    leaves = [field for field in taxonomy if field.parent is not None and field.name not in inner]
    return [_climb(taxonomy, leaf.name) for leaf in leaves]


def build_trees(items: pl.DataFrame, taxonomy: Taxonomy) -> tuple[Tree, ...]:
    """Build a tree for each lineage of fields.

    Args:
        items: The items of a manifest.
        taxonomy: Its fields.

    Returns:
        One tree a lineage; none if no field has a parent.

    Example:
        >>> from modiste.taxonomy import Field
        >>> items = pl.DataFrame({"label.a": ["x", "x", "y"], "label.b": ["1", "2", "3"]})
        >>> fields = (Field("a", "single", ("x", "y")), Field("b", "single", ("1", "2", "3"), "a"))
        >>> build_trees(items, Taxonomy(fields))[0].roots[1]
        TreeNode(value='y', count=1, children=(TreeNode(value='3', count=1, children=()),))
    """
    return tuple(
        Tree(lineage, _nest(items, lineage), _list_shared(items, lineage)) for lineage in list_lineages(taxonomy)
    )


def _climb(taxonomy: Taxonomy, name: str) -> tuple[str, ...]:
    parent = taxonomy[name].parent
    return (*(_climb(taxonomy, parent) if parent is not None else ()), name)


def _nest(items: pl.DataFrame, lineage: Sequence[str]) -> tuple[TreeNode, ...]:
    columns = [LABEL + name for name in lineage]
    rows = items.group_by(columns).len("count").rows()
    return _grow(rows, 0, len(columns))


def _grow(rows: list[tuple[object, ...]], level: int, depth: int) -> tuple[TreeNode, ...]:
    """Make the nodes of one level from rows (a value for each level, and the count)."""
    grouped: dict[str, list[tuple[object, ...]]] = {}
    for row in rows:
        if level < depth and row[level] is not None:
            grouped.setdefault(str(row[level]), []).append(row)
    nodes = [
        TreeNode(value, sum(int(str(row[-1])) for row in members), _grow(members, level + 1, depth))
        for value, members in grouped.items()
    ]
    return tuple(sorted(nodes, key=lambda node: (-node.count, node.value)))


def _list_shared(items: pl.DataFrame, lineage: Sequence[str]) -> tuple[SharedValue, ...]:
    return tuple(shared for parent, child in pairwise(lineage) for shared in _list_shared_of(items, parent, child))


def _list_shared_of(items: pl.DataFrame, parent: str, child: str) -> list[SharedValue]:
    pairs = items.select(child=LABEL + child, parent=LABEL + parent).drop_nulls()
    counts = (
        pairs.group_by("child", "parent")
        .len("count")
        .sort(["child", "count", "parent"], descending=[False, True, False])
    )
    found: dict[str, list[tuple[str, int]]] = {}
    for value, above, count in counts.iter_rows():
        found.setdefault(value, []).append((above, count))
    return [SharedValue(child, value, tuple(parents)) for value, parents in found.items() if len(parents) > 1]
