"""``modiste bundle confusion``: tell a bundle what it takes for what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["confusion"]


def confusion(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle; it gets the file confusion.json.")],
    judged: Annotated[Path, typer.Argument(help="Folder that 'modiste evaluate BUNDLE --out FOLDER' wrote.")],
) -> None:
    """Tell a bundle what it takes for what; its page then shows it. Answers and fingerprint stay as they are.

    `modiste export` does this by itself, with the part that the run was chosen by.

    Examples:

        modiste evaluate my-bundle --data fashion.zip --split-file split.csv --split validation --out judged

        modiste bundle confusion my-bundle judged
    """
    from modiste.bundle import Bundle, keep_confusion
    from modiste.evaluation import count_verdicts, read_judgement

    opened, told = Bundle.open(bundle), read_judgement(judged)
    told.check_of(opened.fingerprint)
    counts, strange = count_verdicts(told.verdicts, opened.taxonomy)
    keep_confusion(opened, counts, measured_on=told.rows)
    typer.echo(f"{opened.path} tells what it takes for what, of {', '.join(counts)}: {told.rows}")
    if strange:
        typer.echo(f"left out: {strange:,} labels that the bundle never says, or pictures that it could not read")
