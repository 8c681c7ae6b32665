"""The first screen of the report: how good it is, beside what no picture is needed for, in words and in a table."""

from __future__ import annotations

import math

from modiste.evaluation import ALL_ROWS, Evaluation, Interval, MultiResult, SingleResult
from modiste.explore.judged.charts import render_interval
from modiste.explore.judged.views import JudgedReport
from modiste.explore.markup import escape, format_count, speak
from modiste.explore.page.frame import render_table

__all__ = ["render_cards", "render_comparison", "render_figures", "tell_result"]

_NONE = "–"
_FEW = 100


def tell_result(report: JudgedReport) -> str:
    """Say in a few sentences how good the system is, for somebody who reads nothing else; HTML."""
    evaluation = report.evaluation
    sentences = [_tell_mean(evaluation)]
    whole = evaluation.whole
    if whole is not None and whole.all_right is not None and len(whole.fields) > 1:
        sentences.append(
            f"Of 100 products, {_per_hundred(whole.all_right)} are right in all {len(whole.fields)} fields."
        )
    sentences += _tell_coverage(evaluation)
    if evaluation.rows < _FEW:
        sentences.append(f"These are only {evaluation.rows} rows: the intervals are wide.")
    if evaluation.missing:
        sentences.append(f"{format_count(evaluation.missing)} rows have no answer and count as wrong.")
    return " ".join(sentences)


def render_cards(report: JudgedReport) -> str:
    """Render the figures of all fields together as large numbers."""
    evaluation, whole = report.evaluation, report.evaluation.whole
    cards = []
    if whole is not None and len(whole.fields) > 1:
        cards.append(_render_card("labels right, mean of the fields", whole.mean_accuracy, whole.majority_mean))
        if whole.all_right is not None:
            cards.append(_render_card("all fields right", whole.all_right, whole.majority_all_right))
    else:
        cards += [
            _render_card(f"{result.field} right", result.accuracy, result.majority) for result in evaluation.single
        ]
    cards += [
        _render_card(f"{result.field}, micro-F1", result.micro_f1, result.majority) for result in evaluation.multi
    ]
    rows = f"<div><dt>rows judged</dt><dd>{format_count(evaluation.rows)}</dd></div>"
    return f'<dl class="facts headline">{"".join(cards)}{rows}</dl>'


def render_figures(report: JudgedReport) -> str:
    """Render the table of figures, and those of the other sets of rows folded below it."""
    parts = []
    for heading, evaluation in report.tables.items():
        table = _render_single(evaluation, report) + _render_multi(evaluation)
        if heading == ALL_ROWS:
            parts.append(table)
        else:
            summary = f"The same for {escape(heading)} ({format_count(evaluation.rows)})"
            parts.append(f"<details><summary>{summary}</summary>{table}</details>")
    return "".join(parts)


def render_comparison(report: JudgedReport) -> str:
    """Render the comparison with another system: a verdict in words a field, and the numbers."""
    first, second = report.names
    head = [
        "field",
        first,
        second,
        "difference, points",
        "95 % interval",
        f"only {first}",
        f"only {second}",
        "p",
        "rows",
    ]
    rows = [
        [
            speak(item.field),
            _percent(item.first),
            _percent(item.second),
            f"{100 * item.difference.value:+.1f}",
            f"{100 * item.difference.low:+.1f} to {100 * item.difference.high:+.1f}",
            format_count(item.only_first),
            format_count(item.only_second),
            f"{item.test.p_value:.2g}",
            format_count(item.rows),
        ]
        for item, _ in report.paired
    ]
    lines = "".join(
        f'<li class="{"real" if item.real else "open"}"><b>{speak(item.field)}</b> {escape(text)}</li>'
        for item, text in report.paired
    )
    table = render_table(head, rows, label="Comparison of two systems")
    return f'<ul class="verdicts">{lines}</ul>{table}'


def _tell_mean(evaluation: Evaluation) -> str:
    whole = evaluation.whole
    if whole is not None:
        figure, base = whole.mean_accuracy, whole.majority_mean
        what = f"{_per_hundred(figure)} of 100 labels are right"
    else:
        figure, base = evaluation.multi[0].micro_f1, evaluation.multi[0].majority
        what = f"The micro-F1 of {speak(evaluation.multi[0].field)} is {figure.value:.3f}"
    sure = f" (with 95 % certainty between {_percent(figure.low)} and {_percent(figure.high)} %)"
    always = "" if base is None else f"; who always says the commonest value reaches {_percent(base)}"
    return f"{what}{sure}{always}."


def _tell_coverage(evaluation: Evaluation) -> list[str]:
    """Say for the field that gains most what setting the least sure fifth aside brings."""
    gains = {result.field: result.covered[0.8] - result.accuracy.value for result in evaluation.single}
    if not gains or max(gains.values()) < 0.005:
        return []
    best = max(gains, key=lambda name: gains[name])
    result = next(item for item in evaluation.single if item.field == best)
    kept, whole = _percent(result.covered[0.8]), _percent(result.accuracy.value)
    return [
        f"If somebody looks at the least sure fifth of {speak(best)}, the rest is right in {kept} of 100 cases instead "
        f"of {whole}."
    ]


def _render_card(name: str, figure: Interval, baseline: float | None) -> str:
    base = "" if baseline is None else f", always the commonest: {_percent(baseline)} %"
    return (
        f"<div><dt>{speak(name)}</dt><dd>{_percent(figure.value)} %</dd>"
        f'<dd class="aside">{_percent(figure.low)} to {_percent(figure.high)} %{base}</dd></div>'
    )


def _render_single(evaluation: Evaluation, report: JudgedReport) -> str:
    if not evaluation.single:
        return ""
    published = {} if report.protocol is None else report.protocol.published.accuracy
    based = any(result.majority is not None for result in evaluation.single)
    head = ["field", "right, %", "95 % interval", *(["always the commonest"] if based else [])]
    head += ["published"] if published else []
    head += ["macro-F1", "95 % interval", "top-3, %", "surest 80 %", "calibration error", "rows", "classes"]
    rows = []
    for result in evaluation.single:
        known = [result.majority] if based else []
        known += [published.get(result.field)] if published else []
        rows.append(_list_single(result, [_NONE if figure is None else _percent(figure) for figure in known]))
    return render_table(head, rows, label="Figures of the fields with one value")


def _list_single(result: SingleResult, known: list[str]) -> list[str]:
    return [
        speak(result.field),
        f"{render_interval(result.accuracy, result.majority)}<strong>{_percent(result.accuracy.value)}</strong>",
        f"{_percent(result.accuracy.low)} to {_percent(result.accuracy.high)}",
        *known,
        f"{result.macro_f1.value:.3f}",
        f"{result.macro_f1.low:.3f} to {result.macro_f1.high:.3f}",
        _percent(result.top_3),
        _percent(result.covered[0.8]),
        f"{result.calibration_error:.3f}",
        format_count(result.rows),
        format_count(result.classes),
    ]


def _render_multi(evaluation: Evaluation) -> str:
    if not evaluation.multi:
        return ""
    head = ["field", "micro-F1", "95 % interval", "commonest values", "precision", "recall", "macro-F1", "F1@k", "mAP"]
    rows = [_list_multi(result) for result in evaluation.multi]
    return render_table([*head, "same set, %", "rows", "values"], rows, label="Figures of the fields with many values")


def _list_multi(result: MultiResult) -> list[str]:
    figures = (result.precision, result.recall, result.macro_f1, result.f1_at_k, result.mean_average_precision)
    return [
        speak(result.field),
        f"{render_interval(result.micro_f1, result.majority)}<strong>{result.micro_f1.value:.3f}</strong>",
        f"{result.micro_f1.low:.3f} to {result.micro_f1.high:.3f}",
        _NONE if result.majority is None else f"{result.majority:.3f}",
        *(_NONE if math.isnan(figure) else f"{figure:.3f}" for figure in figures),
        _percent(result.exact.value),
        format_count(result.rows),
        format_count(result.values),
    ]


def _per_hundred(figure: Interval) -> str:
    return f"{100 * figure.value:.0f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
