"""Figures as Markdown tables, padded so that they read well on a terminal too."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from modiste.evaluation.intervals import Interval
from modiste.evaluation.protocol import Published
from modiste.evaluation.results import Evaluation, MultiResult, SingleResult, WholeResult
from modiste.evaluation.targets import LABELS, Target

__all__ = ["render_details", "render_evaluation", "render_protocol", "render_table", "render_targets"]

_NONE = "–"
_SINGLE = (
    "field",
    "n",
    "classes",
    "accuracy",
    "95 % interval",
    "macro-F1",
    "95 % interval",
    "balanced",
    "top-3",
    "ECE",
    "majority",
    "majority given parent",
)
_MULTI = (
    "field",
    "n",
    "values",
    "micro-F1",
    "95 % interval",
    "precision",
    "recall",
    "macro-F1",
    "F1@k",
    "mAP",
    "same set",
    "majority",
)
_HEADLINE = (
    "",
    "n",
    "accuracy",
    "95 % interval",
    "majority",
    "published",
    "target",
    "macro-F1",
    "95 % interval",
    "published",
)
_AVERAGES = ("micro", "macro", "weighted")
_DETAILS = (
    "field",
    *(f"{average} {figure}" for average in _AVERAGES for figure in ("P", "R", "F1")),
    "top-5",
    "hierarchical F1",
)
_WHOLE = ("all fields together", "n", "figure", "95 % interval", "majority")


def render_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; bars in cells are escaped.

    Example:
        >>> print(render_table(("field", "n"), [("season", 3)]))
        | field  | n   |
        | ------ | --- |
        | season | 3   |
    """
    body = [[str(cell).replace("|", "\\|") for cell in row] for row in (header, *rows)]
    widths = [max(3, *map(len, column)) for column in zip(*body, strict=True)]
    body.insert(1, ["-" * width for width in widths])
    return "\n".join(_render_row(cells, widths) for cells in body)


def render_targets(targets: Sequence[Target]) -> str:
    """Return the targets as a table: wanted, seen, and whether they were reached."""
    rows = [
        (
            target.name,
            f"{'at least' if target.at_least else 'at most'} {target.wanted:g}{_unit(target)}",
            _NONE if math.isnan(target.seen) else f"{target.seen:.5g}{_unit(target)}",
            "reached" if target.met else "**missed**",
        )
        for target in targets
    ]
    return render_table(("target", "wanted", "seen", "verdict"), rows)


def render_evaluation(evaluation: Evaluation) -> str:
    """Return the figures of one set of rows as Markdown tables."""
    parts = []
    if evaluation.single:
        parts.append(render_table(_SINGLE, map(_list_single, evaluation.single)))
    if evaluation.whole is not None and len(evaluation.whole.fields) > 1:
        parts.append(render_table(_WHOLE, _list_whole(evaluation.whole)))
    if evaluation.multi:
        parts.append(render_table(_MULTI, map(_list_multi, evaluation.multi)))
    notes = [f"{evaluation.rows} rows."]
    if evaluation.missing:
        notes.append(f"{evaluation.missing} of them have no prediction and count as wrong.")
    if evaluation.unlabelled:
        notes.append(f"No row has a label of {', '.join(evaluation.unlabelled)}.")
    return "\n\n".join([*parts, " ".join(notes)])


def render_details(evaluation: Evaluation) -> str:
    """Return precision, recall and F1 in all averages, and accuracy against coverage, as Markdown tables."""
    parts = [render_table(_DETAILS, map(_list_details, evaluation.results))]
    if evaluation.single:
        shares = list(evaluation.single[0].covered)
        header = ("accuracy of the surest", "all", *(f"{share:.0%}" for share in shares))
        rows = [
            (item.field, _number(item.accuracy.value), *(_number(item.covered[share]) for share in shares))
            for item in evaluation.single
        ]
        parts.append(render_table(header, rows))
    return "\n\n".join(parts)


def render_protocol(evaluation: Evaluation, published: Published, targets: Mapping[str, float]) -> str:
    """Return the headline figures beside what others published and what was to be reached.

    Args:
        evaluation: The figures on all rows of a protocol.
        published: What others reached.
        targets: Field, ``"mean"`` or ``"all_right"`` -> the accuracy to reach.
    """
    names = [result.field for result in evaluation.single]
    names += [name for name in ("mean", "all_right") if name in {*published.accuracy, *targets}]
    rows = [_list_headline(name, evaluation, published, targets) for name in names]
    table = render_table(_HEADLINE, rows)
    return f"{table}\n\nPublished: {published.what} ({published.source})." if published.what else table


def _list_single(result: SingleResult) -> tuple[object, ...]:
    return (
        result.field,
        result.rows,
        result.classes,
        *_interval(result.accuracy),
        *_interval(result.macro_f1),
        _number(result.balanced_accuracy),
        _number(result.top_3),
        _number(result.calibration_error),
        _number(result.majority),
        _number(result.majority_given_parent),
    )


def _list_details(result: SingleResult | MultiResult) -> tuple[object, ...]:
    scores = [result.averages[name] for name in _AVERAGES]
    figures = [_number(figure) for score in scores for figure in (score.precision, score.recall, score.f1)]
    if isinstance(result, MultiResult):
        return (result.field, *figures, _NONE, _NONE)
    hierarchical = None if result.hierarchical is None else result.hierarchical.f1
    return (result.field, *figures, _number(result.top_5), _number(hierarchical))


def _list_multi(result: MultiResult) -> tuple[object, ...]:
    return (
        result.field,
        result.rows,
        result.values,
        *_interval(result.micro_f1),
        _number(result.precision),
        _number(result.recall),
        _number(result.macro_f1),
        _number(result.f1_at_k),
        _number(result.mean_average_precision),
        _number(result.exact.value),
        _number(result.majority),
    )


def _list_whole(whole: WholeResult) -> list[tuple[object, ...]]:
    complete = ("all right, of rows with every label known", whole.complete_rows)
    majority = _number(whole.majority_all_right)
    return [
        ("mean accuracy", whole.rows, *_interval(whole.mean_accuracy), _number(whole.majority_mean)),
        (*complete, *_interval(whole.all_right), majority),
        ("all known labels right, of all rows", whole.rows, *_interval(whole.all_known_right), _NONE),
    ]


def _list_headline(
    name: str, evaluation: Evaluation, published: Published, targets: Mapping[str, float]
) -> tuple[object, ...]:
    field = next((result for result in evaluation.single if result.field == name), None)
    rows, majority = _count_whole(name, evaluation.whole) if field is None else (field.rows, field.majority)
    return (
        LABELS.get(name, name),
        rows,
        *_interval(evaluation.figure(name)),
        _number(majority),
        _number(published.accuracy.get(name)),
        _number(targets.get(name)),
        *_interval(None if field is None else field.macro_f1),
        _number(published.macro_f1.get(name)),
    )


def _count_whole(name: str, whole: WholeResult | None) -> tuple[int, float | None]:
    if whole is None:
        return 0, None
    if name == "mean":
        return whole.rows, whole.majority_mean
    return whole.complete_rows, whole.majority_all_right


def _interval(interval: Interval | None) -> tuple[str, str]:
    if interval is None:
        return _NONE, _NONE
    return _number(interval.value), f"{_number(interval.low)} to {_number(interval.high)}"


def _number(figure: float | None) -> str:
    return _NONE if figure is None or math.isnan(figure) else f"{figure:.4f}"


def _unit(target: Target) -> str:
    return f" {target.unit}" if target.unit else ""


def _render_row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
