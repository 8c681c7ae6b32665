"""Anomalies of a product line as one queue: which stated values, prices and brands to look at first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from modiste.bundle import Bundle
from modiste.collect.auditing.anomalies import Anomaly
from modiste.collect.auditing.brands import find_brand_anomalies
from modiste.collect.auditing.prices import find_price_anomalies
from modiste.collect.auditing.values import find_value_anomalies
from modiste.collect.checking import CheckOptions, Evidence, examine_pictures
from modiste.errors import UnknownNameError, UsageError
from modiste.manifest import META, Manifest

__all__ = ["QUEUE_SCHEMA", "AuditOptions", "AuditResult", "audit_manifest"]

QUEUE_SCHEMA: dict[str, pl.DataType] = {
    "rank": pl.Int64(),
    "item_id": pl.String(),
    "product_id": pl.String(),
    "title": pl.String(),
    "image": pl.String(),
    "priority": pl.Float64(),
    "kind": pl.String(),  # "value", "price" or "brand"
    "field": pl.String(),
    "stated": pl.String(),
    "expected": pl.String(),
    "score": pl.Float64(),
    "look_alikes": pl.String(),  # item ids, the nearest first
    "explanation": pl.String(),
}
_PRICES, _BRANDS = (f"{META}price", f"{META}discountedPrice"), (f"{META}brand", f"{META}brandName")
_SHOWN = 5


@dataclass(frozen=True)
class AuditOptions:
    """What is audited.

    Args:
        fields: Single fields whose stated values are compared; by default all of them.
        price: Column with the price; by default ``meta.price`` or ``meta.discountedPrice``, where there is one.
        brand: Column with the brand; by default ``meta.brand`` or ``meta.brandName``, where there is one.
        neighbours: Look-alikes that are asked, 5 or more.
        min_z: Robust standard deviations from which on a price is an anomaly.
        min_brand_share: Share of the look-alikes that must agree on another brand, in (0.5, 1].
        min_odds: How many times as likely as the stated value another one must be.

    Raises:
        UsageError: A number is out of its range.
    """

    fields: tuple[str, ...] = ()
    price: str | None = None
    brand: str | None = None
    neighbours: int = 15
    min_z: float = 3.5
    min_brand_share: float = 0.6
    min_odds: float = 20.0

    def __post_init__(self) -> None:
        if self.neighbours < 5:
            raise UsageError(f"neighbours is {self.neighbours}; expected 5 or more look-alikes")
        if not 0.5 < self.min_brand_share <= 1:
            raise UsageError(f"min_brand_share is {self.min_brand_share}; expected more than 0.5, at most 1")
        if self.min_z <= 0 or self.min_odds <= 1:
            raise UsageError(f"min_z is {self.min_z}, min_odds {self.min_odds}; expected above 0, and above 1")


@dataclass(frozen=True)
class AuditResult:
    """The queue of an audit.

    Args:
        queue: One row an anomaly, with the columns of `QUEUE_SCHEMA`; all of an item together, the items that deserve a
            person's second most first.
        evidence: What it rests on.
        audited: What was compared: the fields, and the columns of price and brand where there are any.
    """

    queue: pl.DataFrame
    evidence: Evidence
    audited: tuple[str, ...]

    @property
    def unreadable(self) -> int:
        """How many pictures could not be read."""
        return int((~self.evidence.examination.readable).sum())

    def count(self) -> dict[str, int]:
        """Return how many anomalies of each kind there are."""
        return {kind: self.queue.filter(kind=kind).height for kind in ("value", "price", "brand")}


def audit_manifest(
    manifest: Manifest,
    *,
    bundle: Bundle | Path | str | None = None,
    options: AuditOptions = AuditOptions(),
    work: Path | None = None,
    threads: int | None = None,
) -> AuditResult:
    """Compare what a shop states of its products with what their look-alikes say.

    Every anomaly has a score in [0.5, 1), above which it is the likelier wrong. The priority of an item is
    1 - (1 - s1)(1 - s2)..., so that two doubts about one product come before either alone.

    Args:
        manifest: The items; prices and brands are columns of it (Kaggle's set has them with ``details``).
        bundle: Whose embeddings say what looks alike; by default the one that modiste ships.
        options: What is audited.
        work: As for `modiste.collect.checking.examine_pictures`; a check's work folder fits.
        threads: Cores to use; by default all.

    Raises:
        UsageError: There are no items, nothing to audit, or a field is of several values.
        UnknownNameError: There is no such field or column.
        BundleError: There is no such bundle, or it is damaged.
    """
    fields = _choose_fields(manifest, options.fields)
    price, brand = _choose_column(manifest, options.price, _PRICES), _choose_column(manifest, options.brand, _BRANDS)
    audited = (*fields, *(column for column in (price, brand) if column is not None))
    if not audited:
        raise UsageError("there is no single field, price or brand to audit; name a column with --price or --brand")
    examination = examine_pictures(manifest, bundle, work=work, threads=threads)
    checks = CheckOptions(fields=fields, neighbours=options.neighbours)
    evidence = Evidence(manifest, examination, checks)
    found = [find_value_anomalies(evidence, name, min_odds=options.min_odds) for name in fields]
    if price is not None:
        found.append(find_price_anomalies(evidence, price, min_z=options.min_z))
    if brand is not None:
        found.append(find_brand_anomalies(evidence, brand, min_share=options.min_brand_share))
    return AuditResult(_build_queue(evidence, [anomaly for part in found for anomaly in part]), evidence, audited)


def _choose_fields(manifest: Manifest, names: Sequence[str]) -> tuple[str, ...]:
    several = [name for name in names if manifest.taxonomy[name].kind == "multi"]
    if several:
        raise UsageError(f"{several[0]!r} is a multi field; the audit compares single ones")
    return tuple(names) or tuple(item.name for item in manifest.taxonomy if item.kind == "single")


def _choose_column(manifest: Manifest, name: str | None, usual: Sequence[str]) -> str | None:
    columns = manifest.items.columns
    if name is None:
        return next((column for column in usual if column in columns), None)
    chosen = name if name in columns else META + name
    if chosen not in columns:
        raise UnknownNameError("column", name, [column for column in columns if column.startswith(META)])
    return chosen


def _build_queue(evidence: Evidence, anomalies: Sequence[Anomaly]) -> pl.DataFrame:
    doubts: dict[int, float] = {}
    for anomaly in anomalies:
        doubts[anomaly.row] = doubts.get(anomaly.row, 1.0) * (1 - anomaly.score)
    ordered = sorted(anomalies, key=lambda anomaly: (doubts[anomaly.row], anomaly.row, -anomaly.score))
    ranks = {row: rank for rank, row in enumerate(dict.fromkeys(anomaly.row for anomaly in ordered), 1)}
    rows = [
        _describe(evidence, anomaly) | {"rank": ranks[anomaly.row], "priority": 1 - doubts[anomaly.row]}
        for anomaly in ordered
    ]
    return pl.DataFrame(rows, schema=QUEUE_SCHEMA)


def _describe(evidence: Evidence, anomaly: Anomaly) -> dict[str, Any]:
    items = evidence.manifest.items
    item = items.row(anomaly.row, named=True)
    alike = evidence.neighbours.positions[anomaly.row]
    names = items["item_id"].gather(alike[alike >= 0][:_SHOWN].astype(np.int64)).to_list()
    told = {name: item[name] for name in ("item_id", "product_id", "title", "image")}
    return told | {
        "kind": anomaly.kind,
        "field": anomaly.field,
        "stated": anomaly.stated,
        "expected": anomaly.expected,
        "score": anomaly.score,
        "look_alikes": ";".join(names),
        "explanation": anomaly.explanation,
    }
