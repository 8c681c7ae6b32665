"""A page of a search: the query and its answers as pictures, in one HTML file that asks for nothing from anywhere."""

from __future__ import annotations

import base64
import io
from importlib import resources
from pathlib import Path

from PIL import Image

from modiste import __version__
from modiste.catalogue.item import CatalogueItem
from modiste.catalogue.search.query import Query
from modiste.catalogue.search.results import Hit, Results
from modiste.errors import PictureError
from modiste.explore.markup import escape, format_count, format_number, read_asset, render_head, speak
from modiste.explore.writing import check_writable, write_whole
from modiste.imaging import Box, PictureSource, decode_picture

__all__ = ["write_search_page"]

_THUMBNAIL = (240, 320)
_QUALITY = 85


def write_search_page(path: Path, query: Query, results: Results, *, own: CatalogueItem | None = None) -> Path:
    """Write one self-contained HTML file with the query and the hits, best first.

    Args:
        path: The file to write; it is replaced as a whole.
        query: What was looked for.
        results: What was found.
        own: The query's item, where it is by item.

    Returns:
        The path.

    Raises:
        UsageError: The file can't be written there.
    """
    check_writable(path)
    with PictureSource() as source:
        asked = _render_query(query, own, source)
        cards = "\n".join(_render_hit(hit, place, source) for place, hit in enumerate(results, start=query.offset + 1))
    style = resources.files("modiste.catalogue.search").joinpath("page.css").read_text(encoding="utf-8")
    title = _say_query(query)
    page = _PAGE.format(
        head=render_head(title, read_asset("house.css") + read_asset("contact_sheet.css") + style),
        title=escape(title),
        query=asked,
        summary=_render_summary(query, results),
        cards=cards,
        nothing=f"<p>{escape(results.reason)}</p>" if results.reason else "",
        version=escape(__version__),
    )
    return write_whole(path, page)


def _say_query(query: Query) -> str:
    looks = {"a picture": query.image, f"item {query.item}": query.item, "a vector": query.vector}
    said = [f"like {name}" for name, look in looks.items() if look is not None]
    said += [] if query.text is None else [f"“{query.text}”"]
    return "Found: " + ", ".join(said)


def _render_query(query: Query, own: CatalogueItem | None, source: PictureSource) -> str:
    image, box = query.image, query.box
    if own is not None:
        image, box = own.image, own.box
    if image is None:
        return ""
    picture = _render_picture(image, box, source, "What was looked for")
    return f'<figure class="asked">{picture}<figcaption>looked for</figcaption></figure>'


def _render_summary(query: Query, results: Results) -> str:
    count = f"{len(results)} hits" if results.total is None else f"{len(results)} of {format_count(results.total)} hits"
    facts = [f"{count} in {1000 * results.seconds:.0f} ms"]
    facts += [f"Searched by {', '.join(results.methods)}"] if results.methods else []
    facts += [f"Kept where {query.filter}"] if query.filter is not None else []
    facts += [f"Read as “{results.corrected}”"] if results.corrected else []
    lines = [". ".join(facts) + ".", *results.notes]
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def _render_hit(hit: Hit, place: int, source: PictureSource) -> str:
    item = hit.item
    name = item.title or item.item_id
    picture = _render_picture(item.image, item.box, source, name)
    folded = f'<p class="folded">and {len(hit.folded)} more like it</p>' if hit.folded else ""
    return (
        f'<li class="card"><div class="frame">{picture}</div><h2 title="{escape(item.item_id)}">'
        f"<small>{place}</small> {escape(name)}</h2><dl>{_render_facts(hit, item)}</dl>{folded}</li>"
    )


def _render_facts(hit: Hit, item: CatalogueItem) -> str:
    facts = {} if item.price is None else {"price": f"{format_number(item.price)} {item.currency or ''}"}
    if hit.reasons is not None:
        others = [f"{', '.join(its)}, not {', '.join(asked)}" for asked, its in hit.reasons.differ.values()]
        facts["same"] = ", ".join(value for values in hit.reasons.agree.values() for value in values)
        facts["other"] = "; ".join(others)
        facts["words"] = " ".join(hit.reasons.words)
    else:
        facts["labels"] = ", ".join(value for values in item.labels.values() for value in values)
    rows = [_render_fact(name, escape(value)) for name, value in facts.items() if value]
    scores = {"score": hit.score, "colours": hit.colour_score}
    bars = [_render_fact(name, f"{score:.3f}", share=score) for name, score in scores.items() if score is not None]
    if hit.word_score is not None:
        bars.append(_render_fact("fit of the words", f"{hit.word_score:.2f}"))
    return "".join(bars + rows)


def _render_fact(name: str, value: str, *, share: float | None = None) -> str:
    width = 100 * min(max(share or 0.0, 0.0), 1.0)
    bar = "" if share is None else f'<span class="bar" aria-hidden="true"><i style="width:{width:.0f}%"></i></span>'
    return f'<div class="tag"><dt>{speak(name)}</dt><dd><span class="value">{value}</span>{bar}</dd></div>'


def _render_picture(image: object, box: Box | None, source: PictureSource, text: str) -> str:
    try:
        picture = _read_picture(image, box, source)
    except PictureError:
        return '<span class="absent">no picture</span>'
    picture.thumbnail(_THUMBNAIL)
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=_QUALITY)
    uri = "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode("ascii")
    return f'<img src="{uri}" width="{picture.width}" height="{picture.height}" alt="{escape(text)}">'


def _read_picture(image: object, box: Box | None, source: PictureSource) -> Image.Image:
    if isinstance(image, str | Path):
        image = source.read(str(image))
    if isinstance(image, bytes):
        return Image.fromarray(decode_picture(image, box=box, at_least=_THUMBNAIL[::-1]))
    raise PictureError("there is no picture to show")


_PAGE = """{head}<header>
{query}
<div><h1>{title}</h1>
{summary}</div>
</header>
<main><ul id="cards">
{cards}
</ul>{nothing}</main>
<footer>Made by modiste {version}. This file holds everything it shows and asks for nothing from the network.</footer>
</body>
</html>
"""
