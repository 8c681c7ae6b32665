"""What the pages share: their head, escaping, names as words, numbers for people, the files of the house look."""

from __future__ import annotations

import html
import re
from importlib import resources

__all__ = ["escape", "format_count", "format_number", "format_share", "read_asset", "render_head", "speak"]


def escape(text: object) -> str:
    """Return a text that a page shows as it is, within an attribute, too.

    Example:
        >>> escape('<b> "x"')
        '&lt;b&gt; &quot;x&quot;'
    """
    return html.escape(str(text), quote=True)


def speak(name: str) -> str:
    """Turn a column's name into words, escaped.

    Example:
        >>> speak("articleType"), speak("sleeve_length")
        ('article type', 'sleeve length')
    """
    return escape(re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name).lower())


def format_count(number: int) -> str:
    """Write a whole number with thin blanks between thousands.

    Example:
        >>> format_count(39990) == "39\\u202f990"
        True
    """
    return f"{number:,}".replace(",", "\u202f")


def format_number(number: float) -> str:
    """Write a number with about three digits, without an exponent.

    Example:
        >>> format_number(0.01234), format_number(3.14159), format_number(1234.5)
        ('0.012', '3.1', '1\\u202f234')
    """
    if abs(number) >= 100 or number == int(number):
        return format_count(round(number))
    return f"{number:.1f}" if abs(number) >= 1 else f"{number:.2g}"


def format_share(share: float) -> str:
    """Write a share of 0 to 1 in percent; what is more than nothing is never called 0 %, nor less than all 100 %.

    Example:
        >>> format_share(0.1234), format_share(0.0001), format_share(0.9999)
        ('12 %', '<0.1 %', '>99.9 %')
    """
    percent = 100 * share
    if 0 < percent < 0.1:
        return "<0.1 %"
    if 99.9 < percent < 100:
        return ">99.9 %"
    return f"{percent:.0f} %" if percent >= 10 or percent == 0 else f"{percent:.1f} %"


def read_asset(name: str) -> str:
    """Return the text of a style sheet or a script that lies beside this module."""
    return resources.files("modiste.explore").joinpath(name).read_text(encoding="utf-8")


def render_head(title: str, style: str, *, scripts: bool = False) -> str:
    """Return what a page begins with, up to its body; it lets the page fetch nothing, whatever strangers wrote.

    Args:
        title: As it is, not escaped.
        style: The style sheet.
        scripts: Whether the page's own scripts may run.

    Example:
        >>> "<title>Shoes &amp; bags</title>" in render_head("Shoes & bags", "body { margin: 0 }")
        True
    """
    return _HEAD.format(title=escape(title), style=style, scripts=_SCRIPTS if scripts else "")


_SCRIPTS = "; script-src 'unsafe-inline'"
_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'{scripts}">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
"""
