"""Looking at results: pages and figures for people."""

from __future__ import annotations

from modiste.explore.contact_sheet import (
    FieldScore,
    SheetRow,
    SheetTag,
    score_rows,
    write_contact_sheet,
)

__all__ = ["FieldScore", "SheetRow", "SheetTag", "score_rows", "write_contact_sheet"]
