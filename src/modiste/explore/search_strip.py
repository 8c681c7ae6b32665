"""A search on a page: what was looked for, and in a row what was found."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

from PIL import Image

from modiste.explore.markup import escape

__all__ = ["SheetSearch", "encode_picture", "render_search"]

_QUALITY = 85
_SMALL = (150, 200)


@dataclass(frozen=True)
class SheetSearch:
    """A search and its answers.

    Args:
        heading: What was looked for, in words.
        asked: The picture that was looked for; None where it was words alone.
        found: Pictures and captions, best first.
        note: A sentence below the heading.
    """

    heading: str
    asked: Image.Image | None
    found: tuple[tuple[Image.Image, str], ...]
    note: str = ""


def encode_picture(picture: Image.Image, thumbnail: tuple[int, int]) -> tuple[str, tuple[int, int]]:
    """Return a picture as an address that holds it, and its width and height.

    Args:
        picture: Of any size.
        thumbnail: The largest width and height, in pixels.
    """
    small = picture.convert("RGB")
    small.thumbnail(thumbnail)
    data = io.BytesIO()
    small.save(data, "JPEG", quality=_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode("ascii"), small.size


def render_search(search: SheetSearch) -> str:
    """Return a search as a section of a page; its style is ``search_strip.css``.

    Example:
        >>> "blue" in render_search(SheetSearch("blue", None, ()))
        True
    """
    figures = [] if search.asked is None else [_render_figure(search.asked, "looked for", "asked")]
    figures += [_render_figure(picture, caption, "found") for picture, caption in search.found]
    note = f"<p>{escape(search.note)}</p>" if search.note else ""
    body = "".join(figures) or "<p>Nothing fits.</p>"
    return f'<section class="search"><h2>{escape(search.heading)}</h2>{note}<div class="strip">{body}</div></section>\n'


def _render_figure(picture: Image.Image, caption: str, kind: str) -> str:
    uri, (width, height) = encode_picture(picture, _SMALL)
    return (
        f'<figure class="{kind}"><img src="{uri}" width="{width}" height="{height}" alt="{escape(caption)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )
