"""Reports for people (Markdown) and for programs (JSON), written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modiste.evaluation.protocol import Protocol
from modiste.evaluation.rendering import (
    render_details,
    render_evaluation,
    render_protocol,
    render_table,
    render_targets,
)
from modiste.evaluation.results import Evaluation
from modiste.evaluation.targets import Target

__all__ = ["DETAILS", "Report", "Section", "list_sections", "write_report"]

DETAILS = "averages, hierarchy and coverage, all rows"


@dataclass(frozen=True)
class Section:
    """A heading with its Markdown, and the same as JSON.

    Args:
        heading: The heading.
        text: Markdown below it.
        data: The figures as plain JSON types.
    """

    heading: str
    text: str
    data: Any = None


@dataclass(frozen=True)
class Report:
    """A titled set of sections, with the facts that make figures comparable.

    Args:
        title: The heading of the page.
        facts: What the figures are about: data, split, picture size, bundle, command, date, hardware.
        sections: In order.
        targets: What had to be reached; empty where nothing had to.
    """

    title: str
    facts: Mapping[str, str]
    sections: Sequence[Section]
    targets: Sequence[Target] = field(default_factory=tuple)

    @property
    def passed(self) -> bool:
        """Whether every target was reached."""
        return all(target.met for target in self.targets)

    def to_markdown(self) -> str:
        """Return the page as Markdown."""
        parts = [f"# {self.title}", render_table(("", ""), self.facts.items())]
        if self.targets:
            parts += ["## Targets", render_targets(self.targets)]
        for section in self.sections:
            parts += [f"## {section.heading}", section.text]
        return "\n\n".join(parts) + "\n"

    def to_json(self) -> dict[str, Any]:
        """Return the page as plain JSON types."""
        return {
            "title": self.title,
            "facts": dict(self.facts),
            "passed": self.passed,
            "targets": [target.to_json() for target in self.targets],
            "sections": {section.heading: section.data for section in self.sections},
        }


def list_sections(tables: Mapping[str, Evaluation], protocol: Protocol | None = None) -> list[Section]:
    """Return the sections that show the tables of `modiste.evaluation.judge`.

    Args:
        tables: Heading -> figures, the ones that count first.
        protocol: Puts the first table beside published figures and targets.
    """
    sections = [Section(heading, render_evaluation(table), table.to_json()) for heading, table in tables.items()]
    sections.append(Section(DETAILS, render_details(next(iter(tables.values())))))
    if protocol is None:
        return sections
    headline = render_protocol(next(iter(tables.values())), protocol.published, protocol.targets)
    return [Section(protocol.title, f"{protocol.description}\n\n{headline}"), *sections]


def write_report(report: Report, folder: Path, name: str) -> tuple[Path, Path]:
    """Write a report as Markdown and JSON, both or neither.

    Args:
        report: The report.
        folder: Made if it is not there.
        name: Of the files, without their suffix.

    Returns:
        The Markdown file and the JSON file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        folder / f"{name}.md": report.to_markdown(),
        folder / f"{name}.json": json.dumps(report.to_json(), indent=1, ensure_ascii=False, allow_nan=False) + "\n",
    }
    waiting = {path: path.with_name(path.name + ".part") for path in texts}
    for path, text in texts.items():
        waiting[path].write_text(text, encoding="utf-8")
    for path, part in waiting.items():
        part.replace(path)
    markdown, data = texts
    return markdown, data
