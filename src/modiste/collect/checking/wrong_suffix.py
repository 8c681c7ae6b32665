"""Pictures whose name promises another format than they have."""

from __future__ import annotations

from pathlib import PurePosixPath

import polars as pl

from modiste.collect.checking.examination import Examination
from modiste.collect.checking.findings import Finding, build_findings
from modiste.imaging import split_reference

__all__ = ["find_wrong_suffixes"]

_FORMATS = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), "JPEG"),
    **dict.fromkeys((".tif", ".tiff"), "TIFF"),
    **dict.fromkeys((".bmp", ".dib"), "BMP"),
    **dict.fromkeys((".heic", ".heif"), "HEIF"),
    ".png": "PNG",
    ".gif": "GIF",
    ".webp": "WEBP",
    ".avif": "AVIF",
}


def find_wrong_suffixes(examination: Examination) -> pl.DataFrame:
    """Find pictures whose suffix names another format than their first bytes; unknown suffixes promise nothing."""
    rows = examination.facts.filter(pl.col("format").is_not_null()).select("item_id", "image", "format")
    findings = []
    for item_id, image, found in rows.iter_rows():
        suffix = _find_suffix(image)
        promised = _FORMATS.get(suffix)
        if promised is not None and promised != found:
            text = f"the name ends in {suffix}, but the file is {found}"
            findings.append(Finding(item_id, 1.0, text, stated=promised, expected=found))
    return build_findings("wrong-suffix", findings)


def _find_suffix(reference: str) -> str:
    path, members = split_reference(reference)
    return PurePosixPath(members[-1] if members else path.name).suffix.lower()
