"""``modiste train --find-rate``: which rate to write into a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from modiste.errors import import_extra

__all__ = ["find_stage_rate"]


def find_stage_rate(
    recipe: str, data: Path, out: Path, *, reader: str | None, pictures: Sequence[Path], device: str
) -> None:
    """Look for the rate of the stage that comes next in a run, or of the first one where there is no run yet."""
    import_extra("matplotlib.figure", purpose="The figure of --find-rate", extra="report")
    from modiste.training import TrainingRun, find_recipe, load_recipe, read_data
    from modiste.training.rate_finder import find_rate, write_rate_search

    path = find_recipe(recipe)
    loaded = load_recipe(path)
    # A run of its own, so that the training may then have another rate, which makes it another recipe.
    folder = out if (out / "run.json").exists() else out / "rate-finder"
    manifest = read_data(data, loaded.data, reader=reader)
    run = TrainingRun.prepare(loaded, path.parent, manifest, folder, pictures=pictures)
    found = find_rate(run, device=device)
    _, figure = write_rate_search(found, out)
    typer.echo(f"{figure}: the loss of stage {found.stage!r} over {len(found.rates)} rates")
    typer.echo(f"it falls fastest at {found.suggested:.2g}. Next: write rate = {found.suggested:.2g} into that stage")
