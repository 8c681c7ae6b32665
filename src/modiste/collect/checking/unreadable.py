"""Pictures that can't be read, and files that are none."""

from __future__ import annotations

import polars as pl

from modiste.collect.checking.examination import Examination
from modiste.collect.checking.findings import Finding, build_findings

__all__ = ["find_strangers", "find_unreadable"]


def find_unreadable(examination: Examination) -> pl.DataFrame:
    """Find pictures that are missing, damaged or too large; the reason is the explanation."""
    return _list_reasons("unreadable", examination, ~_is_stranger())


def find_strangers(examination: Examination) -> pl.DataFrame:
    """Find files that were read whole and are no pictures at all, such as the error page of a shop."""
    return _list_reasons("not-a-picture", examination, _is_stranger())


def _is_stranger() -> pl.Expr:
    return pl.col("file_digest").is_not_null() & pl.col("format").is_null()


def _list_reasons(name: str, examination: Examination, wanted: pl.Expr) -> pl.DataFrame:
    failed = examination.facts.filter(pl.col("reason").is_not_null() & wanted)
    return build_findings(
        name, (Finding(item, 1.0, reason) for item, reason in failed.select("item_id", "reason").iter_rows())
    )
