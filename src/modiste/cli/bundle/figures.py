"""``modiste bundle figures``: measured figures for a bundle's card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["figures"]


def figures(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle.")],
    report: Annotated[Path, typer.Argument(help="JSON that 'modiste bench accept accuracy' wrote.")],
) -> None:
    """Put measured figures into a bundle's card; its answers and its fingerprint stay as they are.

    Examples:

        modiste bundle figures my-bundle results/accuracy.json
    """
    import json

    from modiste.bundle import Bundle, add_figures
    from modiste.errors import UsageError

    try:
        data = json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{report} can't be read as JSON: {error}") from error
    written = add_figures(Bundle.open(bundle), data)
    typer.echo(f"{written.path / 'card.md'} holds the figures of {report}")
