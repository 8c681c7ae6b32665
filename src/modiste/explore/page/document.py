"""The page as a whole: one file that holds everything it shows."""

from __future__ import annotations

from pathlib import Path

from modiste import __version__
from modiste.explore.atlas import Atlas, build_atlas
from modiste.explore.exploration import Exploration
from modiste.explore.markup import escape, read_asset, render_head
from modiste.explore.page.abridging import Limits, abridge, list_limits
from modiste.explore.page.comparisons import build_pairs, build_parts
from modiste.explore.page.frame import Section, render_section, render_sheets
from modiste.explore.page.labels import build_fields, build_hierarchy, build_missing, build_overview, build_problems
from modiste.explore.page.payload import build_payload, to_script_json
from modiste.explore.page.pictures import EXAMPLES, MEANS, build_classes, build_histograms, build_map, build_sizes
from modiste.explore.writing import write_whole

__all__ = ["render_exploration", "write_exploration"]

_STYLES = ("house.css", "exploration.css")
_MARKS = "exploration_marks.js"
_SCRIPTS = ("exploration_pairs.js", "exploration_pictures.js", "exploration_map.js")
_MAPPED = "m"
_MOST = 7_900_000  # bytes of a page; what it promises is 8 MB
_EXAMPLE_SHEETS, _MEAN_SHEETS, _MAP_SHEETS = 2_200_000, 600_000, 1_800_000


def write_exploration(path: Path, found: Exploration) -> Path:
    """Write an exploration as one HTML file that asks for nothing from the network.

    Args:
        path: The file to write; it is replaced as a whole.
        found: The exploration.

    Returns:
        The path.
    """
    return write_whole(path, render_exploration(found))


def render_exploration(found: Exploration) -> str:
    """Return the page of an exploration as HTML.

    It takes less than 8 MB, whatever the data set is: of many fields and long texts only a part is shown, and the page
    says so.
    """
    report = found.pictures
    examples = build_atlas([portrait.picture for portrait in report.portraits], most=_EXAMPLE_SHEETS)
    means = build_atlas([item.mean for item in report.classes if item.mean is not None], most=_MEAN_SHEETS)
    mapped = build_atlas([portrait.picture for portrait in found.map.portraits] if found.map else [], most=_MAP_SHEETS)
    for limits in list_limits():
        page = _fill(abridge(found, limits), limits, means, examples, mapped)
        if len(page.encode()) <= _MOST:
            break
    return page


def _fill(found: Exploration, limits: Limits, means: Atlas, examples: Atlas, mapped: Atlas) -> str:
    sections = _list_sections(found, means, examples)
    sheets = render_sheets(EXAMPLES, examples) + render_sheets(MEANS, means) + render_sheets(_MAPPED, mapped)
    payload = to_script_json(build_payload(found, examples, mapped, longest=limits.longest))
    abridged = limits.describe()
    title = str(found.described["source"])
    return _PAGE.format(
        abridged=f'<p class="reason">{escape(abridged)}</p>' if abridged else "",
        head=render_head(f"{title}: exploration", "\n".join(map(read_asset, _STYLES)) + sheets, scripts=True),
        title=escape(title),
        links="".join(f'<a href="#{section.name}">{escape(section.title)}</a>' for section in sections),
        sections="\n".join(map(render_section, sections)),
        payload=payload,
        script=read_asset(_MARKS) + "\n".join(f"{{\n{read_asset(name)}}}" for name in _SCRIPTS),
        readers=escape(", ".join(found.described["readers"])),
        version=escape(__version__),
    )


def _list_sections(found: Exploration, means: Atlas, examples: Atlas) -> list[Section]:
    return [
        build_overview(found),
        build_fields(found),
        build_hierarchy(found),
        build_missing(found),
        build_parts(found),
        build_pairs(found),
        build_sizes(found),
        build_histograms(found),
        build_classes(found, means, examples),
        build_map(found),
        build_problems(found),
    ]


_PAGE = """{head}<a class="skip" href="#overview">To the content</a>
<header>
<h1>{title}</h1>
<p>What is in this data set, read as {readers}.</p>
{abridged}
</header>
<nav aria-label="Sections"><div>{links}</div></nav>
<noscript><p class="reason">Scripts are off: histograms, heat maps and the map are not drawn.</p></noscript>
<main>
{sections}
</main>
<dialog id="portrait" aria-labelledby="portrait-name"><form method="dialog"><button aria-label="Close">✕</button></form>
<div id="portrait-body"></div></dialog>
<footer>Made by modiste {version}. This file holds everything it shows and asks for nothing from the network.</footer>
<script type="application/json" id="payload">{payload}</script>
<script type="module">{script}</script>
</body>
</html>
"""
