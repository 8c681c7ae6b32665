"""The page and the figures that ``modiste evaluate`` writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from modiste.cli.judged_systems import System

if TYPE_CHECKING:
    from modiste.evaluation import Evaluation, PairedField, Predictions, Protocol, Section
    from modiste.manifest import Manifest

__all__ = ["Paired", "write_pages"]


@dataclass(frozen=True)
class Paired:
    """Two systems by the words they were called with, and their comparison; empty where only one was judged."""

    first: str
    second: str
    fields: tuple[PairedField, ...] = ()

    def fill(self, fields: tuple[PairedField, ...]) -> Paired:
        """Return the comparison, with names that tell the systems apart: those of their files, or the whole paths."""
        first, second = (Path(word).name or word for word in (self.first, self.second))
        return Paired(self.first, self.second, fields) if first == second else Paired(first, second, fields)

    @property
    def heading(self) -> str:
        """Which systems are compared."""
        return f"{self.first} against {self.second}, all rows"

    def list_sections(self) -> list[Section]:
        """Return the section of a report that shows it; none where nothing was compared."""
        from modiste.evaluation import Section, render_pairing

        if not self.fields:
            return []
        data = {item.field: item.to_json() for item in self.fields}
        return [Section(self.heading, render_pairing(self.fields, self.first, self.second), data)]


def write_pages(
    rows: Manifest,
    predictions: Predictions,
    tables: Mapping[str, Evaluation],
    facts: Mapping[str, str],
    paired: Paired,
    *,
    system: System,
    protocol: Protocol | None,
    page: Path | None,
    figures: Path | None,
) -> None:
    """Write the report of an evaluation.

    Args:
        rows: What was judged.
        predictions: What the system said.
        tables: The figures.
        facts: What they are about.
        paired: The comparison with another system, if any.
        system: Its name stands in the title; a bundle says what it calls doubtful, a run how it learnt.
        protocol: The protocol.
        page: The HTML file; None writes none.
        figures: The folder of the PNG files; None draws none.
    """
    from modiste.explore.judged import JudgedReport, write_evaluation_figures, write_evaluation_page

    title = f"{system.name} on {facts['data']}" if protocol is None else f"{system.name}: {protocol.title}"
    doubt = {} if system.bundle is None else system.bundle.spec.doubt
    told = tuple((item, item.describe(paired.first, paired.second)) for item in paired.fields)
    names, history = (paired.first, paired.second), system.history
    report = JudgedReport(title, rows, predictions, tables, facts, protocol, doubt, names, told, history)
    if page is not None:
        write_evaluation_page(page, report)
        typer.echo(f"{page}: open it in a browser", err=True)
    if figures is not None:
        written = write_evaluation_figures(figures, report)
        typer.echo(f"{figures}: {len(written)} figures", err=True)
