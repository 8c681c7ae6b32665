"""One system judged under a protocol, or on a part of a data set: all tables that belong to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.errors import UsageError
from modiste.evaluation.leaks import find_unseen
from modiste.evaluation.predictions import Predictions
from modiste.evaluation.protocol import Protocol
from modiste.evaluation.results import Evaluation
from modiste.evaluation.scoring import Grouping, score_predictions
from modiste.evaluation.split_rule import hash_rows
from modiste.manifest import Manifest
from modiste.splits import digest_pictures

__all__ = ["ALL_CLASSES", "ALL_ROWS", "UNSEEN_ROWS", "Part", "describe_rows", "judge", "select_part"]

ALL_ROWS = "all rows"
UNSEEN_ROWS = "rows whose title and picture no row outside the part has"
ALL_CLASSES = "all rows, every class may be answered"


@dataclass(frozen=True)
class Part:
    """The rows that are judged, and those outside.

    Args:
        name: The name of the part, None where everything is judged.
        rows: The items to judge.
        training: The items the majority baselines are taken from: the part named ``train`` where there is one, else
            everything outside. Empty where everything is judged.
        unseen: bool [rows]; neither the title nor the picture of the row occurs outside the part.
    """

    name: str | None
    rows: Manifest
    training: Manifest
    unseen: NDArray[np.bool_]


def select_part(manifest: Manifest, name: str | None, *, digests: Mapping[str, str] | None = None) -> Part:
    """Take one part of a manifest, and find its rows that no row outside resembles.

    Args:
        manifest: All items, with their split; copies (column ``meta.copy_of``) belong to no part.
        name: The part to judge; None takes every item, of which then none is outside.
        digests: Picture reference -> digest (`digest_pictures`); read from the pictures where not given.

    Raises:
        UsageError: No item belongs to the part.
    """
    manifest = manifest.without_copies()
    if name is None:
        return Part(None, manifest, manifest.where(pl.lit(False)), np.ones(len(manifest), dtype=np.bool_))
    rows = manifest.of_split(name)
    if not len(rows):
        found = sorted({str(part) for part in manifest.items["split"].drop_nulls()})
        raise UsageError(f"no item belongs to the part {name!r}; the data has {', '.join(found) or 'no parts'}")
    outside = manifest.where(pl.col("split").ne_missing(pl.lit(name)))
    digests = digest_pictures(manifest.items["image"]) if digests is None else digests
    unseen = find_unseen(
        rows.items["title"].to_list(),
        [digests.get(image) for image in rows.items["image"]],
        outside.items["title"],
        (digests.get(image) for image in outside.items["image"]),
    )
    training = outside.of_split("train")
    return Part(name, rows, training if len(training) else outside, unseen)


def describe_rows(part: Part, protocol: Protocol | None) -> str:
    """Say how many rows are judged, and whether they are those that the protocol means.

    Example:
        >>> rows = Manifest.from_rows([{"item_id": "a", "image": "a", "source": "x"}])
        >>> describe_rows(select_part(rows, None), None)
        '1, every item'
    """
    text = f"{len(part.rows)}, {f'part {part.name!r}' if part.name else 'every item'}"
    if protocol is None or not protocol.rows_sha256 or part.name != protocol.part:
        return text
    same = hash_rows(part.rows) == protocol.rows_sha256
    return f"{text}, {'those' if same else 'not those'} of the protocol's rows_sha256"


def judge(
    part: Part,
    predictions: Predictions,
    *,
    protocol: Protocol | None = None,
    fields: Sequence[str] | None = None,
    group_by: Grouping = "title",
    replicates: int = 1000,
    seed: int = 0,
) -> dict[str, Evaluation]:
    """Judge predictions on a part: on all its rows, on the unseen ones, and without a protocol's restriction.

    Args:
        part: The rows.
        predictions: What the system said of them.
        protocol: Its fields and classes are used; without one nothing is restricted.
        fields: The fields to judge where there is no protocol.
        group_by: What bootstrap draws keep together.
        replicates: Bootstrap draws an interval.
        seed: The draws repeat with it.

    Returns:
        Heading -> figures; the first is the one that counts.

    Raises:
        UsageError: Nothing can be judged.
    """
    settings: dict[str, Any] = {"group_by": group_by, "replicates": replicates, "seed": seed}
    settings["fields"] = fields if protocol is None else protocol.fields
    settings["training"] = part.training if len(part.training) else None
    classes = {} if protocol is None else protocol.classes
    tables = {ALL_ROWS: score_predictions(part.rows, predictions, classes=classes, **settings)}
    if part.name is not None and part.unseen.any():
        rows = part.rows.where(pl.lit(pl.Series(part.unseen)))
        tables[UNSEEN_ROWS] = score_predictions(rows, predictions, classes=classes, **settings)
    if classes:
        tables[ALL_CLASSES] = score_predictions(part.rows, predictions, **settings)
    return tables
