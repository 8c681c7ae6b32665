"""The curves and the matrix of the report as SVG, which scales, prints and needs no script."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from modiste.evaluation import CalibrationBin, CoverageCurve, Interval, PrecisionRecall
from modiste.explore.judged.views import FieldView
from modiste.explore.markup import escape, format_count

__all__ = ["draw_coverage", "draw_matrix", "draw_precision_recall", "draw_reliability", "render_interval"]

_LEFT, _TOP, _SIDE = 44, 10, 250
_POINTS = 80
_CELLS = ((12, 34), (30, 22), (60, 15), (100, 12))  # classes at most -> pixels of a cell
_SMALLEST = 10
_LONGEST = 22


def render_interval(interval: Interval, baseline: float | None = None) -> str:
    """Render a share with its interval as a bar, with a mark where the baseline stands."""
    low, high = (100 * min(1.0, max(0.0, end)) for end in (interval.low, interval.high))
    mark = "" if baseline is None else f'<b style="left:{100 * min(1.0, baseline):.1f}%"></b>'
    return (
        f'<span class="meter whiskered" aria-hidden="true"><i style="width:{100 * interval.value:.1f}%"></i>'
        f'<u style="left:{low:.2f}%;width:{max(high - low, 0.4):.2f}%"></u>{mark}</span>'
    )


def draw_reliability(bins: Sequence[CalibrationBin]) -> str:
    """Draw how often answers of each confidence are right; on the diagonal a confidence means what it says."""
    most = max((entry.rows for entry in bins), default=1)
    bars = "".join(
        f'<rect class="share" x="{_x(entry.low):.1f}" y="{_y(entry.accuracy):.1f}" '
        f'width="{_SIDE * (entry.high - entry.low) - 1:.1f}" height="{_SIDE * entry.accuracy:.1f}"'
        f' style="fill-opacity:{0.3 + 0.6 * (entry.rows / most) ** 0.5:.2f}">'
        f"<title>{_tell_bin(entry)}</title></rect>"
        for entry in bins
    )
    dots = "".join(
        f'<circle cx="{_x(entry.confidence):.1f}" cy="{_y(entry.accuracy):.1f}" r="3"></circle>' for entry in bins
    )
    diagonal = f'<path class="diagonal" d="M{_x(0):.1f} {_y(0):.1f}L{_x(1):.1f} {_y(1):.1f}"></path>'
    return _frame(bars + diagonal + dots, "confidence", "share right", "Reliability diagram")


def draw_coverage(curve: CoverageCurve, doubt: float | None) -> str:
    """Draw the accuracy of the answers that are kept when the least sure ones are set aside."""
    floor = _find_floor(curve.accuracy)
    line = _draw_line(curve.coverage, (curve.accuracy - floor) / (1 - floor))
    mark = ""
    if doubt is not None and (curve.thresholds >= doubt).any():
        at = int(np.flatnonzero(curve.thresholds >= doubt)[-1])
        x, y = _x(curve.coverage[at]), _y((curve.accuracy[at] - floor) / (1 - floor))
        text = f"not doubtful: {curve.coverage[at]:.1%} of the answers, {curve.accuracy[at]:.1%} of them right"
        mark = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5"><title>{text}</title></circle>'
    return _frame(line + mark, "share of answers kept", "share right", "Accuracy against coverage", floor)


def draw_precision_recall(curve: PrecisionRecall) -> str:
    """Draw precision against recall."""
    return _frame(_draw_line(curve.recall, curve.precision), "recall", "precision", "Precision against recall")


def draw_matrix(view: FieldView, *, most: int) -> str:
    """Draw the confusion matrix, each row divided by its sum; a cell that something fell into is a square.

    Args:
        view: The field.
        most: How many cells are drawn at most, the fullest ones.
    """
    size = len(view.values)
    cell = next((pixels for most, pixels in _CELLS if size <= most), _SMALLEST)
    letters = min(12.0, cell * 0.92)
    names = [_cut(value) for value in view.values]
    edge = 14 + 0.56 * letters * max(map(len, names), default=0)
    totals = np.maximum(view.confusion.sum(axis=1), 1)
    cells = "".join(
        _draw_cell(view, row, column, edge, cell, int(totals[row])) for row, column in _choose_cells(view, most)
    )
    rows = "".join(
        f'<text x="{edge - 5:.1f}" y="{edge + (at + 0.5) * cell:.1f}" data-row="{at}">{escape(name)}</text>'
        for at, name in enumerate(names)
    )
    columns = "".join(
        f'<text transform="translate({edge + (at + 0.5) * cell:.1f} {edge - 5:.1f}) rotate(-90)" data-column="{at}">'
        f"{escape(name)}</text>"
        for at, name in enumerate(names)
    )
    whole = edge + size * cell + 1
    return (
        f'<svg class="matrix" width="{whole:.0f}" height="{whole:.0f}" viewBox="0 0 {whole:.0f} {whole:.0f}" '
        'role="img" '
        f'aria-label="Confusion matrix of {size} classes; the table above says the same in numbers" '
        f'style="font-size:{letters:.1f}px"><rect class="ground" x="{edge:.1f}" y="{edge:.1f}" '
        f'width="{size * cell}" height="{size * cell}"></rect>{cells}<g class="down">{rows}</g>'
        f'<g class="across">{columns}</g></svg>'
    )


def _choose_cells(view: FieldView, most: int) -> list[tuple[int, int]]:
    """Return the places of the fullest cells, line by line."""
    flat = view.confusion.ravel()
    filled = np.flatnonzero(flat)
    kept = np.sort(filled[np.argsort(-flat[filled], kind="stable")[:most]])
    return [divmod(int(at), len(view.values)) for at in kept]


def _draw_cell(view: FieldView, row: int, column: int, edge: float, cell: int, total: int) -> str:
    count = int(view.confusion[row, column])
    share, kind = count / total, "hit" if row == column else "miss"
    text = (
        f"{view.values[row]}, {'recognised' if row == column else f'taken for {view.values[column]}'}: "
        f"{format_count(count)} of {format_count(total)} ({share:.1%})"
    )
    number = ""
    if cell >= 22 and share >= 0.005:
        place = f'x="{edge + (column + 0.5) * cell:.1f}" y="{edge + (row + 0.5) * cell:.1f}"'
        number = f'<text class="cell{" strong" if share > 0.5 else ""}" {place}>{100 * share:.0f}</text>'
    return (
        f'<rect class="{kind}" x="{edge + column * cell:.1f}" y="{edge + row * cell:.1f}" width="{cell - 1}" '
        f'height="{cell - 1}" style="fill-opacity:{0.08 + 0.92 * share**0.6:.2f}" data-cell="{row},{column}">'
        f"<title>{escape(text)}</title></rect>{number}"
    )


def _frame(inside: str, across: str, upward: str, label: str, floor: float = 0.0) -> str:
    """Put a grid and axes around a drawing; the vertical axis begins at ``floor``."""
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    grid = "".join(
        f'<path class="grid" d="M{_x(0):.1f} {_y(at):.1f}H{_x(1):.1f}M{_x(at):.1f} {_y(0):.1f}V{_y(1):.1f}"></path>'
        f'<text x="{_LEFT - 6}" y="{_y(at) + 4:.1f}" text-anchor="end">{_percent(floor + at * (1 - floor))}</text>'
        f'<text x="{_x(at):.1f}" y="{_y(0) + 15:.1f}" text-anchor="middle">{_percent(at)}</text>'
        for at in ticks
    )
    middle = _TOP + _SIDE / 2
    names = (
        f'<text x="{_LEFT + _SIDE / 2}" y="{_TOP + _SIDE + 32}" text-anchor="middle">{across}, %</text>'
        f'<text transform="translate(11 {middle}) rotate(-90)" text-anchor="middle">{upward}, %</text>'
    )
    width, height = _LEFT + _SIDE + 14, _TOP + _SIDE + 38
    return (
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">{grid}{inside}{names}</svg>'
    )


def _draw_line(across: NDArray[np.float64], upward: NDArray[np.float64]) -> str:
    """Draw a line through points that stand evenly along the horizontal axis, the first and the last among them."""
    even = np.searchsorted(across, np.linspace(across[0], across[-1], _POINTS))
    chosen = np.unique(np.concatenate([even, [0, len(across) - 1]]))
    points = " ".join(f"{_x(across[at]):.1f},{_y(upward[at]):.1f}" for at in chosen)
    return f'<polyline class="line" points="{points}"></polyline>'


def _find_floor(shares: NDArray[np.float64]) -> float:
    """Return where the axis begins: what happens between 95 and 100 % can't be seen on one from 0."""
    lowest = float(shares.min())
    return next((floor for floor in (0.9, 0.8, 0.6) if lowest > floor + 0.01), 0.0)


def _tell_bin(entry: CalibrationBin) -> str:
    sure = f"{format_count(entry.rows)} answers, on average {entry.confidence:.1%} sure"
    return f"{sure}: {entry.accuracy:.1%} of them right"


def _x(share: float) -> float:
    return _LEFT + _SIDE * float(share)


def _y(share: float) -> float:
    return _TOP + _SIDE * (1 - float(share))


def _percent(share: float) -> str:
    return f"{100 * share:.4g}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
