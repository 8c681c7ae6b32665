"""The report of a check: one HTML file that shows what was found, pictures beside those they are compared with."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from PIL import Image

from modiste import __version__
from modiste.collect.checking import CHECKS, Check, CheckResult
from modiste.errors import PictureError
from modiste.explore.markup import escape, format_count, format_share, read_asset, render_head
from modiste.explore.writing import write_whole
from modiste.imaging import PictureSource, decode_picture

__all__ = ["render_check_report", "write_check_report"]

_THUMBNAIL = (200, 240)
_QUALITY = 82
_LONGEST = 160  # letters of a text that strangers wrote


def write_check_report(path: Path, result: CheckResult, *, source: str, examples: int = 24) -> Path:
    """Write the report of a check; it asks for nothing from anywhere.

    Args:
        path: The file to write; it is replaced as a whole.
        result: What was found.
        source: What the data set is called.
        examples: How many findings of each check are shown with pictures, the clearest first; the table of findings
            has all of them.

    Returns:
        The path.
    """
    return write_whole(path, render_check_report(result, source=source, examples=examples))


def render_check_report(result: CheckResult, *, source: str, examples: int = 24) -> str:
    """Return the page that `write_check_report` writes."""
    counts = result.count()
    found = [check for check in CHECKS if counts.get(check.name)]
    with PictureSource() as pictures:
        pages = _Pictures(result, pictures)
        sections = [_render_section(check, result, pages, examples) for check in found]
    total = len(result.evidence.manifest)
    touched = result.findings["item_id"].n_unique()
    title = f"Check of {source}"
    return _PAGE.format(
        head=render_head(title, read_asset("house.css") + read_asset("check_report.css")),
        title=escape(title),
        summary=f"{format_count(total)} items, {format_count(touched)} with a finding, "
        f"{format_count(result.unreadable)} pictures that can't be read.",
        table=_render_table(result, counts),
        sections="\n".join(sections) or '<p class="none">Nothing was found.</p>',
        version=escape(__version__),
    )


class _Pictures:
    """The pictures of the items, as small as they are shown."""

    def __init__(self, result: CheckResult, source: PictureSource) -> None:
        items = result.evidence.manifest.items.select("item_id", "image", "box", "title")
        named = set(result.findings["item_id"]) | set(result.findings["partner"].drop_nulls())
        rows = items.filter(pl.col("item_id").is_in(list(named))).iter_rows(named=True)
        self._items: Mapping[str, Mapping[str, Any]] = {row["item_id"]: row for row in rows}
        self._source = source

    def render(self, item_id: str, caption: str) -> str:
        item = self._items[item_id]
        title = _cut(f"{item_id}: {item['title']}" if item["title"] else item_id)
        return (
            f'<figure><div class="frame">{self._render_picture(item, title)}</div>'
            f'<figcaption title="{escape(title)}"><b>{escape(_cut(item_id))}</b> {escape(caption)}</figcaption>'
            "</figure>"
        )

    def _render_picture(self, item: Mapping[str, Any], title: str) -> str:
        try:
            box = None if item["box"] is None else tuple(item["box"])
            picture = decode_picture(self._source.read(item["image"]), box=box)
        except PictureError:
            return '<span class="broken">no picture</span>'  # the finding says why
        uri, (width, height) = _encode(picture)
        return f'<img src="{uri}" width="{width}" height="{height}" alt="{escape(title)}">'


def _encode(picture: np.ndarray[Any, np.dtype[np.uint8]]) -> tuple[str, tuple[int, int]]:
    image = Image.fromarray(picture)
    image.thumbnail(_THUMBNAIL)
    data = io.BytesIO()
    image.save(data, "JPEG", quality=_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode("ascii"), image.size


def _render_table(result: CheckResult, counts: Mapping[str, int]) -> str:
    total = max(len(result.evidence.manifest), 1)
    rows = []
    for check in CHECKS:
        if check.name not in counts:
            continue
        count = counts[check.name]
        items = result.findings.filter(check=check.name)["item_id"].n_unique()
        name = f'<a href="#{check.name}">{_speak(check)}</a>' if count else _speak(check)
        meter = f'<span class="meter" aria-hidden="true"><i style="width:{100 * items / total:.1f}%"></i></span>'
        rows.append(
            f'<tr class="{check.severity}"><th scope=row>{name}<td class="number">{format_count(count)}'
            f'<td class="share">{meter}<span>{format_share(items / total)}</span>'
            f'<td class="what">{escape(check.description)}'
        )
    head = "<tr><th scope=col>Check<th scope=col>Findings<th scope=col>Of the items<th scope=col>What it means"
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def _render_section(check: Check, result: CheckResult, pictures: _Pictures, examples: int) -> str:
    found = result.findings.filter(check=check.name)
    shown = found.head(examples)
    cards = "".join(_render_card(row, pictures) for row in shown.iter_rows(named=True))
    rest = "" if shown.height == found.height else f"; the first {format_count(shown.height)} are shown"
    return (
        f'<section id="{check.name}" class="{check.severity}"><h2>{_speak(check)} '
        f"<small>{format_count(found.height)}{rest}</small></h2>"
        f'<p><span class="badge">{check.severity}</span> {escape(check.description)}.</p><ul>{cards}</ul></section>'
    )


def _render_card(row: Mapping[str, Any], pictures: _Pictures) -> str:
    beside = {"wrong-label": f"is called {row['expected']}", "outlier": "the nearest of its class"}
    expected = beside.get(row["check"], "the one to keep" if row["check"].endswith("copy") else "another copy")
    said = row["stated"] if row["check"] in ("wrong-label", "label-conflict", "outlier") else None
    figures = [pictures.render(row["item_id"], f"is called {said}" if said else "")]
    if row["partner"] is not None:
        figures.append(pictures.render(row["partner"], expected))
    field = f'<b class="field">{escape(row["field"])}:</b> ' if row["field"] else ""
    return (
        f'<li class="card{" pair" if len(figures) > 1 else ""}"><div class="figures">{"".join(figures)}</div>'
        f"<p>{field}{escape(_cut(row['explanation']))}</p>"
        f'<span class="bar" title="score {row["score"]:.2f}">'
        f'<i style="width:{100 * row["score"]:.0f}%"></i></span></li>'
    )


def _speak(check: Check) -> str:
    return escape(check.name.replace("-", " ").capitalize())


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


_PAGE = """{head}<header>
<h1>{title}</h1>
<p class="counts">{summary}</p>
{table}
</header>
<main>
{sections}
</main>
<footer>Made by modiste {version}. Nothing of the data was changed. This file holds everything it shows and asks for
nothing from the network.</footer>
</body>
</html>
"""
