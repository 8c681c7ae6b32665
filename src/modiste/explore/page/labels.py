"""The page's sections on labels: overview, fields, hierarchy, missing values, problems."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

import numpy as np

from modiste.explore.exploration import Exploration
from modiste.explore.findings import list_findings
from modiste.explore.markup import escape, format_count, format_number, format_share, speak
from modiste.explore.page.frame import Section, render_bars, render_meter, render_table
from modiste.explore.statistics import FieldCounts, GapPattern, Tree, TreeNode

__all__ = ["build_fields", "build_hierarchy", "build_missing", "build_overview", "build_problems"]

_SHOWN, _LISTED, _UNUSED = 12, 300, 40
_FEWEST_FOR_CURVE = 13
_BRANCHES, _PROBLEMS = 30, 200
_THINNEST = 0.004
_FINDINGS = 12


def build_overview(found: Exploration) -> Section:
    """Build the first section: the main numbers, and what stands out."""
    described, report = found.described, found.pictures
    readable = report.opened - len(report.failures)
    opened = f"of {format_count(report.opened)} opened" if report.sampled or report.failures else "all that there are"
    facts = [
        ("items", format_count(described["items"]), _tell_rows(described["rows"], described["items"])),
        ("products", format_count(described["products"]), ""),
        ("fields", format_count(len(found.counts)), f"{sum(len(item.values) for item in found.counts)} values"),
        ("pictures read", format_count(readable), opened + (" (a sample)" if report.sampled else "")),
        ("parts", _count_parts(found), ""),
        ("problems", format_count(described["problems"]["count"] + len(report.failures)), ""),
    ]
    tiles = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd>{f'<dd class=aside>{escape(aside)}</dd>' if aside else ''}</div>"
        for name, value, aside in facts
    )
    findings = list_findings(found)
    listed = "".join(f'<li><a href="#{item.section}">{escape(item.text)}</a></li>' for item in findings[:_FINDINGS])
    rest = len(findings) - _FINDINGS
    more = f"<li>… and {rest} more</li>" if rest > 0 else ""
    stands = f'<h3>What stands out</h3><ul class="findings">{listed}{more}</ul>' if findings else ""
    return Section(
        "overview", "Overview", "The data set as its reader understood it.", f"<dl class=facts>{tiles}</dl>{stands}"
    )


def build_fields(found: Exploration) -> Section:
    """Build the section of counts: a card for each field."""
    cards = "".join(map(_render_field, found.counts))
    lead = (
        "How often each value occurs. The imbalance is the commonest value's count over the rarest one's; the "
        "effective number is how many equally common values would be as varied (2 to the entropy in bits)."
    )
    return Section(
        "fields", "Fields and values", lead, f'<div class="cards">{cards}</div>', found.reasons.get("fields")
    )


def build_hierarchy(found: Exploration) -> Section:
    """Build the section of the hierarchies: levels from left to right, and the same as a list."""
    lead = "Fields that refine each other, from left to right; the height of a value is its number of items."
    body = "".join(map(_render_tree, found.trees))
    return Section("hierarchy", "Hierarchy", lead, body, found.reasons.get("hierarchy"))


def build_missing(found: Exploration) -> Section:
    """Build the section of what is not known."""
    rows = [
        (
            speak(column.name) if column.kind == "field" else escape(column.name),
            "field" if column.kind == "field" else "column",
            render_meter(column.share) + format_share(column.share),
            format_count(column.missing),
            format_count(column.filled),
        )
        for column in found.gaps
    ]
    table = render_table(("", "kind", "missing", "without", "with"), rows, label="Missing values")
    patterns = "".join(map(_render_pattern, found.gap_patterns[:10]))
    together = f"<div><h3>Empty together</h3><ol class=patterns>{patterns}</ol></div>" if patterns else ""
    lead = "Empty cells of each field and column. A trained field learns only from the items that have it."
    return Section("missing", "Missing values", lead, f'<div class="columns"><div>{table}</div>{together}</div>')


def build_problems(found: Exploration) -> Section:
    """Build the section of what was left out or could not be read."""
    reasons = found.described["problems"]["reasons"]
    left = render_table(
        ("reason", "times", "such as"),
        [
            (escape(item["reason"]), format_count(item["count"]), escape("; ".join(item["examples"])))
            for item in reasons[:_PROBLEMS]
        ],
        label="Problems of the source",
        texts=True,
    )
    failures = found.pictures.failures
    unread = render_table(
        ("item", "why"),
        [(escape(item), escape(reason)) for item, reason in failures[:_PROBLEMS]],
        label="Pictures that can't be read",
        texts=True,
    )
    rest = len(failures) - _PROBLEMS
    more = f"<p>… and {format_count(rest)} more; the JSON file lists them all.</p>" if rest > 0 else ""
    body = (f"<h3>The source</h3>{left}" if reasons else "") + (f"<h3>Pictures</h3>{unread}{more}" if failures else "")
    if found.pictures.addresses:
        body += (
            f"<p>{format_count(found.pictures.addresses)} pictures are web addresses; fetch them to look at them.</p>"
        )
    lead = "What the reader found wrong with the source, and which pictures could not be read."
    reason = None if body else "None: the reader left nothing out, and every picture that was opened could be read."
    return Section("problems", "Problems", lead, body, reason)


def _tell_rows(rows: int | None, items: int) -> str:
    return f"of {format_count(rows)} rows" if rows is not None and rows != items else ""


def _count_parts(found: Exploration) -> str:
    return format_count(sum(part["split"] is not None for part in found.described["splits"]))


def _render_field(counts: FieldCounts) -> str:
    largest = counts.values[0].count if counts.values else 1
    rows = [(item.value, item.count) for item in counts.values]
    bars = render_bars(rows[:_SHOWN], largest=largest, total=counts.labelled)
    if not rows:
        bars = '<p class="kind">No item has a value.</p>'
    kind = "several values an item" if counts.kind == "multi" else "one value an item"
    under = f", in {speak(counts.parent)}" if counts.parent else ""
    return (
        f'<article class="card"><h3>{speak(counts.name)}</h3><p class="kind">{kind}{under}</p>'
        f"{_render_measures(counts)}{_render_curve(counts)}{bars}{_render_rest(rows, counts)}"
        f"{_render_per_item(counts)}</article>"
    )


def _render_measures(counts: FieldCounts) -> str:
    measures = [
        ("values", format_count(len(counts.values))),
        ("labelled", format_share(counts.labelled / max(1, counts.labelled + counts.blank))),
        ("imbalance", "–" if counts.imbalance is None else f"{format_number(counts.imbalance)} : 1"),
        ("effective", format_number(round(counts.effective, 1))),
        ("entropy", f"{counts.entropy:.2f} bits"),
    ]
    if counts.rare:
        measures.append(("below 10 items", format_count(counts.rare)))
    return (
        "<dl class=measures>"
        + "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in measures)
        + "</dl>"
    )


def _render_curve(counts: FieldCounts) -> str:
    """Draw count against rank, both logarithmic, where there are too many values for bars."""
    if len(counts.values) < _FEWEST_FOR_CURVE:
        return ""
    numbers = np.array([item.count for item in counts.values], np.float64)
    across = 100 * np.log(np.arange(1, len(numbers) + 1)) / np.log(len(numbers))
    down = 38 - 36 * np.log(numbers) / max(1e-9, np.log(numbers[0]))
    ranks = np.unique(np.geomspace(1, len(numbers), 60).round().astype(int)) - 1
    line = " ".join(f"{across[rank]:.1f},{down[rank]:.1f}" for rank in ranks)
    label = f"Counts fall from {format_count(int(numbers[0]))} to {format_count(int(numbers[-1]))} over the ranks"
    return (
        f'<figure class="curve"><svg viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label="{label}">'
        f'<polygon points="0,40 {line} 100,40"/><polyline points="{line}"/></svg>'
        "<figcaption>count by rank, both logarithmic</figcaption></figure>"
    )


def _render_rest(rows: Sequence[tuple[str, int]], counts: FieldCounts) -> str:
    rest = rows[_SHOWN:_LISTED]
    dots = " …" if len(counts.unused) > _UNUSED else ""
    text = f"<p class=kind>Never used: {escape(', '.join(counts.unused[:_UNUSED]))}{dots}</p>" if counts.unused else ""
    if not rest:
        return text
    beyond = len(rows) - _LISTED
    more = (
        f"<p class=kind>… and {format_count(beyond)} rarer values; the JSON file has them all.</p>"
        if beyond > 0
        else ""
    )
    bars = render_bars(rest, largest=rest[0][1], total=counts.labelled)
    summary = f"{format_count(len(rows) - _SHOWN)} rarer values (bars on a scale of their own)"
    return f"<details><summary>{summary}</summary>{bars}{more}</details>{text}"


def _render_per_item(counts: FieldCounts) -> str:
    if not counts.per_item:
        return ""
    pairs = [(f"{number} value{'' if number == 1 else 's'}", items) for number, items in enumerate(counts.per_item)]
    shown = [pair for pair in pairs[:16] if pair[1]] + _sum_beyond(pairs[16:])
    bars = render_bars(shown, largest=max(items for _, items in shown), total=sum(counts.per_item))
    return f"<h4>Values an item</h4>{bars}"


def _sum_beyond(pairs: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    total = sum(items for _, items in pairs)
    return [("16 or more", total)] if total else []


def _render_pattern(pattern: GapPattern) -> str:
    fields = ", ".join(map(speak, pattern.fields)) or "nothing is missing"
    return f"<li><span>{fields}</span> <b>{format_count(pattern.count)}</b></li>"


def _render_tree(tree: Tree) -> str:
    names = "".join(f"<span>{speak(name)}</span>" for name in tree.fields)
    total = sum(node.count for node in tree.roots)
    columns = "".join(
        f'<div class="level">{_render_blocks(_list_level(tree.roots, level), total)}</div>'
        for level in range(len(tree.fields))
    )
    listed = "".join(_render_branch(node, total) for node in tree.roots[:_BRANCHES]) + _tell_rest(tree.roots)
    return (
        f'<div class="icicle-names" aria-hidden="true">{names}</div>'
        f'<div class="icicle" aria-hidden="true">{columns}</div>'
        f"<details><summary>The same as a list: {' › '.join(map(speak, tree.fields))}</summary>"
        f'<ul class="tree">{listed}</ul></details>{_render_shared(tree)}'
    )


def _list_level(roots: Sequence[TreeNode], level: int) -> list[tuple[int, int, TreeNode]]:
    """List the nodes of one level with where they begin, in items, and which root they stand under."""
    starts = accumulate((node.count for node in roots), initial=0)
    found = [(start, at, node) for at, (start, node) in enumerate(zip(starts, roots, strict=False))]
    for _ in range(level):
        found = [
            (begin, at, child)
            for start, at, node in found
            for begin, child in zip(
                accumulate((child.count for child in node.children), initial=start), node.children, strict=False
            )
        ]
    return found


def _render_blocks(nodes: Iterable[tuple[int, int, TreeNode]], total: int) -> str:
    return "".join(
        f'<div style="top:{100 * start / total:.2f}%;height:{100 * node.count / total:.2f}%;--hue:var(--c{root % 10})" '
        f'title="{escape(node.value)}: {format_count(node.count)}"><span>{escape(node.value)}</span></div>'
        for start, root, node in nodes
        if node.count >= _THINNEST * total
    )


def _render_branch(node: TreeNode, total: int) -> str:
    share = f'<span class="number">{format_count(node.count)}</span>{render_meter(node.count / max(1, total))}'
    text = f'<span class="name">{escape(node.value)}</span>{share}'
    if not node.children:
        return f"<li><p>{text}</p></li>"
    inner = "".join(_render_branch(child, total) for child in node.children[:_BRANCHES]) + _tell_rest(node.children)
    return f"<li><details><summary>{text}</summary><ul>{inner}</ul></details></li>"


def _tell_rest(nodes: Sequence[TreeNode]) -> str:
    rest = nodes[_BRANCHES:]
    count = format_count(sum(node.count for node in rest))
    return f"<li><p>… and {format_count(len(rest))} more with {count} items</p></li>" if rest else ""


def _render_shared(tree: Tree) -> str:
    if not tree.shared:
        return ""
    rows = [
        (
            escape(item.value),
            speak(item.field),
            escape(", ".join(f"{value} {count}" for value, count in item.parents[:8])),
        )
        for item in tree.shared[:40]
    ]
    table = render_table(("value", "field", "stands under"), rows, label="Values with several parents", texts=True)
    return f"<details><summary>{len(tree.shared)} values stand under several others</summary>{table}</details>"
