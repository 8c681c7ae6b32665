"""What ``modiste train --sweep`` carries out and prints."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import typer

from modiste.errors import import_extra

__all__ = ["sweep_recipes"]


def sweep_recipes(
    grid: Path,
    data: Path,
    out: Path,
    *,
    reader: str | None,
    pictures: Sequence[Path],
    device: str,
    progress: float,
) -> None:
    """Carry out the trainings of a sweep and print the table; exit with 1 if one of them failed.

    Args:
        grid: The sweep's TOML file.
        data: The data.
        out: Gets a run for each training, and the table.
        reader: How to read the data.
        pictures: Further pictures of the training items.
        device: ``auto``, ``cpu`` or ``cuda``.
        progress: Seconds between two progress lines.
    """
    import_extra("pytorch_lightning", purpose="Training", extra="train")
    from modiste.training import read_data
    from modiste.training.sweeping import choose_winner, load_sweep, render_outcomes, run_sweep

    sweep = load_sweep(grid)
    manifest = read_data(data, *(variant.recipe.data for variant in sweep.variants), reader=reader)
    outcomes = run_sweep(
        sweep,
        manifest,
        out,
        pictures=pictures,
        device=device,
        progress_seconds=progress,
        command=shlex.join(["modiste", "train", "--sweep", grid.name, "--data", data.name, "--out", out.name]),
        say=lambda line: typer.echo(line, err=True),
    )
    typer.echo(render_outcomes(outcomes, sweep.keys, sweep.choose_by))
    winner = choose_winner(outcomes, sweep.choose_by)
    typer.echo(f"{out}: sweep.csv and sweep.json", err=True)
    if winner is not None:
        typer.echo(f"\nNext: modiste export {shlex.quote(str(out / winner.folder))} my-bundle")
    if any(outcome.problem for outcome in outcomes):
        raise typer.Exit(1)
