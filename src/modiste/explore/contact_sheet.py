"""The contact sheet: one HTML file that shows pictures beside what was said of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from modiste import __version__
from modiste.explore.markup import escape, read_asset, render_head, speak
from modiste.explore.search_strip import SheetSearch, encode_picture, render_search
from modiste.explore.writing import write_whole
from modiste.runtime import Tags

__all__ = ["FieldScore", "SheetRow", "SheetTag", "score_rows", "write_contact_sheet"]

_THUMBNAIL = (240, 320)
_STYLES = ("house.css", "contact_sheet.css", "search_strip.css")
_LONGEST_NAME = 120


@dataclass(frozen=True)
class SheetTag:
    """What is said of one field of one picture.

    Args:
        field: The field's name.
        value: What was said; empty where nothing was.
        confidence: Probability that it is right, 0 to 1.
        doubtful: Whether somebody should look at it.
        truth: What is true, or None where nobody knows.
    """

    field: str
    value: str
    confidence: float
    doubtful: bool = False
    truth: str | None = None

    @property
    def right(self) -> bool | None:
        """Whether it is right; None where the truth is not known."""
        return None if self.truth is None else self.truth == self.value


@dataclass(frozen=True)
class SheetRow:
    """One picture with its tags.

    Args:
        name: What the picture is called: a path, an id, a product's name. It is escaped.
        picture: The picture, of any size; the sheet keeps a thumbnail.
        tags: What is said of it, in the order in which it is shown.
        stranger: Whether it looks like no product at all, so that all tags are doubtful.
    """

    name: str
    picture: Image.Image
    tags: tuple[SheetTag, ...]
    stranger: bool = False

    @classmethod
    def from_tags(cls, name: str, picture: Image.Image, tags: Tags, truth: Mapping[str, str] | None = None) -> SheetRow:
        """Make a row of what a `Tagger` said, and of the truth by field name as far as it is known.

        Fields that the tagger is silent of are left out.
        """
        known = truth or {}
        said = [
            SheetTag(field, ", ".join(tag.values), tag.confidence, tag.doubtful, known.get(field))
            for field, tag in tags.items()
            if tag.value is not None or tag.kind == "multi"
        ]
        return cls(name, picture, tuple(said), tags.stranger)

    @property
    def doubtful(self) -> bool:
        """Whether any tag is doubtful."""
        return any(tag.doubtful for tag in self.tags)

    @property
    def wrong(self) -> bool:
        """Whether any tag is known to be wrong."""
        return any(tag.right is False for tag in self.tags)


@dataclass(frozen=True)
class FieldScore:
    """How often one field was right.

    Args:
        field: The field's name.
        right: Number of pictures on which it was right.
        total: Number of pictures whose truth is known.
        baseline: How often the most frequent true value would have been right.
    """

    field: str
    right: int
    total: int
    baseline: int

    @property
    def share(self) -> float:
        """Share of right answers, 0 to 1."""
        return self.right / self.total

    @property
    def baseline_share(self) -> float:
        """Share of right answers if the most frequent true value were always said, 0 to 1."""
        return self.baseline / self.total


def score_rows(rows: Iterable[SheetRow]) -> list[FieldScore]:
    """Count how often each field was right, where the truth is known; fields in the order of the tags.

    Example:
        >>> said = SheetTag("colour", "Red", 0.9, truth="Red")
        >>> score_rows([SheetRow("a", Image.new("RGB", (3, 4)), (said,))])
        [FieldScore(field='colour', right=1, total=1, baseline=1)]
    """
    judged: dict[str, list[SheetTag]] = {}
    for row in rows:
        for tag in row.tags:
            if tag.truth is not None:
                judged.setdefault(tag.field, []).append(tag)
    return [_score(field, tags) for field, tags in judged.items()]


def write_contact_sheet(
    path: Path,
    rows: Sequence[SheetRow],
    title: str,
    *,
    note: str = "",
    searches: Sequence[SheetSearch] = (),
    thumbnail: tuple[int, int] = _THUMBNAIL,
) -> Path:
    """Write one self-contained HTML file; it asks for nothing from anywhere, and works without scripts.

    Args:
        path: The file to write; it is replaced as a whole.
        rows: The pictures with their tags.
        title: The heading.
        note: A sentence or two below it: what the pictures are, and how to read the figures.
        searches: What was looked for among the pictures, and what was found; shown before them.
        thumbnail: Largest width and height of a picture in the file, in pixels.

    Returns:
        The path.

    Example:
        >>> import tempfile
        >>> row = SheetRow("a.jpg", Image.new("RGB", (60, 80)), (SheetTag("colour", "Black", 0.8),))
        >>> with tempfile.TemporaryDirectory() as home:
        ...     page = write_contact_sheet(Path(home) / "sheet.html", [row], "Mine").read_text(encoding="utf-8")
        >>> "<h1>Mine</h1>" in page
        True
    """
    page = _PAGE.format(
        head=render_head(title, "".join(map(read_asset, _STYLES)), scripts=True),
        title=escape(title),
        note=f"<p>{escape(note)}</p>" if note else "",
        script=read_asset("contact_sheet.js"),
        summary=_render_summary(rows),
        searches="".join(map(render_search, searches)),
        filters=_render_filters(rows),
        cards="\n".join(_render_card(row, thumbnail) for row in rows),
        version=escape(__version__),
    )
    return write_whole(path, page)


def _score(field: str, tags: Sequence[SheetTag]) -> FieldScore:
    most = Counter(tag.truth for tag in tags).most_common(1)[0][1]
    return FieldScore(field, sum(tag.right is True for tag in tags), len(tags), most)


def _render_summary(rows: Sequence[SheetRow]) -> str:
    scores = score_rows(rows)
    counts = f"{len(rows)} pictures, {sum(row.doubtful for row in rows)} with a doubtful tag"
    if not scores:
        return f'<p class="counts">{counts}.</p>'
    body = "".join(_render_score(score) for score in scores)
    head = "<tr><th scope=col>Field<th scope=col>Right<th scope=col>Share<th scope=col>If always the most frequent</tr>"
    wrong = sum(row.wrong for row in rows)
    return (
        f'<p class="counts">{counts}, {wrong} with a wrong one.</p>'
        f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"
    )


def _render_score(score: FieldScore) -> str:
    share, baseline = 100 * score.share, 100 * score.baseline_share
    return (
        f"<tr><th scope=row>{speak(score.field)}<td>{score.right} of {score.total}"
        f'<td><span class="meter" aria-hidden="true"><i style="width:{share:.1f}%"></i>'
        f'<b style="left:{baseline:.1f}%"></b></span> {share:.0f} %<td>{baseline:.0f} %</tr>'
    )


def _render_filters(rows: Sequence[SheetRow]) -> str:
    choices = [("all", "All", len(rows)), ("doubtful", "Doubtful", sum(row.doubtful for row in rows))]
    if score_rows(rows):
        choices.append(("wrong", "Wrong", sum(row.wrong for row in rows)))
    buttons = [
        f'<label><input type="radio" name="show" value="{key}"{" checked" if key == "all" else ""}>'
        f"<span>{text} <small>{count}</small></span></label>"
        for key, text, count in choices
    ]
    return "".join(buttons)


def _render_card(row: SheetRow, thumbnail: tuple[int, int]) -> str:
    marks = " ".join(mark for mark, there in (("doubtful", row.doubtful), ("wrong", row.wrong)) if there)
    uri, size = encode_picture(row.picture, thumbnail)
    name = row.name if len(row.name) <= _LONGEST_NAME else "…" + row.name[-_LONGEST_NAME:]
    tags = "".join(_render_tag(tag) for tag in row.tags)
    strange = f" {_mark('doubt', '?', 'looks like no product')}" if row.stranger else ""
    return (
        f'<li class="card" data-marks="{marks}"><div class="frame">'
        f'<img src="{uri}" width="{size[0]}" height="{size[1]}" alt="{escape(_describe(row))}"></div>'
        f'<h2 title="{escape(row.name)}">{escape(name)}{strange}</h2><dl>{tags}</dl></li>'
    )


def _render_tag(tag: SheetTag) -> str:
    percent = 100 * min(max(tag.confidence, 0.0), 1.0)
    verdict = ""
    if tag.right is True:
        verdict = _mark("right", "✓", "right")
    elif tag.right is False:
        verdict = _mark("wrong", "✗", f"wrong, is {tag.truth}")
    doubt = _mark("doubt", "?", "doubtful") if tag.doubtful else ""
    return (
        f'<div class="tag"><dt>{speak(tag.field)}</dt><dd><span class="value">{escape(tag.value) or "–"}</span>'
        f'<span class="percent">{percent:.0f} %</span><span class="marks">{verdict}{doubt}</span>'
        f'<span class="bar" aria-hidden="true"><i style="width:{percent:.0f}%"></i></span></dd></div>'
    )


def _mark(kind: str, icon: str, text: str) -> str:
    return f'<span class="mark {kind}"><span aria-hidden="true">{icon}</span> {escape(text)}</span>'


def _describe(row: SheetRow) -> str:
    said = ", ".join(tag.value for tag in row.tags if tag.value)
    return f"Picture tagged {said}" if said else "Picture without tags"


_PAGE = """{head}<header>
<h1>{title}</h1>
{note}
{summary}
</header>
{searches}
<form id="filters" hidden><fieldset><legend>Show</legend>{filters}</fieldset>
<output id="shown" aria-live="polite"></output></form>
<main><ul id="cards">
{cards}
</ul><p id="nothing" hidden>No picture of that kind.</p></main>
<footer>Made by modiste {version}. This file holds everything it shows and asks for nothing from the network.</footer>
<script>{script}</script>
</body>
</html>
"""
