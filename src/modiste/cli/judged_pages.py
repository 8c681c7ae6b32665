"""The page and the figures that ``modiste evaluate`` writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from modiste.cli.judged_systems import System

if TYPE_CHECKING:
    from modiste.evaluation import Evaluation, Predictions, Protocol
    from modiste.manifest import Manifest

__all__ = ["write_pages"]


def write_pages(
    rows: Manifest,
    predictions: Predictions,
    tables: Mapping[str, Evaluation],
    facts: Mapping[str, str],
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
        system: Its name stands in the title; a bundle says what it calls doubtful.
        protocol: The protocol.
        page: The HTML file; None writes none.
        figures: The folder of the PNG files; None draws none.
    """
    from modiste.explore.judged import JudgedReport, write_evaluation_figures, write_evaluation_page

    title = f"{system.name} on {facts['data']}" if protocol is None else f"{system.name}: {protocol.title}"
    doubt = {} if system.bundle is None else system.bundle.spec.doubt
    report = JudgedReport(title, rows, predictions, tables, facts, protocol, doubt)
    if page is not None:
        write_evaluation_page(page, report)
        typer.echo(f"{page}: open it in a browser", err=True)
    if figures is not None:
        written = write_evaluation_figures(figures, report)
        typer.echo(f"{figures}: {len(written)} figures", err=True)
