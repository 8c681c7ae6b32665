"""Every verdict as a row: what is true of an item, what was said of it, how sure, and whether that is right."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.evaluation.answers import MultiAnswers, SingleAnswers, align_answers
from modiste.evaluation.predictions import Predictions
from modiste.manifest import Manifest

__all__ = ["VALUE_SEPARATOR", "VERDICT_SCHEMA", "list_verdicts"]

VALUE_SEPARATOR: Final = " | "
VERDICT_SCHEMA: dict[str, pl.DataType] = {
    "id": pl.String(),
    "field": pl.String(),
    "truth": pl.String(),
    "prediction": pl.String(),
    "confidence": pl.Float64(),
    "correct": pl.Boolean(),
}


def list_verdicts(
    manifest: Manifest,
    predictions: Predictions,
    *,
    fields: Sequence[str] | None = None,
    classes: Mapping[str, Collection[str]] | None = None,
) -> pl.DataFrame:
    """List one row an item and field, the items in the manifest's order, field by field.

    Args:
        manifest: The items that were judged; copies (column ``meta.copy_of``) are left out.
        predictions: What the system said of them.
        fields: The fields, by default all that data and predictions share.
        classes: Field -> the values that may be answered, as for `score_predictions`.

    Returns:
        ``id``, ``field``, ``truth`` (null where unknown), ``prediction`` (null where none was given), ``confidence`` in
        [0, 1] (0 where no answer was given), ``correct`` (null where the truth is unknown). Several values of one
        field are joined by ``" | "``, in label order; no value is an empty text, and the confidence is the lowest of
        their scores, of no value how far the highest score is from 1.

    Raises:
        UsageError: Manifest and predictions share no item or no field.

    Example:
        >>> rows = [{"item_id": "a", "image": "a", "source": "x", "label.hue": "red"}]
        >>> shop = Manifest.from_rows(rows)
        >>> told = Predictions.from_scores(shop.taxonomy, ["a"], {"hue": np.array([[0.75]], dtype=np.float32)})
        >>> list_verdicts(shop, told).row(0)
        ('a', 'hue', 'red', 'red', 0.75, True)
    """
    manifest = manifest.without_copies()
    ids, told = manifest.items["item_id"], set(predictions.item_ids)
    asked = np.array([item in told for item in ids], dtype=np.bool_)
    frames = []
    for entry in align_answers(manifest, predictions, fields=fields):
        if isinstance(entry, MultiAnswers):
            columns = _list_multi(entry, asked)
        else:
            allowed = (classes or {}).get(entry.field.name)
            columns = _list_single(entry if allowed is None else entry.restrict(allowed))
        frames.append(pl.DataFrame({"id": ids, "field": [entry.field.name] * len(ids), **columns}, VERDICT_SCHEMA))
    return pl.concat(frames)


def _list_single(entry: SingleAnswers) -> dict[str, Sequence[object]]:
    names = (*entry.field.values, None)  # an index of -1 is the last one: no value
    return {
        "truth": [names[at] for at in entry.truth],
        "prediction": [names[at] for at in entry.answer],
        "confidence": np.clip(entry.confidence.astype(np.float64), 0, 1).tolist(),
        "correct": _decide(entry),
    }


def _list_multi(entry: MultiAnswers, asked: NDArray[np.bool_]) -> dict[str, Sequence[object]]:
    def join(row: NDArray[np.bool_], known: bool) -> str | None:
        names = (value for value, there in zip(entry.field.values, row, strict=True) if there)
        return VALUE_SEPARATOR.join(names) if known else None

    lowest = np.where(entry.answer, entry.scores, 1.0).min(axis=1, initial=1.0)
    none = 1 - entry.scores.max(axis=1, initial=0.0)
    sure = np.where(entry.answer.any(axis=1), lowest, none) * asked
    return {
        "truth": [join(row, known) for row, known in zip(entry.truth, entry.known, strict=True)],
        "prediction": [join(row, known) for row, known in zip(entry.answer, asked, strict=True)],
        "confidence": np.clip(sure, 0, 1).tolist(),
        "correct": _decide(entry),
    }


def _decide(entry: SingleAnswers | MultiAnswers) -> list[bool | None]:
    return [bool(hit) if known else None for hit, known in zip(entry.hits, entry.known, strict=True)]
