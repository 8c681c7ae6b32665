"""Progress on a terminal: how far, how fast, how long still. Nothing is shown where nobody looks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["show_progress"]


@contextmanager
def show_progress(total: int, *, done: int, label: str) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error if it is a terminal.

    Args:
        total: How many pictures there are.
        done: How many were done before, by a run that was interrupted.
        label: What is being done: ``"tagging"``.

    Yields:
        A function that is called with the number of pictures just done.
    """
    if not sys.stderr.isatty():
        yield _ignore
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total, completed=done, rate="")

        def advance(count: int) -> None:
            bar.advance(task, count)
            speed = bar.tasks[0].speed
            bar.update(task, rate=f"{speed:,.0f} pictures/s" if speed else "")

        yield advance


def _ignore(count: int) -> None:
    """Take no notice."""
