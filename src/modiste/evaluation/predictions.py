"""The predictions table: what some system said of some items, whoever made it.

One row a pair of item and value:

    item_id   str    the item
    field     str    the field
    value     str    the value
    score     f64    how likely the value is, in [0, 1], higher is more likely
    chosen    bool   optional: the system's answer

Without ``chosen`` the answer of a single field is its highest score (of equal ones the first in label order), and a
multi field is given every value with a score of at least 0.5. Values that the table leaves out have a score of 0.
`Predictions` holds the same as one dense table of scores a field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.errors import SourceError, UsageError
from modiste.taxonomy import Field, Taxonomy

__all__ = ["PREDICTION_SCHEMA", "Predictions", "read_predictions"]

PREDICTION_SCHEMA: dict[str, pl.DataType] = {
    "item_id": pl.String(),
    "field": pl.String(),
    "value": pl.String(),
    "score": pl.Float64(),
}
_CONFIDENCE = "_confidence"
_GIVEN = 0.5


@dataclass(frozen=True)
class Predictions:
    """The scores and answers of a system for some items.

    Args:
        taxonomy: The fields that were answered, with the values that the columns of ``scores`` speak of.
        item_ids: One id a row, unique.
        scores: Field -> float32 [n, values], in [0, 1]; a row of zeros where nothing was said.
        chosen: Field -> bool [n, values]; the answer. A single field has at most one True a row.

    Raises:
        UsageError: A field is missing, a shape does not fit, an id is doubled, a score lies outside [0, 1].

    Example:
        >>> season = Taxonomy((Field("season", "single", ("Summer", "Winter")),))
        >>> told = Predictions.from_scores(season, ["a"], {"season": np.array([[0.2, 0.8]], dtype=np.float32)})
        >>> told.to_table().filter(pl.col("chosen"))["value"].to_list()
        ['Winter']
    """

    taxonomy: Taxonomy
    item_ids: tuple[str, ...]
    scores: Mapping[str, NDArray[np.float32]]
    chosen: Mapping[str, NDArray[np.bool_]]

    def __post_init__(self) -> None:
        if len(set(self.item_ids)) != len(self.item_ids):
            raise UsageError("the predictions speak of an item twice; give each item one row a field and value")
        for item in self.taxonomy:
            shape = (len(self.item_ids), len(item))
            found = [table[item.name].shape for table in (self.scores, self.chosen) if item.name in table]
            if found != [shape, shape]:
                raise UsageError(f"field {item.name!r} needs scores and choices of the shape {shape}; given {found}")
            _check_scores(item.name, self.scores[item.name])

    def __len__(self) -> int:
        return len(self.item_ids)

    @classmethod
    def from_scores(
        cls,
        taxonomy: Taxonomy,
        item_ids: Sequence[str],
        scores: Mapping[str, NDArray[np.float32]],
        *,
        choices: Mapping[str, NDArray[np.int64]] | None = None,
        thresholds: Mapping[str, Mapping[str, float]] | None = None,
    ) -> Predictions:
        """Build predictions from tables of scores.

        Args:
            taxonomy: The fields of the columns.
            item_ids: One id a row.
            scores: Field -> float32 [n, values].
            choices: Single field -> int [n], the index of the answer, -1 for none; by default the highest score.
            thresholds: Multi field -> value -> the score from which on it is given; by default 0.5.

        Raises:
            UsageError: As `Predictions`.
        """
        chosen = {}
        for item in taxonomy:
            if item.kind == "multi":
                chosen[item.name] = _choose_many(item, scores[item.name], (thresholds or {}).get(item.name, {}))
            else:
                chosen[item.name] = _choose_one(scores[item.name], (choices or {}).get(item.name))
        return cls(taxonomy, tuple(item_ids), dict(scores), chosen)

    @classmethod
    def from_table(cls, table: pl.DataFrame, taxonomy: Taxonomy) -> Predictions:
        """Build predictions from a predictions table.

        Args:
            table: Columns ``item_id``, ``field``, ``value``, ``score`` and perhaps ``chosen``.
            taxonomy: The fields and their kinds. Fields that it lacks are left out; values that it lacks are added
                behind its own, so that a strange answer stays an answer (and is wrong).

        Raises:
            UsageError: A column is missing or of the wrong type, a pair of item and value is doubled, or the table
                speaks of none of the fields.
        """
        checked = _check_table(table)
        told = set(checked["field"].unique())
        fields = [_extend(item, checked) for item in taxonomy if item.name in told]
        if not fields:
            raise UsageError(
                f"the predictions speak of the fields {', '.join(sorted(told)) or 'none'}; "
                f"the data has {', '.join(taxonomy.names)}"
            )
        ids = checked["item_id"].unique(maintain_order=True)
        scores, chosen = {}, {}
        for item in fields:
            scores[item.name], chosen[item.name] = _scatter(item, checked, ids)
        return cls(Taxonomy(tuple(fields)), tuple(ids), scores, chosen)

    def to_table(self, *, top: int | None = None) -> pl.DataFrame:
        """Return the predictions table, with ``chosen``.

        Args:
            top: Keep only this many values of each item and field, the highest scores, and what was chosen. By
                default every value, which is items x values rows.
        """
        frames = [_list_scores(item, self, top) for item in self.taxonomy]
        return pl.concat(frames) if frames else pl.DataFrame(schema={**PREDICTION_SCHEMA, "chosen": pl.Boolean})


def read_predictions(path: Path, taxonomy: Taxonomy) -> Predictions:
    """Read a predictions table, or a table of tags as ``modiste tag`` writes it.

    Args:
        path: A CSV, Parquet or JSON lines file with the columns ``item_id``, ``field``, ``value``, ``score``; or with
            ``item_id``, and ``FIELD`` and ``FIELD_confidence`` for each single field.
        taxonomy: The fields of the data that it is about.

    Raises:
        SourceError: The file can't be read as a table.
        UsageError: As `Predictions.from_table`.
    """
    table = _read_table(path)
    wide = "field" not in table.columns and any(name.endswith(_CONFIDENCE) for name in table.columns)
    return Predictions.from_table(_unpivot(table, taxonomy) if wide else table, taxonomy)


def _read_table(path: Path) -> pl.DataFrame:
    readers: dict[str, Callable[[Path], pl.DataFrame]] = {
        ".csv": lambda file: pl.read_csv(file, infer_schema=False),
        ".parquet": pl.read_parquet,
        # All rows decide on a column's type: an attribute may be silent of the first hundred products.
        ".jsonl": lambda file: pl.read_ndjson(file, infer_schema_length=None),
    }
    read = readers.get(path.suffix.lower())
    if read is None:
        raise SourceError(f"{path} is no table of predictions; expected a file that ends in {', '.join(readers)}")
    try:
        return read(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"{path} can't be read as a {path.suffix} table: {error}") from error


def _unpivot(table: pl.DataFrame, taxonomy: Taxonomy) -> pl.DataFrame:
    names = [
        item.name
        for item in taxonomy
        if item.kind == "single" and item.name in table.columns and item.name + _CONFIDENCE in table.columns
    ]
    if not names or "item_id" not in table.columns:
        raise UsageError(
            f"expected the columns item_id, FIELD and FIELD{_CONFIDENCE} of {', '.join(taxonomy.names)}; "
            f"given {', '.join(table.columns)}"
        )
    frames = [
        table.select("item_id", pl.lit(name).alias("field"), value=pl.col(name), score=pl.col(name + _CONFIDENCE))
        for name in names
        if table.schema[name] != pl.Null  # said of no product
    ]
    if not frames:
        raise UsageError(f"nothing is said of any item; expected values of {', '.join(names)}")
    return pl.concat([frame.drop_nulls("value") for frame in frames])


def _check_table(table: pl.DataFrame) -> pl.DataFrame:
    missing = [name for name in PREDICTION_SCHEMA if name not in table.columns]
    if missing:
        raise UsageError(
            f"a predictions table has the columns {', '.join(PREDICTION_SCHEMA)}; "
            f"missing: {', '.join(missing)}; given: {', '.join(table.columns)}"
        )
    try:
        typed = table.select(pl.col(name).cast(dtype) for name, dtype in PREDICTION_SCHEMA.items())
        flags = table.select(_cast_flag(table)) if "chosen" in table.columns else pl.DataFrame()
    except pl.exceptions.PolarsError as error:
        raise UsageError(f"a column of the predictions is of the wrong type: {error}") from error
    checked = pl.concat([typed, flags], how="horizontal") if flags.width else typed
    if any(checked.null_count().row(0)):
        raise UsageError("the predictions have empty cells; every row needs an item, a field, a value and a score")
    return checked


def _cast_flag(table: pl.DataFrame) -> pl.Expr:
    if table.schema["chosen"] == pl.String:
        return pl.col("chosen").str.to_lowercase().replace_strict({"true": True, "false": False})
    return pl.col("chosen").cast(pl.Boolean)


def _check_scores(name: str, scores: NDArray[np.float32]) -> None:
    if scores.size and not (scores.min() >= 0 and scores.max() <= 1 + 1e-5):
        raise UsageError(f"scores lie in [0, 1]; those of {name!r} go from {scores.min()} to {scores.max()}")


def _extend(item: Field, table: pl.DataFrame) -> Field:
    told = table.filter(pl.col("field") == item.name)["value"].unique()
    strangers = sorted(set(told) - set(item.values))
    return Field(item.name, item.kind, (*item.values, *strangers))


def _scatter(item: Field, table: pl.DataFrame, ids: pl.Series) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    part = table.filter(pl.col("field") == item.name)
    rows = part["item_id"].replace_strict(ids, np.arange(len(ids)), return_dtype=pl.Int64).to_numpy()
    columns = part["value"].replace_strict(item.values, range(len(item)), return_dtype=pl.Int64).to_numpy()
    scores = np.zeros((len(ids), len(item)), dtype=np.float32)
    scores[rows, columns] = part["score"].to_numpy()
    if np.bincount(rows * len(item) + columns, minlength=1).max() > 1:
        raise UsageError(f"the predictions give a value of {item.name!r} two scores for one item; keep one")
    if "chosen" not in part.columns:
        return scores, _choose_many(item, scores, {}) if item.kind == "multi" else _choose_one(scores, None)
    chosen = np.zeros(scores.shape, dtype=np.bool_)
    chosen[rows, columns] = part["chosen"].to_numpy()
    if item.kind == "single" and chosen.sum(axis=1).max(initial=0) > 1:
        raise UsageError(f"{item.name!r} is a field of one value, but an item has several chosen ones")
    return scores, chosen


def _choose_one(scores: NDArray[np.float32], choices: NDArray[np.int64] | None) -> NDArray[np.bool_]:
    answer = np.where(scores.any(axis=1), scores.argmax(axis=1), -1) if choices is None else choices
    chosen: NDArray[np.bool_] = np.asarray(answer)[:, None] == np.arange(scores.shape[1])
    return chosen


def _choose_many(item: Field, scores: NDArray[np.float32], thresholds: Mapping[str, float]) -> NDArray[np.bool_]:
    limits = np.array([thresholds.get(value, _GIVEN) for value in item.values])
    return np.asarray(scores >= limits)


def _list_scores(item: Field, told: Predictions, top: int | None) -> pl.DataFrame:
    scores, chosen = told.scores[item.name], told.chosen[item.name]
    kept = np.ones(scores.shape, dtype=np.bool_)
    if top is not None and top < len(item):
        kept = chosen.copy()
        np.put_along_axis(kept, np.argsort(-scores, axis=1, kind="stable")[:, :top], True, axis=1)
    rows, columns = np.nonzero(kept)
    names = pl.Series(item.values, dtype=pl.String)
    return pl.DataFrame(
        {
            "item_id": pl.Series(told.item_ids, dtype=pl.String).gather(rows),
            "field": pl.repeat(item.name, len(rows), dtype=pl.String, eager=True),
            "value": names.gather(columns),
            "score": scores[rows, columns].astype(np.float64),
            "chosen": chosen[rows, columns],
        }
    )
