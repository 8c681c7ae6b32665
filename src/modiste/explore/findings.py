"""What stands out in a data set, in sentences, each with the section that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from modiste.explore.exploration import Exploration
from modiste.explore.markup import format_count, format_number, format_share

__all__ = ["Finding", "list_findings"]

_UNEVEN = 100
_SPARSE = 0.05
_NAMED = 3


class Finding(NamedTuple):
    """One thing that stands out: the section that shows it, and a sentence in plain text."""

    section: str
    text: str


def list_findings(found: Exploration) -> tuple[Finding, ...]:
    """List what somebody should know before they train on a data set, the gravest first."""
    checks = (_find_unreadable, _find_departures, _find_unused_in_parts, _find_blanks, _find_uneven, _find_shared)
    return tuple(Finding(*finding) for check in checks for finding in check(found))


def _find_unreadable(found: Exploration) -> Iterator[tuple[str, str]]:
    report, lost = found.pictures, found.described["problems"]["count"]
    if report.failures:
        yield "problems", f"{_count(len(report.failures), 'picture')} could not be read."
    if report.addresses:
        verb = "has" if report.addresses == 1 else "have"
        yield "problems", f"{_count(report.addresses, 'picture')} {verb} not been fetched yet."
    if lost:
        yield "problems", f"The reader reports {_count(lost, 'problem')} with the source."


def _find_departures(found: Exploration) -> Iterator[tuple[str, str]]:
    for compared in found.parts:
        names = [part.part for part in compared.parts if part.departs]
        if names:
            yield "parts", f"The parts differ in {compared.field} by more than chance: {_name(names)}."


def _find_unused_in_parts(found: Exploration) -> Iterator[tuple[str, str]]:
    for compared in found.parts:
        for part in compared.parts:
            if part.part == "train" and part.absent:
                texts = _count(len(part.absent), "value")
                yield "parts", f"Train lacks {texts} of {compared.field} that other parts have: {_name(part.absent)}."


def _find_blanks(found: Exploration) -> Iterator[tuple[str, str]]:
    for column in found.gaps:
        if column.kind == "field" and column.share > _SPARSE:
            yield "missing", f"{column.name} is not known for {format_share(column.share)} of the items."


def _find_uneven(found: Exploration) -> Iterator[tuple[str, str]]:
    for counts in found.counts:
        if counts.imbalance is not None and counts.imbalance >= _UNEVEN:
            most = counts.values[0].value
            verb = "has" if counts.rare == 1 else "have"
            rare = f"; {_count(counts.rare, 'value')} {verb} fewer than ten items" if counts.rare else ""
            yield (
                "fields",
                f"In {counts.name} the commonest value ({most}) has {format_number(counts.imbalance)} times the items "
                f"of the rarest{rare}.",
            )


def _find_shared(found: Exploration) -> Iterator[tuple[str, str]]:
    for tree in found.trees:
        for shared in tree.shared[:_NAMED]:
            parents = _name([value for value, _ in shared.parents])
            yield "hierarchy", f"{shared.value} ({shared.field}) stands under several values: {parents}."


def _count(number: int, noun: str) -> str:
    return f"{format_count(number)} {noun}{'' if number == 1 else 's'}"


def _name(names: list[str] | tuple[str, ...]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {format_count(rest)} more" if rest > 0 else "")
