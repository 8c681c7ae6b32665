"""What the report shows of the training that made a system: its losses and its rate, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modiste.evaluation import Epoch, sum_seconds
from modiste.explore.figures import ACCENT, SOFT, open_axes, shorten_name
from modiste.explore.line_chart import Line, Mark, draw_lines
from modiste.explore.markup import escape

__all__ = ["draw_training", "render_training"]

_WRONG = "#a8231f"
_LOSSES = "Losses; the training's is the mean over an epoch's steps, on pictures changed at random."
_ACCURACY = "Accuracy on the validation part, mean of the fields."
_RATE = "Learning rate of the heads, mean over an epoch's steps."


def render_training(history: Sequence[Epoch]) -> str:
    """Render the curves of a training as HTML.

    Args:
        history: Its epochs, at least one.
    """
    curves = (
        (_LOSSES, _draw(history, "loss", {"training": "train_loss", "validation": "val_loss"})),
        (_ACCURACY, _draw(history, "accuracy", {"validation": "val_accuracy"})),
        (_RATE, _draw(history, "rate", {"heads": "rate"}, log=True)),
    )
    figures = "".join(
        f"<figure>{chart}<figcaption>{escape(caption)}</figcaption></figure>" for caption, chart in curves
    )
    return f'<p class="told">{escape(_tell(history))}</p><div class="curves">{figures}</div>'


def _draw(history: Sequence[Epoch], what: str, columns: Mapping[str, str], *, log: bool = False) -> str:
    numbers = range(1, len(history) + 1)
    lines = [Line(name, numbers, [getattr(epoch, column) for epoch in history]) for name, column in columns.items()]
    marks = [Mark(at, name) for at, name in _list_stages(history)]
    return draw_lines(lines, across="epoch", upward=what, label=f"{what}, epoch by epoch", log=log, marks=marks)


def draw_training(figure: Any, history: Sequence[Epoch]) -> None:
    """Draw the same into a matplotlib figure."""
    numbers = list(range(1, len(history) + 1))
    losses = open_axes(figure, "loss", (1, 3, 1))
    losses.plot(numbers, [epoch.train_loss for epoch in history], color=SOFT, label="training", marker=".")
    losses.plot(numbers, [epoch.val_loss for epoch in history], color=ACCENT, label="validation", marker=".")
    losses.legend(fontsize=7, frameon=False)
    accuracy = open_axes(figure, "validation accuracy", (1, 3, 2))
    accuracy.plot(numbers, [epoch.val_accuracy for epoch in history], color=ACCENT, marker=".")
    rate = open_axes(figure, "learning rate of the heads", (1, 3, 3))
    rate.plot(numbers, [epoch.rate for epoch in history], color=ACCENT, marker=".")
    rate.set_yscale("log")
    rate.tick_params(axis="y", which="minor", labelsize=7, labelcolor=SOFT)
    for axes in (losses, accuracy, rate):
        axes.set_xlabel("epoch", fontsize=8)
        for at, name in _list_stages(history):
            axes.axvline(at, color=_WRONG, linewidth=0.6, linestyle=":")
            axes.annotate(
                shorten_name(name, 14),
                (at, 1),
                (2, -7),
                xycoords=("data", "axes fraction"),
                fontsize=6,
                textcoords="offset points",
                color=SOFT,
            )


def _list_stages(history: Sequence[Epoch]) -> list[tuple[float, str]]:
    """Return where each stage begins, half an epoch before its first one ends up on the axis."""
    names = [epoch.stage for epoch in history]
    return [(max(1.0, names.index(name) + 0.5), name) for name in dict.fromkeys(names)]


def _tell(history: Sequence[Epoch]) -> str:
    minutes = sum_seconds(history) / 60
    each = sum(epoch.seconds for epoch in history) / len(history)
    best = min(history, key=lambda epoch: epoch.val_loss)
    return (
        f"{len(history)} epochs in {minutes:.1f} minutes, {each:.1f} seconds an epoch. The lowest validation loss, "
        f"{best.val_loss:.4f}, was that of epoch {best.epoch} of the stage {best.stage}."
    )
