"""The report of an evaluation as one HTML file that holds everything it shows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from modiste import __version__
from modiste.evaluation import MultiResult
from modiste.explore.judged.charts import draw_coverage, draw_matrix, draw_precision_recall, draw_reliability
from modiste.explore.judged.galleries import (
    choose_examples,
    render_examples,
    render_pairs,
    render_suspects,
    render_worst,
)
from modiste.explore.judged.headline import render_cards, render_comparison, render_figures, tell_result
from modiste.explore.judged.portraits import PREFIX, Portraits, read_portraits
from modiste.explore.judged.training import render_training
from modiste.explore.judged.views import ALL_VALUES, ClassRow, FieldView, JudgedReport, build_views
from modiste.explore.markup import escape, format_count, read_asset, render_head, speak
from modiste.explore.page.frame import Section, render_section, render_sheets
from modiste.explore.writing import write_whole

__all__ = ["render_evaluation_page", "write_evaluation_page"]

_STYLES = ("house.css", "exploration.css", "judged.css")
_MOST = 7_900_000  # bytes of a page; what it promises is 8 MB
_NONE = "–"


@dataclass(frozen=True)
class _Limits:
    """How much of a report a page shows: the first fields, their commonest classes, the fullest cells of the matrix."""

    pictures: int  # characters
    fields: int
    classes: int
    cells: int

    def describe(self, views: Sequence[FieldView]) -> str:
        """Say what is left out; empty where nothing is."""
        classes = max((len(view.classes) for view in views), default=0)
        cells = max((int((view.confusion > 0).sum()) for view in views), default=0)
        if len(views) <= self.fields and classes <= self.classes and cells <= self.cells:
            return ""
        return (
            f"This page shows at most {self.fields} fields, {format_count(self.classes)} classes of each, and the "
            f"{format_count(self.cells)} fullest cells of a matrix. 'modiste evaluate --out FOLDER' writes it all."
        )


_LIMITS = (
    _Limits(4_500_000, 40, 1_000, 3_000),
    _Limits(2_500_000, 20, 400, 1_500),
    _Limits(1_500_000, 8, 200, 800),
    _Limits(800_000, 4, 60, 400),
)


def write_evaluation_page(path: Path, report: JudgedReport) -> Path:
    """Write the report as one HTML file that asks for nothing from the network.

    Args:
        path: The file to write; it is replaced as a whole.
        report: What was judged.

    Returns:
        The path.
    """
    return write_whole(path, render_evaluation_page(report))


def render_evaluation_page(report: JudgedReport) -> str:
    """Return the report as HTML of less than 8 MB; where it would be larger, it shows less, and says so."""
    views = build_views(report)
    right, wrong = choose_examples(report)
    for limits in _LIMITS:
        shown = views[: limits.fields]
        rows = {row for view in shown for row in view.rows} | {*right, *wrong}
        portraits = read_portraits(report.rows, rows, most=limits.pictures)
        examples = render_examples(report, portraits, right, wrong, fields=limits.fields)
        page = _fill(report, shown, portraits, examples, limits, limits.describe(views))
        if len(page.encode()) <= _MOST:
            break
    return page


def _fill(
    report: JudgedReport,
    views: Sequence[FieldView],
    portraits: Portraits,
    examples: str,
    limits: _Limits,
    abridged: str,
) -> str:
    sections = [
        _build_headline(report),
        *_build_comparison(report),
        _build_panels("classes", "Class by class", _CLASSES, views, lambda view: _render_classes(view, limits.classes)),
        _build_panels(
            "confusion", "Confusion matrix", _CONFUSION, views, lambda view: _render_matrix(view, limits.cells)
        ),
        _build_panels("pairs", "Confused pairs", _PAIRS, views, lambda view: render_pairs(view, portraits)),
        Section("examples", "Right and wrong", _EXAMPLES, _FILTER + examples),
        _build_panels("worst", "Surest errors", _WORST, views, lambda view: render_worst(view, report, portraits)),
        _build_panels(
            "labels", "Suspicious labels", _LABELS, views, lambda view: render_suspects(view, report, portraits)
        ),
        _build_panels("trust", "Confidence", _TRUST, views, lambda view: _render_curves(view, report)),
        *_build_training(report),
        _build_facts(report),
    ]
    style = "\n".join(map(read_asset, _STYLES)) + render_sheets(PREFIX, portraits.atlas)
    return _PAGE.format(
        head=render_head(report.title, style, scripts=True),
        title=escape(report.title),
        told=tell_result(report),
        abridged=f'<p class="reason">{escape(abridged)}</p>' if abridged else "",
        links="".join(f'<a href="#{section.name}">{escape(section.title)}</a>' for section in sections),
        fields=_render_fields(views),
        sections="\n".join(map(render_section, sections)),
        script=read_asset("judged.js"),
        version=escape(__version__),
    )


def _build_headline(report: JudgedReport) -> Section:
    note = "" if report.protocol is None else f"<p>{escape(report.protocol.description)}</p>"
    return Section("figures", "How good it is", _HEADLINE, render_cards(report) + render_figures(report) + note)


def _build_comparison(report: JudgedReport) -> list[Section]:
    if not report.paired:
        return []
    return [Section("against", f"Against {report.names[1]}", _AGAINST, render_comparison(report))]


def _build_training(report: JudgedReport) -> list[Section]:
    if not report.history:
        return []
    return [Section("training", "Training", _TRAINING, render_training(report.history))]


def _build_panels(
    name: str, title: str, lead: str, views: Sequence[FieldView], render: Callable[[FieldView], str]
) -> Section:
    """Build a section that has a panel a field, of which the script shows one."""
    panels = [
        f'<div class="panel" data-field="{at}"><h3>{speak(view.result.field)}</h3>{body or _nothing(name)}</div>'
        for at, view in enumerate(views)
        for body in [render(view) if _has(name, view) else ""]
    ]
    return Section(name, title, lead, "".join(panels))


def _has(name: str, view: FieldView) -> bool:
    parts = {"confusion": view.values, "pairs": view.pairs, "worst": view.worst, "labels": view.suspects}
    return bool(parts.get(name, True))


def _nothing(name: str) -> str:
    texts = {
        "confusion": "A field of many values has no confusion matrix.",
        "pairs": "No class is taken for another.",
        "worst": "No answer is wrong.",
        "labels": "No label is suspicious.",
    }
    return f'<p class="reason">{texts.get(name, "There is nothing to show.")}</p>'


def _build_facts(report: JudgedReport) -> Section:
    lines = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{_render_fact(text)}</dd></div>" for name, text in report.facts.items()
    )
    return Section("facts", "Data and command", _FACTS, f'<dl class="lines">{lines}</dl>')


def _render_fact(text: str) -> str:
    return f"<code>{escape(text[1:-1])}</code>" if text.startswith("`") and text.endswith("`") else escape(text)


def _render_fields(views: Sequence[FieldView]) -> str:
    return "".join(
        f'<label class="choice"><input type="radio" name="field" value="{at}"{" checked" if not at else ""}>'
        f"<span>{speak(view.result.field)}</span></label>"
        for at, view in enumerate(views)
    )


def _render_classes(view: FieldView, most: int) -> str:
    multi = isinstance(view.result, MultiResult)
    heads = ["value" if multi else "class", "rows", "answered", "precision", "recall", "F1", "AP"]
    heads += [] if multi else ["most often taken for"]
    columns = "".join(f"<th scope=col{'' if at else ' class=first'}>{name}</th>" for at, name in enumerate(heads))
    body = "".join(_render_class(row, multi) for row in view.classes[:most])
    label = f"{escape(view.result.field)}, class by class"
    return (
        f'<div class="scroll tall" tabindex="0" role="region" aria-label="{label}"><table class="sortable">'
        f"<thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _render_class(row: ClassRow, multi: bool) -> str:
    figures = "".join(_render_share(share) for share in (row.precision, row.recall, row.f1, row.average_precision))
    taken = (
        "" if row.taken_for is None else f"{escape(row.taken_for[0])} <small>{format_count(row.taken_for[1])}</small>"
    )
    last = "" if multi else f"<td data-sort={row.taken_for[1] if row.taken_for else 0}>{taken or _NONE}</td>"
    return (
        f"<tr><th scope=row>{escape(row.value)}</th><td data-sort={row.rows}>{format_count(row.rows)}</td>"
        f"<td data-sort={row.answered}>{format_count(row.answered)}</td>{figures}{last}</tr>"
    )


def _render_share(share: float) -> str:
    if math.isnan(share):
        return f"<td data-sort=-1>{_NONE}</td>"
    return f'<td data-sort={share:.4f}><span class="bar" style="--share:{100 * share:.0f}%">{share:.3f}</span></td>'


def _render_matrix(view: FieldView, most: int) -> str:
    frame = f'<div class="scroll matrix-frame" tabindex="0">{draw_matrix(view, most=most)}</div>'
    pair = view.pairs[0] if view.pairs else None
    told = "" if pair is None else f"{pair.truth} taken for {pair.answer}: {pair.times} times, {pair.share:.1%} of them"
    return f'<p class="told" aria-live="polite">{escape(told)}</p>{frame}'


def _render_curves(view: FieldView, report: JudgedReport) -> str:
    doubt = report.doubt.get(view.result.field)
    reliability = draw_reliability(view.bins)
    coverage = draw_coverage(view.coverage, doubt)
    options = "".join(f"<option>{escape(name)}</option>" for name in view.recalls)
    curves = "".join(
        f'<div class="curve-of" data-value="{escape(name)}"{" hidden" if name != ALL_VALUES else ""}>'
        f"{draw_precision_recall(curve)}</div>"
        for name, curve in view.recalls.items()
    )
    dot = "" if doubt is None else f" The dot: what is not doubtful (confidence from {doubt:.2f})."
    return (
        f'<div class="curves"><figure>{reliability}<figcaption>Reliability: bars on the dashed line mean what they '
        f"say; darker bars hold more answers.</figcaption></figure><figure>{coverage}<figcaption>Coverage: what is "
        f"right among the answers that are kept when the least sure ones are set aside.{dot}</figcaption></figure>"
        f"<figure>{curves}<figcaption><label>Precision against recall of "
        f'<select class="curve-choice">{options}</select></label></figcaption></figure></div>'
    )


_HEADLINE = (
    "Right: of the rows whose label is known, the share that is answered rightly. The end piece of a bar is the "
    "95\u00a0% interval; the upright mark is where one gets by always saying the commonest value of the training part."
)
_AGAINST = (
    "Both systems on the same rows. A difference counts where its interval leaves zero out (paired bootstrap) and the "
    "rows that only one of them gets right are too uneven for chance (McNemar's exact test, p of at most 0.05)."
)
_CLASSES = (
    "Precision: of the answers of this class, how many are right. Recall: of its rows, how many are found. Press a "
    "column's name to sort. Figures of classes with few rows jump by chance."
)
_CONFUSION = (
    "A line for each true class, a column for each answer; each line adds up to 100 %. Green is right, red wrong, the "
    "stronger the oftener. Point at a cell, or tap it, to read it."
)
_PAIRS = "Which class is taken for which, with the pictures on which the system was surest."
_EXAMPLES = "Rows drawn by lot: some with a wrong answer, some with every answer right."
_WORST = "Wrong by the label although the system was sure; many of these turn out to be wrong labels."
_LABELS = (
    "Rows that belong to another class with confidence, by confident learning, the most surprising first (Northcutt et "
    "al. 2021). Look at them before you blame the system."
)
_TRUST = "Whether 80 % sure means four right of five, and what is gained by looking at the doubtful."
_TRAINING = "How the losses fell while the system learnt; the dotted lines are where its stages begin."
_FACTS = "What the figures are about, so that somebody else can count them again."
_FILTER = (
    '<div class="tools"><fieldset id="kinds" hidden><legend>Show</legend>'
    + "".join(
        f'<label class="choice"><input type="radio" name="kind" value="{kind}"{" checked" if kind == "all" else ""}>'
        f"<span>{kind}</span></label>"
        for kind in ("all", "wrong", "right")
    )
    + "</fieldset></div>"
)
_PAGE = """{head}<a class="skip" href="#figures">To the figures</a>
<header>
<h1>{title}</h1>
<p class="told-first">{told}</p>
{abridged}
</header>
<nav aria-label="Sections and fields"><div>{links}</div>
<form id="fields" hidden><fieldset><legend>Field</legend>{fields}</fieldset></form></nav>
<main>
{sections}
</main>
<footer>Made by modiste {version}. This file holds everything it shows and asks for nothing from the network.</footer>
<script type="module">{script}</script>
</body>
</html>
"""
