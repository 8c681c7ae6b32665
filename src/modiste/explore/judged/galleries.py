"""Pictures beside what is true and what was said of them: confusions, errors, suspects, right and wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.evaluation import list_verdicts
from modiste.explore.judged.portraits import Portraits
from modiste.explore.judged.views import ConfusedPair, FieldView, JudgedReport, Mistake
from modiste.explore.markup import escape, format_count, speak

__all__ = ["choose_examples", "render_examples", "render_pairs", "render_suspects", "render_worst"]

_EXAMPLES = 18
_LONGEST, _WHOLE = 60, 200  # letters of a text that strangers wrote, and of the hint that shows it


def choose_examples(report: JudgedReport, *, seed: int = 0) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Draw some rows by lot: some with every known label right, some with a wrong one.

    Args:
        report: What was judged.
        seed: The draw repeats with it.

    Returns:
        Rows that are right, rows that are not.
    """
    wrong, right = _split_rows(report)
    draw = np.random.default_rng(seed)
    return tuple(tuple(draw.permutation(rows)[:_EXAMPLES].tolist()) for rows in (right, wrong))  # type: ignore[return-value]


def render_pairs(view: FieldView, portraits: Portraits) -> str:
    """Render the most frequent confusions of a field."""
    return f'<ol class="confused">{"".join(_render_pair(pair, portraits) for pair in view.pairs)}</ol>'


def render_worst(view: FieldView, report: JudgedReport, portraits: Portraits) -> str:
    """Render the surest wrong answers of a field."""
    cards = "".join(_render_mistake(report, portraits, mistake, "said", "truth") for mistake in view.worst)
    return f'<ul class="gallery">{cards}</ul>'


def render_suspects(view: FieldView, report: JudgedReport, portraits: Portraits) -> str:
    """Render the rows of a field whose label is likely wrong."""
    cards = "".join(_render_mistake(report, portraits, mistake, "truth", "said") for mistake in view.suspects)
    return f'<ul class="gallery">{cards}</ul>'


def render_examples(
    report: JudgedReport, portraits: Portraits, right: Sequence[int], wrong: Sequence[int], *, fields: int
) -> str:
    """Render rows with what is true and was said of their first ``fields`` fields."""
    names = [result.field for result in report.evaluation.results][:fields]
    verdicts = _list_verdicts(report, names)
    shown = [(row, kind) for kind, rows in (("wrong", wrong), ("right", right)) for row in rows]
    cards = "".join(_render_example(report, portraits, verdicts, row, kind) for row, kind in shown)
    return f'<ul class="gallery examples">{cards}</ul>'


def _list_verdicts(report: JudgedReport, names: Sequence[str]) -> dict[str, list[tuple[str | None, ...]]]:
    """Return field -> truth, prediction, confidence and verdict of every row."""
    classes = None if report.protocol is None else report.protocol.classes
    table = list_verdicts(report.rows, report.predictions, fields=names, classes=classes)
    columns = ("truth", "prediction", "confidence", "correct")
    return {name: table.filter(pl.col("field") == name).select(columns).rows() for name in names}


def _split_rows(report: JudgedReport) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows with a wrong field, and those with known labels of which none is wrong."""
    verdicts = _list_verdicts(report, [result.field for result in report.evaluation.results])
    told = np.array([[row[3] for row in rows] for rows in verdicts.values()], dtype=object)
    wrong = np.array((told == False).any(axis=0))  # noqa: E712  (None is neither)
    right = np.array((told == True).any(axis=0)) & ~wrong  # noqa: E712
    return np.flatnonzero(wrong), np.flatnonzero(right)


def _render_pair(pair: ConfusedPair, portraits: Portraits) -> str:
    pictures = "".join(
        f'<span class="shot">{portraits.render(row, f"{pair.truth}, taken for {pair.answer}")}</span>'
        for row in pair.rows
    )
    return (
        f'<li class="card"><h4><span class="truth">{escape(pair.truth)}</span> taken for '
        f'<span class="said">{escape(pair.answer)}</span></h4><p class="kind">{format_count(pair.times)} times, '
        f'{pair.share:.0%} of all {escape(pair.truth)}</p><div class="strip" tabindex="0">{pictures}</div></li>'
    )


def _render_mistake(report: JudgedReport, portraits: Portraits, mistake: Mistake, said: str, labelled: str) -> str:
    """Render a picture with answer and label; ``said`` and ``labelled`` are their looks: one is taken to be true."""
    item, word = report.rows.items["item_id"][mistake.row], "said" if said == "said" else "likely"
    label = f"{item}: labelled {mistake.truth}, {word} {mistake.answer}"
    return (
        f'<li class="card"><div class="shot">{portraits.render(mistake.row, label)}</div>'
        f'<dl><dt>{word}</dt><dd class="{said}">{escape(mistake.answer)} <small>{mistake.confidence:.1%}</small></dd>'
        f'<dt>labelled</dt><dd class="{labelled}">{escape(mistake.truth)}</dd></dl>'
        f"{_render_name(report, mistake.row)}</li>"
    )


def _render_example(
    report: JudgedReport,
    portraits: Portraits,
    verdicts: dict[str, list[tuple[str | None, ...]]],
    row: int,
    kind: str,
) -> str:
    lines = "".join(_render_verdict(name, *rows[row]) for name, rows in verdicts.items())
    label = f"{report.rows.items['item_id'][row]}, {'every answer right' if kind == 'right' else 'a wrong answer'}"
    return (
        f'<li class="card" data-kind="{kind}"><div class="shot">{portraits.render(row, label)}</div>'
        f"<dl>{lines}</dl>{_render_name(report, row)}</li>"
    )


def _render_verdict(
    name: str, truth: str | None, said: str | None, confidence: float | str | None, correct: bool | str | None
) -> str:
    sure = f"<small>{float(confidence or 0):.0%}</small>"
    answer = escape(_cut(said or "–"))
    if correct is None:
        return f"<dt>{speak(name)}</dt><dd>{answer} {sure} <small>label unknown</small></dd>"
    if correct:
        return f'<dt>{speak(name)}</dt><dd><span class="truth">✓\u00a0{answer}</span> {sure}</dd>'
    return (
        f'<dt>{speak(name)}</dt><dd><span class="said">✗\u00a0{answer}</span> {sure} '
        f'<span class="correction">is {escape(_cut(truth or "–"))}</span></dd>'
    )


def _render_name(report: JudgedReport, row: int) -> str:
    title, item = report.rows.items["title"][row], report.rows.items["item_id"][row]
    text = f"{item}: {title}" if title else item
    return f'<p class="kind" title="{escape(text[:_WHOLE])}">{escape(_cut(text))}</p>'


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
