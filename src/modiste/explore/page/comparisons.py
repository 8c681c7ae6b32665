"""The page's sections that compare: the parts of the data set, and what occurs together."""

from __future__ import annotations

from modiste.explore.exploration import Exploration
from modiste.explore.markup import escape, format_count, format_share, speak
from modiste.explore.page.frame import Section, render_meter, render_table
from modiste.explore.statistics import FieldParts, PartShares

__all__ = ["build_pairs", "build_parts"]

_VALUES, _ABSENT = 12, 30


def build_parts(found: Exploration) -> Section:
    """Build the section that compares train, validation, test ..."""
    lead = (
        "Total variation between a part and the others together: the share of its labels that would have to change "
        "for both to be alike. The mark is what parts drawn at random would show; a part is flagged where it is "
        "clearly beyond that."
    )
    names = [part.part for part in found.parts[0].parts] if found.parts else []
    rows = [(speak(item.field), *map(_render_distance, item.parts)) for item in found.parts]
    heads = ("", *(f"{part.part} ({format_count(part.items)})" for part in found.parts[0].parts)) if names else ()
    table = render_table(heads, rows, label="Distance of each part from the others, by field")
    details = "".join(map(_render_field, found.parts))
    return Section("parts", "Parts compared", lead, table + details, found.reasons.get("parts"))


def build_pairs(found: Exploration) -> Section:
    """Build the section of co-occurrence; a script fills it with the pair of fields that is chosen."""
    lead = (
        "How often two values are on the same item. Lift is how many times more often than chance; pointwise mutual "
        "information (PMI) is its logarithm to base 2. Choose two fields, or one field whose items have several values."
    )
    chosen = _choose(found) if found.pairs else 0
    options = "".join(
        f'<option value="{at}"{" selected" if at == chosen else ""}>{_name_pair(pair.first, pair.second)}</option>'
        for at, pair in enumerate(found.pairs)
    )
    body = (
        f'<form id="pairs-form" class="tools"><label>Fields <select name="pair">{options}</select></label>'
        "<fieldset><legend>Colour</legend>"
        '<label class="choice"><input type="radio" name="measure" value="lift" checked><span>Lift</span></label>'
        '<label class="choice"><input type="radio" name="measure" value="count"><span>Count</span></label></fieldset>'
        '</form><p id="pairs-told" class="told" aria-live="polite"></p>'
        '<div class="columns pairs"><div><div id="pairs-heat" class="scroll heat"></div>'
        '<div id="pairs-legend"></div></div>'
        "<div>"
        '<form id="pairs-order" class="tools"><fieldset><legend>List</legend>'
        '<label class="choice"><input type="radio" name="list" value="frequent" checked><span>Most frequent</span>'
        "</label>"
        '<label class="choice"><input type="radio" name="list" value="attracted"><span>More than chance</span></label>'
        '<label class="choice"><input type="radio" name="list" value="avoided"><span>Less than chance</span></label>'
        '</fieldset></form><div id="pairs-list" class="scroll" tabindex="0" role="region" aria-label="Pairs of values">'
        "</div></div></div>"
    )
    return Section("pairs", "What occurs together", lead, body, found.reasons.get("pairs"))


def _choose(found: Exploration) -> int:
    """Choose the pair that is shown first: a multi field, else the closest tie that is not within a hierarchy."""

    def rank(at: int) -> tuple[bool, bool, float]:
        pair = found.pairs[at]
        nested = any({pair.first, pair.second} <= set(tree.fields) for tree in found.trees)
        return not nested, pair.first == pair.second, pair.information or 0.0

    return max(range(len(found.pairs)), key=rank)


def _name_pair(first: str, second: str) -> str:
    return f"{speak(first)} with itself" if first == second else f"{speak(first)} × {speak(second)}"


def _render_distance(part: PartShares) -> str:
    if part.distance is None:
        return "no labels"
    flag = '<span class="flag">departs</span>' if part.departs else ""
    absent = f'<span class="aside">lacks {format_count(len(part.absent))}</span>' if part.absent else ""
    return f"{render_meter(part.distance, part.chance)}{part.distance:.3f} {flag}{absent}"


def _render_field(compared: FieldParts) -> str:
    head = (speak(compared.field), *(part.part for part in compared.parts))
    rows = [
        (escape(value), *(_render_share(part, at) for part in compared.parts))
        for at, value in enumerate(compared.values[:_VALUES])
    ]
    table = render_table(head, rows, label=f"Shares of {compared.field} in each part")
    rest = len(compared.values) - _VALUES
    more = (
        f"<p class=kind>The {_VALUES} commonest of {format_count(len(compared.values))} values.</p>" if rest > 0 else ""
    )
    flag = ' <span class="flag">departs</span>' if any(part.departs for part in compared.parts) else ""
    absent = "".join(map(_render_absent, compared.parts))
    return f"<details><summary>{speak(compared.field)}: shares by part{flag}</summary>{table}{more}{absent}</details>"


def _render_share(part: PartShares, at: int) -> str:
    share = part.counts[at] / max(1, sum(part.counts))
    return f'{render_meter(share)}{format_share(share)} <span class="aside">{format_count(part.counts[at])}</span>'


def _render_absent(part: PartShares) -> str:
    if not part.absent:
        return ""
    rest = " …" if len(part.absent) > _ABSENT else ""
    return f"<p class=kind>Not in {escape(part.part)}: {escape(', '.join(part.absent[:_ABSENT]))}{rest}</p>"
