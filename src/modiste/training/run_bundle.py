"""The bundle of a run, for those who judge the run itself: exported once, kept in the run's folder."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from modiste.bundle import Bundle
from modiste.errors import RecipeError
from modiste.training.export import export_run
from modiste.training.run import TrainingRun

__all__ = ["open_run_bundle"]

_FOLDER = "judged"
_LETTERS = 12


def open_run_bundle(run: TrainingRun, *, say: Callable[[str], None] = print) -> Bundle:
    """Return the bundle of a run's last checkpoint.

    It is exported at the first call and kept in the run's folder under the checkpoint's digest; a run that went on
    since is exported anew, and the older bundle goes.

    Args:
        run: The run; at least one epoch must be finished.
        say: Told when it is exported, which takes some seconds to minutes.

    Raises:
        RecipeError: No epoch is finished.
        ExportError: The network can't be exported.
    """
    if not run.last.exists():
        raise RecipeError(f"{run.folder} has finished no epoch yet. Type the 'modiste train' command of that run")
    with run.last.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:_LETTERS]
    kept = run.folder / _FOLDER
    if not (kept / digest).is_dir():
        say(f"exporting {run.folder}, to judge what would be shipped")
        export_run(run, kept / digest, name=run.recipe.name, training=run.describe())
        _drop_older(kept, digest)
    return Bundle.open(kept / digest)


def _drop_older(kept: Path, digest: str) -> None:
    for folder in kept.iterdir():
        if folder.name != digest and folder.is_dir():
            shutil.rmtree(folder)
