"""What several commands of ``modiste bundle`` take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["Folder"]

Folder = Annotated[Path | None, typer.Argument(help="Folder of a bundle; by default the one inside modiste.")]
