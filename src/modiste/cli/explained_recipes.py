"""What ``modiste train --explain`` prints and writes."""

from __future__ import annotations

from pathlib import Path

import typer

from modiste.errors import import_extra

__all__ = ["explain"]


def explain(recipe: str, data: Path | None, reader: str | None, report: Path | None, figures: Path | None) -> None:
    """Say what a recipe does, and write a page of it.

    Args:
        recipe: A TOML file or a recipe's name.
        data: The data; None draws a garment.
        reader: How to read it.
        report: The page; by default ``RECIPE-explained.html`` in the current folder.
        figures: A folder for the figures as PNG; None draws none.
    """
    import_extra("torch", purpose="Explaining a recipe", extra="train")
    from modiste.explore.figures import check_figures
    from modiste.explore.writing import check_writable
    from modiste.training import find_recipe, load_recipe, read_data
    from modiste.training.explaining import (
        explain_recipe,
        summarise,
        write_explanation_figures,
        write_explanation_page,
    )

    path = find_recipe(recipe)
    page = Path(f"{path.stem}-explained.html") if report is None else report
    check_writable(page)
    if figures is not None:
        check_figures(figures)
    loaded = load_recipe(path)
    manifest = None if data is None else read_data(data, loaded.data, reader=reader)
    found = explain_recipe(loaded, path.parent, manifest, source="" if data is None else data.name)
    typer.echo(summarise(found), nl=False)
    write_explanation_page(page, found)
    typer.echo(f"{page}: open it in a browser", err=True)
    if figures is not None:
        written = write_explanation_figures(figures, found)
        typer.echo(f"{figures}: {', '.join(path.name for path in written)}", err=True)
