"""The figures of an evaluation as PNG files, for papers and slides; needs the extra ``report``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from modiste.evaluation import Evaluation
from modiste.explore.figures import (
    ACCENT,
    INK,
    SOFT,
    Draw,
    check_figures,
    draw_bars,
    find_file_name,
    open_axes,
    save_figure,
    shorten_name,
)
from modiste.explore.judged.portraits import Portraits, read_portraits
from modiste.explore.judged.training import draw_training
from modiste.explore.judged.views import ALL_VALUES, FieldView, JudgedReport, Mistake, build_views

__all__ = ["write_evaluation_figures"]

_CLASSES = 40
_EACH = 6
_WIDEST = 26.0  # inches
_RIGHT = "#17663a"
_WRONG = "#a8231f"


def write_evaluation_figures(folder: Path, report: JudgedReport) -> tuple[Path, ...]:
    """Draw every figure that an evaluation has something for.

    Args:
        folder: Where they go; made if it is not there. Files of the same names are replaced.
        report: What was judged.

    Returns:
        The files: ``figures.png``, ``training.png`` where the training is known, and of each field
        ``confusion-FIELD.png``, ``classes-FIELD.png``, ``curves-FIELD.png``, ``errors-FIELD.png`` and
        ``labels-FIELD.png``.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    check_figures(folder)
    folder.mkdir(parents=True, exist_ok=True)
    views = build_views(report)
    rows = {mistake.row for view in views for mistake in (*view.worst, *view.suspects)}
    portraits = _unfold(read_portraits(report.rows, rows, most=4_500_000))
    taken: set[str] = set()
    return tuple(
        save_figure(folder / f"{find_file_name(name, taken)}.png", size, draw)
        for name, size, draw in _list(report, views, portraits)
    )


def _list(
    report: JudgedReport, views: Sequence[FieldView], pictures: dict[int, Any]
) -> Iterator[tuple[str, tuple[float, float], Draw]]:
    """List the figures: name, width and height in inches, and what draws each."""
    fields = len(report.evaluation.results)
    yield "figures", (7, 1.4 + 0.34 * fields), _bind(_draw_headline, report.evaluation)
    if report.history:
        yield "training", (11, 3.4), _bind(draw_training, report.history)
    for view in views:
        name = view.result.field
        if view.values:
            side = min(_WIDEST, 2.4 + 0.16 * len(view.values))
            yield f"confusion-{name}", (side, side), _bind(_draw_matrix, view)
        shown = min(_CLASSES, len(view.classes))
        yield f"classes-{name}", (6, 1.2 + 0.2 * shown), _bind(_draw_classes, view)
        yield f"curves-{name}", (11, 3.8), _bind(_draw_curves, view)
        for title, mistakes in (("errors", view.worst), ("labels", view.suspects)):
            if any(mistake.row in pictures for mistake in mistakes):
                lines = -(-len(mistakes) // _EACH)
                drawn = (pictures, mistakes, title == "errors")
                yield f"{title}-{name}", (8.5, 0.3 + 1.75 * lines), _bind(_draw_mistakes, drawn)


def _bind(draw: Callable[[Any, Any], None], data: object) -> Draw:
    return lambda figure: draw(figure, data)


def _unfold(portraits: Portraits) -> dict[int, Any]:
    """Cut the pictures out of their sheets again: row -> RGB [height, width, 3]."""
    import base64
    import io

    from PIL import Image

    sheets = [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(sheet.partition(",")[2]))))
        for sheet in portraits.atlas.sheets
    ]
    cut = {}
    for row, at in portraits.places.items():
        tile = portraits.atlas.tiles[at]
        cut[row] = sheets[tile.sheet][tile.top : tile.top + tile.height, tile.left : tile.left + tile.width]
    return cut


def _draw_headline(figure: Any, evaluation: Evaluation) -> None:
    axes = open_axes(figure, "right, with 95 % interval; mark: always the commonest value")
    results = [(item.field, item.accuracy, item.majority) for item in evaluation.single]
    results += [(f"{item.field} (micro-F1)", item.micro_f1, item.majority) for item in evaluation.multi]
    labels = [f"{100 * figure_.value:.1f}" for _, figure_, _ in results]
    draw_bars(axes, [name for name, _, _ in results], [100 * item.value for _, item, _ in results], labels)
    for at, (_, item, majority) in enumerate(results):
        axes.plot([100 * item.low, 100 * item.high], [at, at], color=INK, linewidth=3, solid_capstyle="butt")
        if majority is not None:
            axes.plot([100 * majority] * 2, [at - 0.42, at + 0.42], color=_WRONG, linewidth=1.5)
    axes.set_xlim(0, 108)


def _draw_matrix(figure: Any, view: FieldView) -> None:
    axes = open_axes(figure, f"{view.result.field}: what is taken for what, % of each line")
    shares = view.confusion / np.maximum(view.confusion.sum(axis=1, keepdims=True), 1)
    signed = np.where(np.eye(len(shares), dtype=bool), 1, -1) * shares**0.6
    axes.imshow(signed, cmap="RdYlGn", vmin=-1, vmax=1, aspect="equal")
    names = [shorten_name(value) for value in view.values]
    size = 7 if len(names) <= 60 else 5
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=size)
    axes.set_yticks(range(len(names)), names, fontsize=size)
    axes.set_xlabel("answer", fontsize=8, color=SOFT)
    axes.set_ylabel("label", fontsize=8, color=SOFT)
    if len(names) <= 30:
        for row, column in np.argwhere(shares >= 0.005):
            text = f"{100 * shares[row, column]:.0f}"
            axes.text(column, row, text, ha="center", va="center", fontsize=6, color=INK)


def _draw_classes(figure: Any, view: FieldView) -> None:
    shown = view.classes[:_CLASSES]
    title = f"{view.result.field}: F1 of {len(shown)} of {len(view.classes)} classes, the commonest first"
    labels = [f"{row.f1:.2f}  ({row.rows:,} rows)" for row in shown]
    draw_bars(open_axes(figure, title), [row.value for row in shown], [row.f1 for row in shown], labels)


def _draw_curves(figure: Any, view: FieldView) -> None:
    reliability = open_axes(figure, f"{view.result.field}: reliability", (1, 3, 1))
    for entry in view.bins:
        width = entry.high - entry.low
        reliability.bar(entry.low, entry.accuracy, width, align="edge", color=ACCENT, alpha=0.5, edgecolor="white")
    reliability.plot([0, 1], [0, 1], color=SOFT, linestyle="--", linewidth=1)
    reliability.set_xlabel("confidence", fontsize=8)
    reliability.set_ylabel("share right", fontsize=8)
    coverage = open_axes(figure, "accuracy against coverage", (1, 3, 2))
    coverage.plot(view.coverage.coverage, view.coverage.accuracy, color=ACCENT)
    coverage.set_xlabel("share of answers kept", fontsize=8)
    recall = open_axes(figure, "precision against recall", (1, 3, 3))
    if ALL_VALUES in view.recalls:
        recall.plot(view.recalls[ALL_VALUES].recall, view.recalls[ALL_VALUES].precision, color=ACCENT)
    recall.set_xlabel("recall", fontsize=8)
    recall.set_ylim(0, 1.02)


def _draw_mistakes(figure: Any, data: tuple[dict[int, Any], Sequence[Mistake], bool]) -> None:
    pictures, mistakes, errors = data
    above, below = (_WRONG, _RIGHT) if errors else (_RIGHT, _WRONG)
    lines = -(-len(mistakes) // _EACH)
    grid = figure.subplots(lines, _EACH, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, mistake in zip(grid.flat, mistakes, strict=False):
        if mistake.row in pictures:
            axes.imshow(pictures[mistake.row])
        axes.set_title(f"{shorten_name(mistake.answer, 18)} {mistake.confidence:.0%}", fontsize=7, color=above)
        axes.text(
            *(0.5, -0.03, f"labelled {shorten_name(mistake.truth, 18)}"),
            transform=axes.transAxes,
            **{"ha": "center", "va": "top", "fontsize": 6, "color": below},
        )
