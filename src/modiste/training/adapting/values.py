"""Which values of a field are learnt: those with too few examples are merged into one, or masked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from modiste.manifest import LABEL, Manifest, build_taxonomy
from modiste.taxonomy import Field

__all__ = ["ValuePlan", "plan_values", "relabel"]


@dataclass(frozen=True)
class ValuePlan:
    """What becomes of the values of one field.

    Args:
        field: Its name.
        kept: Values that are learnt, with how many items show them.
        merged: Rare values that became ``rare_as``, with their counts.
        masked: Rare values whose labels are not used, with their counts.
        rare_as: The name that the merged values got, or None.
    """

    field: str
    kept: Mapping[str, int]
    merged: Mapping[str, int]
    masked: Mapping[str, int]
    rare_as: str | None = None

    @property
    def names(self) -> dict[str, str]:
        """Each value that is learnt, as the data calls it -> what it is learnt as."""
        return {**{value: value for value in self.kept}, **dict.fromkeys(self.merged, self.rare_as or "")}


def plan_values(manifest: Manifest, name: str, *, min_count: int, rare_as: str | None) -> ValuePlan:
    """Decide which values of a field are learnt.

    Args:
        manifest: The items to learn from.
        name: The field.
        min_count: Fewer items than that are too few.
        rare_as: Rare values become one of this name, if together they are enough; None: they are masked.

    Example:
        >>> hues = ["red"] * 3 + ["teal", "aqua"]
        >>> rows = [{"item_id": str(i), "image": "x", "source": "x", "label.hue": h} for i, h in enumerate(hues)]
        >>> plan_values(Manifest.from_rows(rows), "hue", min_count=2, rare_as="Other").merged
        {'aqua': 1, 'teal': 1}
    """
    counts = _count_values(manifest, name)
    rare = {value: count for value, count in counts.items() if count < min_count and value != rare_as}
    kept = {value: count for value, count in counts.items() if value not in rare}
    together = sum(rare.values()) + counts.get(rare_as or "", 0)
    if rare_as is not None and rare and together >= min_count:
        return ValuePlan(name, kept, rare, {}, rare_as)
    scarce = {value: kept.pop(value) for value in list(kept) if counts[value] < min_count}
    return ValuePlan(name, kept, {}, rare | scarce, rare_as)


def relabel(manifest: Manifest, plans: Mapping[str, ValuePlan], parents: Mapping[str, str]) -> Manifest:
    """Return items with the labels that are learnt, and no others.

    Args:
        manifest: The items.
        plans: Field -> what becomes of its values; a label that its plan does not name is not known.
        parents: Field -> the field that it refines.
    """
    columns = [_rename(manifest.taxonomy[name], plan) for name, plan in plans.items()]
    plain = [name for name in manifest.items.columns if not name.startswith(LABEL)]
    table = manifest.items.select(*plain, *columns)
    return Manifest(build_taxonomy(table, parents), table)


def _count_values(manifest: Manifest, name: str) -> dict[str, int]:
    labels = manifest.labels(name)
    flat = labels.explode(empty_as_null=True) if manifest.taxonomy[name].kind == "multi" else labels
    return dict(sorted(Counter(flat.drop_nulls().to_list()).items()))


def _rename(field: Field, plan: ValuePlan) -> pl.Expr:
    column, names = pl.col(LABEL + field.name), plan.names
    if field.kind == "multi":
        element = pl.element().replace_strict(names, default=None, return_dtype=pl.String)
        return column.list.eval(element.drop_nulls()).list.unique(maintain_order=True)
    return column.replace_strict(names, default=None, return_dtype=pl.String)
