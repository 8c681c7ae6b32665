"""Truth and answers of one field side by side, as index arrays: what every metric reads.

A row is an item of the manifest, in its order, whether or not the system said anything of it: a picture that a system
could not read is an answer it owes, and counts as wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.errors import UnknownNameError, UsageError
from modiste.evaluation.predictions import Predictions
from modiste.manifest import Manifest
from modiste.taxonomy import Field

__all__ = ["MultiAnswers", "SingleAnswers", "align_answers", "encode_multi_labels", "encode_single_labels"]

Cell = TypeVar("Cell", bound=np.generic)


@dataclass(frozen=True)
class SingleAnswers:
    """Truth and answer of a field with one value.

    Args:
        field: The field; its values are those of the data and of the system together.
        truth: int64 [n]; the true class, -1 where unknown.
        answer: int64 [n]; the answered class, -1 where none was given.
        scores: float32 [n, values].
    """

    field: Field
    truth: NDArray[np.int64]
    answer: NDArray[np.int64]
    scores: NDArray[np.float32]

    @property
    def known(self) -> NDArray[np.bool_]:
        """bool [n]; the label is known."""
        return np.asarray(self.truth >= 0)

    @property
    def hits(self) -> NDArray[np.bool_]:
        """bool [n]; the label is known and the answer is right."""
        return np.asarray(self.known & (self.truth == self.answer))

    @property
    def confidence(self) -> NDArray[np.float32]:
        """float32 [n]; the score of the answer, 0 where none was given."""
        picked = self.scores[np.arange(len(self.answer)), np.maximum(self.answer, 0)]
        return np.where(self.answer >= 0, picked, np.float32(0))

    def of_rows(self, rows: NDArray[np.bool_]) -> SingleAnswers:
        """Return some of the rows; ``rows`` is bool [n]."""
        return SingleAnswers(self.field, self.truth[rows], self.answer[rows], self.scores[rows])

    def restrict(self, values: Collection[str]) -> SingleAnswers:
        """Return the answers that a system gives which may only answer some of the values.

        An answer among them stays; any other is replaced by the one of them with the highest score. The truth stays
        as it is, so a row whose true value is not among them is wrong.

        Raises:
            UnknownNameError: The field lacks one of the values.
        """
        allowed = np.isin(self.field.values, list(values))
        if allowed.sum() != len(set(values)):
            stranger = next(value for value in values if value not in self.field.values)
            raise UnknownNameError(f"value of {self.field.name}", stranger, self.field.values)
        scores = np.where(allowed, self.scores, np.float32(0))
        inside = (self.answer >= 0) & allowed[self.answer]
        instead = np.where(scores.any(axis=1), scores.argmax(axis=1), -1)
        return SingleAnswers(self.field, self.truth, np.where(inside, self.answer, instead), scores)


@dataclass(frozen=True)
class MultiAnswers:
    """Truth and answer of a field with any number of values.

    Args:
        field: The field; its values are those of the data and of the system together.
        known: bool [n]; the labels are known.
        truth: bool [n, values].
        answer: bool [n, values].
        scores: float32 [n, values].
    """

    field: Field
    known: NDArray[np.bool_]
    truth: NDArray[np.bool_]
    answer: NDArray[np.bool_]
    scores: NDArray[np.float32]

    @property
    def hits(self) -> NDArray[np.bool_]:
        """bool [n]; the labels are known and the answer is the same set."""
        return np.asarray(self.known & (self.truth == self.answer).all(axis=1))

    def of_rows(self, rows: NDArray[np.bool_]) -> MultiAnswers:
        """Return some of the rows; ``rows`` is bool [n]."""
        return MultiAnswers(self.field, self.known[rows], self.truth[rows], self.answer[rows], self.scores[rows])


def align_answers(
    manifest: Manifest, predictions: Predictions, *, fields: Sequence[str] | None = None
) -> list[SingleAnswers | MultiAnswers]:
    """Put the labels of a manifest and the answers of a system side by side, field by field.

    Args:
        manifest: The items to judge on, with their labels.
        predictions: What the system said; of items that the manifest lacks it may say anything.
        fields: The fields to judge, by default all that both have.

    Returns:
        One entry a field, in the manifest's order; its rows are the manifest's.

    Raises:
        UsageError: Manifest and predictions share no item or no field.
        UnknownNameError: A wanted field is not in both.
    """
    shared = [item.name for item in manifest.taxonomy if item.name in predictions.taxonomy]
    for name in fields or ():
        if name not in shared:
            raise UnknownNameError("field in both data and predictions", name, shared)
    rows = _find_rows(manifest, predictions)
    if not shared or not (rows >= 0).any():
        what = "no item" if shared else "no field"
        raise UsageError(
            f"data and predictions share {what}; item ids such as {list(manifest.items['item_id'][:2])} "
            f"against {list(predictions.item_ids[:2])}, fields {manifest.taxonomy.names} "
            f"against {predictions.taxonomy.names}"
        )
    return [_align(manifest, predictions, name, rows) for name in (fields or shared)]


def encode_single_labels(labels: pl.Series, field: Field) -> NDArray[np.int64]:
    """Return labels as class indices, -1 for null.

    Args:
        labels: str [n], values of the field or null.
        field: The field.

    Returns:
        int64 [n].

    Example:
        >>> encode_single_labels(pl.Series(["b", None]), Field("x", "single", ("a", "b"))).tolist()
        [1, -1]
    """
    numbers = range(len(field))
    codes = labels.replace_strict(field.values, numbers, default=None, return_dtype=pl.Int64)
    return codes.fill_null(-1).to_numpy().astype(np.int64)


def encode_multi_labels(labels: pl.Series, field: Field) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return lists of labels as a table of which row has which value.

    Args:
        labels: list[str] [n], values of the field, or null where nothing is known.
        field: The field.

    Returns:
        ``known``, bool [n], and the table, bool [n, values].

    Example:
        >>> encode_multi_labels(pl.Series([["b"], [], None]), Field("x", "multi", ("a", "b")))[1].tolist()
        [[False, True], [False, False], [False, False]]
    """
    table = np.zeros((len(labels), len(field)), dtype=np.bool_)
    places = {value: column for column, value in enumerate(field.values)}
    for row, values in enumerate(labels):
        table[row, [places[value] for value in (() if values is None else values)]] = True
    return labels.is_not_null().to_numpy(), table


def _find_rows(manifest: Manifest, predictions: Predictions) -> NDArray[np.int64]:
    """Return for every item of the manifest its row in the predictions, -1 where there is none."""
    places = {item: row for row, item in enumerate(predictions.item_ids)}
    return np.array([places.get(item, -1) for item in manifest.items["item_id"]], dtype=np.int64)


def _align(manifest: Manifest, told: Predictions, name: str, rows: NDArray[np.int64]) -> SingleAnswers | MultiAnswers:
    own, theirs = manifest.taxonomy[name], told.taxonomy[name]
    if own.kind != theirs.kind:
        raise UsageError(f"field {name!r} is of kind {own.kind!r} in the data, of kind {theirs.kind!r} in the answers")
    strangers = tuple(value for value in theirs.values if value not in set(own.values))
    field = Field(name, own.kind, (*own.values, *strangers), own.parent, own.allowed)
    columns = np.array([field.index(value) for value in theirs.values], dtype=np.int64)
    scores = _place(told.scores[name], rows, columns, len(field))
    chosen = _place(told.chosen[name], rows, columns, len(field))
    labels = manifest.labels(name)
    if field.kind == "multi":
        known, truth = encode_multi_labels(labels, field)
        return MultiAnswers(field, known, truth, chosen, scores)
    answer = np.where(chosen.any(axis=1), chosen.argmax(axis=1), -1)
    return SingleAnswers(field, encode_single_labels(labels, field), answer, scores)


def _place(table: NDArray[Cell], rows: NDArray[np.int64], columns: NDArray[np.int64], width: int) -> NDArray[Cell]:
    """Bring a table of the predictions into the manifest's rows and the shared field's columns."""
    placed = np.zeros((len(rows), width), dtype=table.dtype)
    there = rows >= 0
    placed[np.ix_(there, columns)] = table[rows[there]]
    return placed
