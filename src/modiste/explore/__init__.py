"""Looking at data and results: numbers, pages and figures for people."""

from __future__ import annotations

from modiste.explore.contact_sheet import (
    FieldScore,
    SheetRow,
    SheetTag,
    score_rows,
    write_contact_sheet,
)
from modiste.explore.exploration import (
    ClassPictures,
    EmbeddingMap,
    Exploration,
    ExploreOptions,
    PictureReport,
    explore_manifest,
)
from modiste.explore.findings import Finding, list_findings
from modiste.explore.numbers import list_numbers, write_numbers
from modiste.explore.page import render_exploration, write_exploration
from modiste.explore.search_strip import SheetSearch

__all__ = [
    "ClassPictures",
    "EmbeddingMap",
    "Exploration",
    "ExploreOptions",
    "FieldScore",
    "Finding",
    "PictureReport",
    "SheetRow",
    "SheetSearch",
    "SheetTag",
    "explore_manifest",
    "list_findings",
    "list_numbers",
    "render_exploration",
    "score_rows",
    "write_contact_sheet",
    "write_exploration",
    "write_numbers",
]
