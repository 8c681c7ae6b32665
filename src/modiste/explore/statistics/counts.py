"""How often each value of a field occurs, and how uneven that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from modiste.explore.statistics.incidence import list_incidences
from modiste.manifest import LABEL
from modiste.taxonomy import Field, FieldKind

__all__ = ["FieldCounts", "ValueCount", "count_field", "effective_number", "entropy", "imbalance_ratio"]

_RARE = 10


@dataclass(frozen=True)
class ValueCount:
    """A value, and how many items have it."""

    value: str
    count: int


@dataclass(frozen=True)
class FieldCounts:
    """The values of one field, and how uneven they are.

    Args:
        name: The field.
        kind: ``"single"`` or ``"multi"``.
        parent: The field above it, or None.
        values: Every value that occurs, the commonest first, equally common ones by name.
        unused: Values of the taxonomy that no item has.
        labelled: Items with at least one value.
        blank: Items without any.
        entropy: Of the shares of the values, in bits.
        effective: Effective number of values (`effective_number`).
        imbalance: The commonest value's count over the rarest one's; None without values.
        rare: Values that fewer than ten items have.
        per_item: For a multi field: ``per_item[k]`` items have k values.
    """

    name: str
    kind: FieldKind
    parent: str | None
    values: tuple[ValueCount, ...]
    unused: tuple[str, ...]
    labelled: int
    blank: int
    entropy: float
    effective: float
    imbalance: float | None
    rare: int
    per_item: tuple[int, ...] = ()


def count_field(items: pl.DataFrame, field: Field) -> FieldCounts:
    """Count the values of a field.

    Args:
        items: The items of a manifest.
        field: The field.

    Example:
        >>> items = pl.DataFrame({"label.season": ["Summer", "Summer", "Winter", None]})
        >>> counts = count_field(items, Field("season", "single", ("Summer", "Winter", "Fall")))
        >>> counts.values[0], counts.unused, counts.blank, counts.imbalance
        (ValueCount(value='Summer', count=2), ('Fall',), 1, 2.0)
    """
    incidences = list_incidences(items, field)
    found = incidences.group_by("value").len("count").sort(["count", "value"], descending=[True, False])
    numbers = found["count"].to_list()
    labelled = incidences["item"].n_unique()
    return FieldCounts(
        name=field.name,
        kind=field.kind,
        parent=field.parent,
        values=tuple(ValueCount(*row) for row in found.iter_rows()),
        unused=tuple(sorted(set(field.values) - set(found["value"]))),
        labelled=labelled,
        blank=items.height - labelled,
        entropy=entropy(numbers),
        effective=effective_number(numbers),
        imbalance=imbalance_ratio(numbers),
        rare=sum(number < _RARE for number in numbers),
        per_item=_count_per_item(items, field) if field.kind == "multi" else (),
    )


def entropy(counts: Sequence[int]) -> float:
    """Return Shannon's entropy of the shares of some counts, in bits; 0 without any.

    Source: C. E. Shannon, "A mathematical theory of communication", 1948: H = - sum of p log2 p.

    Example:
        >>> entropy([5, 5, 5, 5]), entropy([7])
        (2.0, 0.0)
    """
    present = np.asarray([count for count in counts if count > 0], np.float64)
    shares = present / present.sum() if present.size else present
    return abs(float(-(shares * np.log2(shares)).sum()))


def effective_number(counts: Sequence[int]) -> float:
    """Return how many equally common values would have the same entropy: 2 to the entropy in bits; 0 without any.

    Source: M. O. Hill, "Diversity and evenness", Ecology 54, 1973: the number of order 1.

    Example:
        >>> effective_number([3, 3, 3, 3]), effective_number([])
        (4.0, 0.0)
    """
    return 2.0 ** entropy(counts) if any(counts) else 0.0


def imbalance_ratio(counts: Sequence[int]) -> float | None:
    """Return the largest count over the smallest one that is not zero; at least 1, None without any.

    Example:
        >>> imbalance_ratio([20, 5, 0])
        4.0
    """
    present = [count for count in counts if count > 0]
    return max(present) / min(present) if present else None


def _count_per_item(items: pl.DataFrame, field: Field) -> tuple[int, ...]:
    lengths = items[LABEL + field.name].list.n_unique().fill_null(0).to_numpy()
    return tuple(np.bincount(lengths.astype(np.int64)).tolist())
