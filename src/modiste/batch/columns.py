"""From decisions in arrays to the columns of the table that a shop gets."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.errors import UsageError
from modiste.runtime import Decision, NameMap
from modiste.taxonomy import Field, Taxonomy

__all__ = ["TagColumns"]

_OWN = ("image", "item_id", "product_id", "pictures", "disagreement", "doubtful", "stranger")
_DECIMALS = 4


class TagColumns:
    """The columns of a table of tags.

    Args:
        taxonomy: The fields to write, with the shop's values.
        top_k: How many values a single field gets; a multi field lists its values in one cell.
        min_confidence: Below it the cell stays empty and the row is doubtful.
        names: The shop's names of the fields.

    Raises:
        UsageError: Two columns would have the same name.
    """

    def __init__(self, taxonomy: Taxonomy, *, top_k: int, min_confidence: float, names: NameMap) -> None:
        self._taxonomy = taxonomy
        self._top_k = top_k
        self._min_confidence = min_confidence
        self._names = names
        columns = [*_OWN, *(name for field in taxonomy for name in self._name(field))]
        doubled = sorted({name for name in columns if columns.count(name) > 1})
        if doubled:
            raise UsageError(f"two columns would be called {doubled[0]!r}; rename a field in [fields] of --map")

    def tabulate(
        self,
        head: pl.DataFrame,
        decision: Decision,
        *,
        pictures: Decision | None = None,
        sizes: NDArray[np.int64] | None = None,
    ) -> pl.DataFrame:
        """Make the table.

        Args:
            head: The columns that come first, n rows.
            decision: On n pictures or products.
            pictures: For products: what each picture says on its own, in the order of the products.
            sizes: For products: how many pictures each has [n].

        Returns:
            ``head``, then for each field its value and confidence (and further ones), for products ``disagreement``
            (the fields, joined by ";", where a picture that is sure of itself says something else), ``doubtful``, and
            ``stranger`` where the bundle can tell: whether it looks like no fashion product.
        """
        columns: list[pl.Series] = []
        doubtful = np.zeros(head.height, bool)
        disagreement = np.full(head.height, "", object)
        for field in self._taxonomy:
            columns += self._fill(field, decision)
            doubtful |= decision.doubtful[field.name] | self._find_unsure(field, decision)
            if pictures is not None and sizes is not None:
                differs = _find_disagreement(field, decision, pictures, sizes)
                disagreement[differs] += self._names.column(field.name) + ";"
                doubtful |= differs
        if pictures is not None:
            columns.append(pl.Series("disagreement", disagreement, pl.String).str.strip_suffix(";"))
        if decision.stranger is not None:
            doubtful |= decision.stranger
        table = head.with_columns(*columns, pl.Series("doubtful", doubtful))
        return table if decision.stranger is None else table.with_columns(pl.Series("stranger", decision.stranger))

    def _find_unsure(self, field: Field, decision: Decision) -> NDArray[np.bool_]:
        """Return [n]: something is said, but not as surely as is asked for."""
        return np.asarray(decision.is_said(field.name) & (decision.confidence[field.name] < self._min_confidence))

    def _name(self, field: Field) -> list[str]:
        name = self._names.column(field.name)
        further = min(self._top_k, len(field)) if field.kind == "single" else 1
        ranks = [name, *(f"{name}_{rank}" for rank in range(2, further + 1))]
        return [column for rank in ranks for column in (rank, f"{rank}_confidence")]

    def _fill(self, field: Field, decision: Decision) -> list[pl.Series]:
        names = self._name(field)
        answer = _fill_single(field, decision) if field.kind == "single" else _fill_multi(field, decision)
        sure = pl.Series(~self._find_unsure(field, decision))
        columns = [_keep(sure, answer).alias(names[0]), _round(names[1], decision.confidence[field.name])]
        scores = decision.probabilities[field.name]
        order = decision.rank(field.name, self._top_k)
        for rank in range(1, len(names) // 2):
            position = order[:, rank]
            columns.append(_name_values(field, position).alias(names[2 * rank]))
            columns.append(_round(names[2 * rank + 1], np.take_along_axis(scores, position[:, None], axis=1)[:, 0]))
        said = pl.Series(decision.is_said(field.name))
        return columns if said.all() else [_keep(said, column) for column in columns]


def _fill_single(field: Field, decision: Decision) -> pl.Series:
    return _name_values(field, decision.choices[field.name])


def _fill_multi(field: Field, decision: Decision) -> pl.Series:
    said, order = decision.chosen[field.name], decision.rank(field.name, len(field))
    lists = [
        [field.values[position] for position in ranked if row[position]]
        for ranked, row in zip(order, said, strict=True)
    ]
    return pl.Series(lists, dtype=pl.List(pl.String))


def _keep(rows: pl.Series, column: pl.Series) -> pl.Series:
    """Empty the cells of the other rows."""
    return column.zip_with(rows, pl.Series(column.name, [None], dtype=column.dtype))


def _name_values(field: Field, positions: NDArray[np.int64]) -> pl.Series:
    return pl.Series(field.values, dtype=pl.String).gather(positions)


def _round(name: str, numbers: NDArray[np.float64]) -> pl.Series:
    return pl.Series(name, np.round(numbers, _DECIMALS))


def _find_disagreement(
    field: Field, fused: Decision, pictures: Decision, sizes: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return [products]: whether a picture that is sure of itself says something else than its product.

    A picture that is silent of the field contradicts nobody, and nobody contradicts a product that is.
    """
    if not len(sizes):
        return np.zeros(0, bool)
    if field.kind == "single":
        differs = pictures.choices[field.name] != np.repeat(fused.choices[field.name], sizes)
    else:
        differs = (pictures.chosen[field.name] != np.repeat(fused.chosen[field.name], sizes, axis=0)).any(axis=1)
    differs &= ~pictures.doubtful[field.name] & pictures.is_said(field.name)
    differs &= np.repeat(fused.is_said(field.name), sizes)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return np.asarray(np.logical_or.reduceat(differs, starts))
