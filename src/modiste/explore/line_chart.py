"""Lines over steps, epochs or anything else that is counted, as SVG that scales, prints and needs no script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modiste.explore.markup import escape, format_number

__all__ = ["Line", "Mark", "draw_lines"]

_LEFT, _TOP, _WIDTH, _HEIGHT = 52, 26, 420, 210
_COLOURS: Final = 6  # of which judged.css knows as many
_POINTS: Final = 400
_TICKS: Final = 5
_NICE: Final = (1, 2, 2.5, 5, 10)


class Line(NamedTuple):
    """A line: its name, and the numbers [n] across and upward."""

    name: str
    across: ArrayLike
    upward: ArrayLike


class Mark(NamedTuple):
    """An upright line with a name, such as where a stage begins."""

    at: float
    name: str


class _Axis(NamedTuple):
    low: float
    high: float
    log: bool

    def place(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where values stand, 0 at the low end and 1 at the high one."""
        ends = np.array([self.low, self.high])
        if self.log:
            values, ends = np.log10(np.maximum(values, self.low)), np.log10(ends)
        return np.asarray((values - ends[0]) / (ends[1] - ends[0]), np.float64)


def draw_lines(
    lines: Sequence[Line], *, across: str, upward: str, label: str, log: bool = False, marks: Sequence[Mark] = ()
) -> str:
    """Draw lines into one frame.

    Args:
        lines: At least one, each with at least one point; what is no number leaves a gap.
        across: What the horizontal axis counts.
        upward: What the vertical axis shows.
        label: What the figure is, for those who can't see it.
        log: Whether the vertical axis is logarithmic; values must then be above 0.
        marks: Upright lines.

    Returns:
        HTML: an ``svg`` of the class ``chart wide``.
    """
    points = [(np.asarray(line.across, np.float64), np.asarray(line.upward, np.float64)) for line in lines]
    wide = _fit_axis(np.concatenate([x for x, _ in points]), log=False, tight=True)
    tall = _fit_axis(np.concatenate([y for _, y in points]), log=log, tight=False)
    inside = "".join(_draw_mark(mark, wide) for mark in marks)
    inside += "".join(_draw_line(at, x, y, wide, tall) for at, (x, y) in enumerate(points))
    return _frame(inside, lines, wide, tall, (across, upward, label))


def _fit_axis(values: NDArray[np.float64], *, log: bool, tight: bool) -> _Axis:
    finite = values[np.isfinite(values) & ((values > 0) | (not log))]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    if log:
        return _Axis(low / 1.5, high * 1.5, log=True)
    room = 0.0 if tight and high > low else 0.06 * (high - low) or 0.5 * abs(high) or 0.5
    return _Axis(low - room, high + room, log=False)


def _draw_line(at: int, x: NDArray[np.float64], y: NDArray[np.float64], wide: _Axis, tall: _Axis) -> str:
    chosen = np.unique(np.linspace(0, len(x) - 1, min(len(x), _POINTS)).round().astype(int))
    kept = chosen[np.isfinite(y[chosen])]
    across, upward = _x(wide.place(x[kept])), _y(tall.place(y[kept]))
    colour = f"line{at % _COLOURS}"
    if len(kept) == 1:
        return f'<circle class="{colour}" cx="{across[0]:.1f}" cy="{upward[0]:.1f}" r="3"></circle>'
    points = " ".join(f"{one:.1f},{other:.1f}" for one, other in zip(across, upward, strict=True))
    return f'<polyline class="line {colour}" points="{points}"></polyline>'


def _draw_mark(mark: Mark, wide: _Axis) -> str:
    at = float(_x(wide.place(np.array([mark.at])))[0])
    return (
        f'<path class="diagonal" d="M{at:.1f} {_TOP}V{_TOP + _HEIGHT}"></path>'
        f'<text x="{at + 4:.1f}" y="{_TOP + 11}">{escape(mark.name)}</text>'
    )


def _frame(inside: str, lines: Sequence[Line], wide: _Axis, tall: _Axis, words: tuple[str, str, str]) -> str:
    across, upward, label = words
    grid = "".join(_draw_tick(value, tall) for value in _list_ticks(tall))
    for value in _list_ticks(wide):
        at = float(_x(wide.place(np.array([value])))[0])
        grid += f'<text x="{at:.1f}" y="{_TOP + _HEIGHT + 15}" text-anchor="middle">{_write(value)}</text>'
    names = (
        f'<text x="{_LEFT + _WIDTH / 2}" y="{_TOP + _HEIGHT + 32}" text-anchor="middle">{escape(across)}</text>'
        f'<text transform="translate(11 {_TOP + _HEIGHT / 2}) rotate(-90)" text-anchor="middle">{escape(upward)}</text>'
    )
    width, height = _LEFT + _WIDTH + 14, _TOP + _HEIGHT + 38
    return (
        f'<svg class="chart wide" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">'
        f"{grid}{inside}{names}{_draw_legend(lines)}</svg>"
    )


def _draw_tick(value: float, tall: _Axis) -> str:
    at = float(_y(tall.place(np.array([value])))[0])
    return (
        f'<path class="grid" d="M{_LEFT} {at:.1f}h{_WIDTH}"></path>'
        f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{_write(value)}</text>'
    )


def _draw_legend(lines: Sequence[Line]) -> str:
    if len(lines) == 1:
        return ""
    room = _WIDTH / len(lines)
    return "".join(
        f'<path class="line line{at % _COLOURS}" d="M{_LEFT + at * room:.0f} 12h14"></path>'
        f'<text x="{_LEFT + at * room + 18:.0f}" y="16">{escape(line.name)}</text>'
        for at, line in enumerate(lines)
    )


def _list_ticks(axis: _Axis) -> list[float]:
    """Return round numbers within an axis."""
    if axis.log:
        low, high = math.ceil(math.log10(axis.low)), math.floor(math.log10(axis.high))
        powers = [10.0**power for power in range(low, high + 1)]
        steps = powers if len(powers) > 2 else [f * 10.0**p for p in range(low - 1, high + 1) for f in (1, 2, 5)]
        return [step for step in steps if axis.low <= step <= axis.high]
    step = (axis.high - axis.low) / _TICKS
    size = 10.0 ** math.floor(math.log10(step))
    step = next(factor * size for factor in _NICE if factor * size >= step * (1 - 1e-9))
    return [at * step for at in range(math.ceil(axis.low / step), math.floor(axis.high / step + 1e-9) + 1)]


def _write(value: float) -> str:
    return f"{value:.0e}".replace("e-0", "e-") if 0 < abs(value) < 1e-3 else format_number(float(f"{value:.6g}"))


def _x(share: NDArray[np.float64]) -> NDArray[np.float64]:
    return _LEFT + _WIDTH * share


def _y(share: NDArray[np.float64]) -> NDArray[np.float64]:
    return _TOP + _HEIGHT * (1 - share)
