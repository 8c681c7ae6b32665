"""Sections, bars and pictures: the marks that every part of the page is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from modiste.explore.atlas import Atlas
from modiste.explore.markup import escape, format_count

__all__ = ["Section", "render_bars", "render_meter", "render_section", "render_sheets", "render_table", "render_tile"]


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Args:
        name: Its address within the page.
        title: Its heading; plain text.
        lead: A sentence on how to read it; plain text.
        body: HTML; empty if there is nothing to show.
        reason: Why there is nothing; plain text.
    """

    name: str
    title: str
    lead: str
    body: str
    reason: str | None = None


def render_section(section: Section) -> str:
    """Render a section; one that can't be shown says why."""
    lead = f'<p class="lead">{escape(section.lead)}</p>' if not section.reason else ""
    body = f'<p class="reason">{escape(section.reason)}</p>' if section.reason else section.body
    return (
        f'<section id="{section.name}" aria-labelledby="{section.name}-title">'
        f'<h2 id="{section.name}-title">{escape(section.title)}</h2>{lead}{body}</section>'
    )


def render_bars(rows: Iterable[tuple[str, int]], *, largest: int, total: int) -> str:
    """Render values with bars.

    Args:
        rows: Values and counts.
        largest: The count of a full bar.
        total: What the shares in the tooltips refer to.
    """
    lines = "".join(
        f'<li title="{escape(value)}: {100 * count / max(1, total):.2f} %"><span class="name">{escape(value)}</span>'
        f'<span class="track" aria-hidden="true"><i style="width:{100 * count / max(1, largest):.2f}%"></i></span>'
        f'<span class="number">{format_count(count)}</span></li>'
        for value, count in rows
    )
    return f'<ol class="bars">{lines}</ol>'


def render_meter(share: float, mark: float | None = None) -> str:
    """Render a share of 0 to 1 as a small bar, with a mark where something else would be."""
    there = "" if mark is None else f'<b style="left:{100 * min(1.0, mark):.1f}%"></b>'
    return f'<span class="meter" aria-hidden="true"><i style="width:{100 * min(1.0, share):.1f}%"></i>{there}</span>'


def render_table(head: Sequence[str], rows: Iterable[Sequence[str]], *, label: str, texts: bool = False) -> str:
    """Render a table.

    Args:
        head: The columns' names; plain text.
        rows: Cells as HTML; the first of a row is its heading.
        label: What the table is, for those who can't see it.
        texts: Whether its cells are sentences, which may break.
    """
    columns = "".join(f"<th scope=col>{escape(name)}</th>" for name in head)
    body = "".join(
        f"<tr><th scope=row>{row[0]}</th>{''.join(f'<td>{cell}</td>' for cell in row[1:])}</tr>" for row in rows
    )
    kind = ' class="texts"' if texts else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}">'
        f"<table{kind}><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def render_sheets(prefix: str, atlas: Atlas) -> str:
    """Render the style rules that hold the sheets of an atlas; ``prefix`` and a number are the class of each."""
    return "".join(f".{prefix}{at}{{background-image:url({sheet})}}" for at, sheet in enumerate(atlas.sheets))


def render_tile(prefix: str, atlas: Atlas, at: int, *, label: str = "", scale: float = 1.0) -> str:
    """Render a picture of an atlas.

    Args:
        prefix: As for `render_sheets`.
        atlas: The atlas.
        at: Which picture.
        label: What it shows; by default it is decoration.
        scale: How many times its own size it is shown.
    """
    tile = atlas.tiles[at]
    width, height = atlas.sizes[tile.sheet]
    numbers = (tile.width, tile.height, -tile.left, -tile.top, width, height)
    sides = "width:{:g}px;height:{:g}px;background-position:{:g}px {:g}px;background-size:{:g}px {:g}px"
    style = sides.format(*(round(scale * number, 2) for number in numbers))
    role = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return f'<span class="tile {prefix}{tile.sheet}" {role} style="{style}"></span>'
