"""The page's sections on pictures: sizes, histograms, classes with their mean pictures and examples, the map."""

from __future__ import annotations

import math
from collections.abc import Mapping

from modiste.explore.atlas import Atlas
from modiste.explore.exploration import ClassPictures, EmbeddingMap, Exploration
from modiste.explore.markup import escape, format_count, format_number, format_share, speak
from modiste.explore.page.frame import Section, render_table, render_tile
from modiste.explore.statistics import Quantiles, SizeSummary

__all__ = ["EXAMPLES", "MEANS", "build_classes", "build_histograms", "build_map", "build_sizes"]

EXAMPLES, MEANS = "e", "a"
_SIDE, _COLOURS = 300, 10
_SMALLEST = 56
_MARKS = ((1 / 2, "1:2"), (3 / 4, "3:4"), (1.0, "1:1"), (4 / 3, "4:3"), (2.0, "2:1"))


def build_sizes(found: Exploration) -> Section:
    """Build the section of sizes and shapes."""
    sizes, reason = found.pictures.sizes, found.reasons.get("sizes")
    lead = "Width and height of the pictures as shown, and their shape: width over height."
    return Section("sizes", "Sizes and shapes", lead, "" if sizes is None else _render_sizes(sizes), reason)


def build_histograms(found: Exploration) -> Section:
    """Build the section of grey and colour histograms; a script draws the one that is chosen."""
    lead = (
        "How bright, and how red, green and blue the pixels are: of all pictures, of a class, or of one picture. "
        "Every picture weighs the same. The thin line is the whole set's."
    )
    body = (
        '<form id="histogram-form" class="tools"><label>Field <select name="field"></select></label>'
        '<label>Value <select name="value"></select></label>'
        '<label>Picture <select name="picture"></select></label></form>'
        '<div class="histograms"><figure><figcaption>Grey</figcaption><div id="histogram-grey"></div></figure>'
        '<figure><figcaption>Red, green, blue</figcaption><div id="histogram-colours"></div></figure>'
        '<div id="histogram-picture"></div></div><p id="histogram-told" class="told" aria-live="polite"></p>'
    )
    return Section("histograms", "Brightness and colour", lead, body, found.reasons.get("histograms"))


def build_classes(found: Exploration, means: Atlas, examples: Atlas) -> Section:
    """Build the section of mean pictures and examples, a panel a field."""
    reason = found.reasons.get("classes")
    lead = (
        "The mean of a class's pictures, laid over each other, and a few of them. A sharp mean says that the pictures "
        "are taken alike. Choose a picture to see its labels and its histogram."
    )
    if reason:
        return Section("classes", "Classes in pictures", lead, "", reason)
    places = {portrait.row: at for at, portrait in enumerate(found.pictures.portraits)}
    panels, taken, chosen = "", 0, _choose_field(found)
    for counts in found.counts:
        shown = [item for item in found.pictures.classes if item.group.field == counts.name and item.mean is not None]
        panels += _render_panel(counts.name, len(counts.values), shown, means, taken, examples, places)
        taken += len(shown)
    choices = "".join(
        f'<label class="choice"><input type="radio" name="field" value="{escape(counts.name)}"'
        f"{' checked' if at == chosen else ''}><span>{speak(counts.name)}</span></label>"
        for at, counts in enumerate(found.counts)
    )
    form = f'<form id="classes-form" class="tools" hidden><fieldset><legend>Field</legend>{choices}</fieldset></form>'
    return Section("classes", "Classes in pictures", lead, form + panels)


def build_map(found: Exploration) -> Section:
    """Build the section of the embedding map; a script draws it."""
    drawn = found.map
    reason = found.reasons.get("map")
    if drawn is None:
        return Section("map", "Map of the pictures", "", "", reason or "There is no map.")
    chosen = _choose_field(found)
    options = "".join(
        f'<option value="{at}"{" selected" if at == chosen else ""}>{speak(counts.name)}</option>'
        for at, counts in enumerate(found.counts)
    )
    chooser = f'<label>Colour by <select name="field">{options}</select></label>' if options else ""
    body = (
        f'<form id="map-form" class="tools">{chooser}<span class="buttons"><button type="button" data-zoom="1.5">Nearer'
        '</button><button type="button" data-zoom="0.667">Farther</button><button type="button" data-zoom="0">Whole map'
        "</button></span></form>"
        '<div class="map"><div class="map-frame"><canvas id="map-canvas" tabindex="0" role="img" '
        'aria-describedby="map-told" aria-label="Map of the pictures. Arrow keys go from picture to picture."></canvas>'
        '<div id="map-card" hidden></div></div><div id="map-legend"></div></div>'
        '<p id="map-told" class="told" aria-live="polite"></p>'
    )
    return Section("map", "Map of the pictures", _lead_map(drawn), body)


def _choose_field(found: Exploration) -> int:
    """Choose the field that is shown first: well known, with no more values than colours, and varied."""
    rank = [
        (counts.labelled > counts.blank, 1 < len(counts.values) <= _COLOURS, counts.effective)
        for counts in found.counts
    ]
    return max(range(len(rank)), key=rank.__getitem__, default=0)


def _lead_map(drawn: EmbeddingMap) -> str:
    how = {
        "neighbours": "t-SNE on 30 principal components; distances between far groups mean little",
        "components": "the first two principal components",
    }[drawn.method]
    return (
        f"{format_count(len(drawn.points))} pictures; what the bundle {drawn.bundle} takes for alike lies close "
        f"together ({how}). Point at one, tap it, or go with the arrow keys; drag the map when it is nearer."
    )


def _render_sizes(sizes: SizeSummary) -> str:
    rows = [
        ("width, px", *_list_quantiles(sizes.width)),
        ("height, px", *_list_quantiles(sizes.height)),
        ("width : height", *(f"{number:.2f}" for number in _list_numbers(sizes.aspect))),
        ("file, kB", *(format_number(number / 1000) for number in _list_numbers(sizes.bytes))),
    ]
    quantiles = render_table(("", "least", "25 %", "median", "75 %", "most"), rows, label="Sizes")
    common = render_table(
        ("size", "pictures", "share"),
        [
            (f"{item.width} × {item.height}", format_count(item.count), format_share(item.count / sizes.pictures))
            for item in sizes.sizes[:8]
        ],
        label="The commonest sizes",
    )
    told = "all alike" if sizes.distinct == 1 else f"{format_count(sizes.distinct)} different sizes"
    return (
        f'<div class="sizes"><div>{quantiles}<h3>Commonest sizes <small>{told}</small></h3>{common}</div>'
        f"<figure>{_draw_sizes(sizes)}<figcaption>Width and height, px; the area of a dot is the number of pictures"
        f"</figcaption></figure><figure>{_draw_aspects(sizes)}<figcaption>Width : height</figcaption></figure></div>"
    )


def _list_numbers(quantiles: Quantiles) -> tuple[float, ...]:
    return quantiles.least, quantiles.lower, quantiles.median, quantiles.upper, quantiles.most


def _list_quantiles(quantiles: Quantiles) -> tuple[str, ...]:
    return tuple(format_count(round(number)) for number in _list_numbers(quantiles))


def _draw_sizes(sizes: SizeSummary) -> str:
    """Draw a dot for each size on a square whose sides are both as long as the longest picture."""
    longest = _round_up(1.06 * max(sizes.width.most, sizes.height.most))
    inner, left, bottom = _SIDE - 58, 38, _SIDE - 26
    most = sizes.sizes[0].count
    ticks = "".join(
        f'<text x="{left + inner * share:.0f}" y="{_SIDE - 8}" text-anchor="middle">{text}</text>'
        f'<text x="{left - 6}" y="{bottom - inner * share + 4:.0f}" text-anchor="end">{text}</text>'
        f'<path d="M{left + inner * share:.0f} {bottom}v{-inner}M{left} {bottom - inner * share:.0f}h{inner}"/>'
        for share, text in ((share, format_number(longest * share)) for share in (0, 0.5, 1))
    )
    dots = "".join(
        f'<circle cx="{left + inner * item.width / longest:.1f}" cy="{bottom - inner * item.height / longest:.1f}" '
        f'r="{2 + 13 * math.sqrt(item.count / most):.1f}"><title>{item.width} × {item.height}: '
        f"{format_count(item.count)}</title></circle>"
        for item in sizes.sizes
    )
    label = f"Widths up to {format_number(sizes.width.most)}, heights up to {format_number(sizes.height.most)} pixels"
    return (
        f'<svg class="chart" viewBox="0 0 {_SIDE} {_SIDE}" role="img" aria-label="{label}">'
        f'<path class="diagonal" d="M{left} {bottom}L{left + inner} {bottom - inner}"/>{ticks}{dots}</svg>'
    )


def _draw_aspects(sizes: SizeSummary) -> str:
    counts = sizes.aspect_counts
    first = max(0, min(at for at, count in enumerate(counts) if count) - 2)
    last = min(len(counts), max(at for at, count in enumerate(counts) if count) + 3)
    first, last = min(first, 7), max(last, 17)
    step, bottom, most = (_SIDE - 20) / (last - first), _SIDE - 26, max(counts)
    bars = "".join(
        f'<rect x="{10 + step * (at - first):.1f}" y="{bottom - 230 * counts[at] / most:.1f}" width="{step - 2:.1f}" '
        f'height="{230 * counts[at] / most:.1f}" rx="2"><title>{sizes.aspect_edges[at]:.2f} to '
        f"{sizes.aspect_edges[at + 1]:.2f}: {format_count(counts[at])}</title></rect>"
        for at in range(first, last)
    )
    low, high = math.log2(sizes.aspect_edges[first]), math.log2(sizes.aspect_edges[last])
    marks = "".join(
        f'<path d="M{10 + (_SIDE - 20) * (math.log2(ratio) - low) / (high - low):.1f} {bottom}v5"/>'
        f'<text x="{10 + (_SIDE - 20) * (math.log2(ratio) - low) / (high - low):.1f}" y="{_SIDE - 8}" '
        f'text-anchor="middle">{text}</text>'
        for ratio, text in _MARKS
    )
    label = f"Half of the pictures have a width over height from {sizes.aspect.lower:.2f} to {sizes.aspect.upper:.2f}"
    return f'<svg class="chart" viewBox="0 0 {_SIDE} {_SIDE}" role="img" aria-label="{label}">{bars}{marks}</svg>'


def _enlarge(atlas: Atlas, at: int) -> float:
    """Return how many times its size an example is shown: tiny pictures, such as those of 28 pixels, are enlarged."""
    return max(1.0, _SMALLEST / max(atlas.tiles[at].width, atlas.tiles[at].height))


def _round_up(number: float) -> float:
    unit: float = 10.0 ** math.floor(math.log10(max(1.0, number)))
    return next(step * unit for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * unit >= number)


def _render_panel(
    field: str,
    values: int,
    shown: list[ClassPictures],
    means: Atlas,
    taken: int,
    examples: Atlas,
    places: Mapping[int, int],
) -> str:
    cards = "".join(
        _render_class(item, means, taken + at, examples, [places[row] for row in item.examples])
        for at, item in enumerate(shown)
    )
    rest = values - len(shown)
    other = "1 other value is" if rest == 1 else f"{format_count(rest)} other values are"
    more = f'<p class="kind">{other} not shown here.</p>' if rest > 0 else ""
    head = f'<div class="panel" data-field="{escape(field)}"><h3>{speak(field)}</h3>'
    shelf = (
        f'<ul class="classes">{cards}</ul>' if cards else '<p class="kind">No picture has a value of this field.</p>'
    )
    return f"{head}{shelf}{more}</div>"


def _render_class(item: ClassPictures, means: Atlas, mean: int, examples: Atlas, shown: list[int]) -> str:
    value = escape(item.group.value)
    tile = render_tile(MEANS, means, mean, label=f"Mean picture of {item.group.value}", scale=1.4)
    buttons = "".join(
        f'<button type="button" class="picture" data-portrait="{at}" aria-label="{value}, picture {number}">'
        f"{render_tile(EXAMPLES, examples, at, scale=_enlarge(examples, at))}</button>"
        for number, at in enumerate(shown, 1)
    )
    return (
        f'<li class="card class"><div class="mean">{tile}</div><div class="about"><h4 title="{value}">{value}</h4>'
        f'<p class="kind">mean of {format_count(item.pictures)}</p></div><div class="strip">{buttons}</div></li>'
    )
