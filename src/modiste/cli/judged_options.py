"""What the commands that judge systems share: ``modiste evaluate`` and ``modiste compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

import typer

__all__ = [
    "OUT",
    "WHAT",
    "AllowSeen",
    "AsJson",
    "GroupBy",
    "Reader",
    "Replicates",
    "Seed",
    "SplitFile",
    "SplitName",
    "Threads",
]

WHAT: Final = "What is judged"
_HOW: Final = "How it is judged"
OUT: Final = "What is written"

SplitName = Annotated[
    str | None, typer.Option(help="Judge only this part of the data; by default all of it.", rich_help_panel=WHAT)
]
SplitFile = Annotated[
    Path | None,
    typer.Option(help="CSV that says which item is in which part: id,split or item,split.", rich_help_panel=WHAT),
]
Reader = Annotated[
    str | None, typer.Option(help="Reader of the data; by default it is recognised.", rich_help_panel=WHAT)
]
AllowSeen = Annotated[
    bool, typer.Option("--allow-seen", help="Judge also on rows that a bundle was trained on.", rich_help_panel=WHAT)
]
GroupBy = Annotated[
    Literal["title", "product", "none"],
    typer.Option(help="What bootstrap draws keep together.", rich_help_panel=_HOW),
]
Replicates = Annotated[int, typer.Option(help="Bootstrap draws of an interval.", min=1, rich_help_panel=_HOW)]
Seed = Annotated[
    int,
    typer.Option(
        help="Another seed draws other rows for the intervals; the same one repeats them.", min=0, rich_help_panel=_HOW
    ),
]
Threads = Annotated[int | None, typer.Option(help="Cores to use; by default all.", min=1, rich_help_panel=_HOW)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.", rich_help_panel=OUT)]
