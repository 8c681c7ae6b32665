"""What checks find: one table, whoever found it; and the list of the checks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import polars as pl

from modiste.errors import UnknownNameError

__all__ = ["CHECKS", "FINDING_SCHEMA", "Check", "Finding", "Severity", "build_findings", "find_check"]

Severity = Literal["error", "warning", "suspicion"]
FINDING_SCHEMA: dict[str, pl.DataType] = {
    "item_id": pl.String(),
    "check": pl.String(),
    "severity": pl.String(),
    "score": pl.Float64(),  # in [0, 1]: how sure the finding is; within one check the higher the clearer
    "partner": pl.String(),  # the item_id of the picture that it is a copy of, or is compared with
    "field": pl.String(),
    "stated": pl.String(),
    "expected": pl.String(),
    "explanation": pl.String(),
}


@dataclass(frozen=True)
class Check:
    """One thing that is looked for.

    Args:
        name: As it stands in the column ``check``.
        description: One line.
        severity: ``"error"``: the picture can't be used as it is. ``"warning"``: a fact that may be intended.
            ``"suspicion"``: a guess from statistics, for a person to judge.
    """

    name: str
    description: str
    severity: Severity


CHECKS = (
    Check("unreadable", "the file is missing, damaged or too large", "error"),
    Check("not-a-picture", "the file is something else: a page, a text, an archive", "error"),
    Check("wrong-suffix", "the content is of another format than the name says", "warning"),
    Check("blank", "a single colour, or nearly no detail", "error"),
    Check("tiny", "too few pixels to show a product", "warning"),
    Check("exact-copy", "byte for byte the file of another item", "warning"),
    Check("pixel-copy", "another file with exactly the same pixels", "warning"),
    Check("near-copy", "the same picture, resized or compressed again", "warning"),
    Check("label-conflict", "copies of one picture with different labels", "warning"),
    Check("outlier", "looks unlike everything else of its class", "suspicion"),
    Check("wrong-label", "the pictures that look like it have another label", "suspicion"),
)


class Finding(NamedTuple):
    """One finding, before it becomes a row; the columns are explained at `FINDING_SCHEMA`."""

    item_id: str
    score: float
    explanation: str
    partner: str | None = None
    field: str | None = None
    stated: str | None = None
    expected: str | None = None


def find_check(name: str) -> Check:
    """Return a check by its name; UnknownNameError lists the known ones.

    Example:
        >>> find_check("blank").severity
        'error'
    """
    for check in CHECKS:
        if check.name == name:
            return check
    raise UnknownNameError("check", name, [check.name for check in CHECKS])


def build_findings(name: str, findings: Iterable[Finding]) -> pl.DataFrame:
    """Make the table of one check's findings, the clearest first.

    Args:
        name: The check.
        findings: What it found.

    Returns:
        A table with the columns of `FINDING_SCHEMA`.

    Example:
        >>> build_findings("blank", [Finding("a", 1.0, "one colour")])["severity"].to_list()
        ['error']
    """
    check = find_check(name)
    rows = [finding._asdict() | {"check": check.name, "severity": check.severity} for finding in findings]
    return pl.DataFrame(rows, schema=FINDING_SCHEMA).sort("score", descending=True, maintain_order=True)
