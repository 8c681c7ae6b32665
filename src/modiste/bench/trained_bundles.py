"""Trainings of acceptance runs that outlive the command: a bundle each, found again by what it was trained from."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from modiste.bench.accept import Setting
from modiste.bench.trainings import use_threads
from modiste.bundle import Bundle
from modiste.manifest import LABEL, Manifest

if TYPE_CHECKING:
    from modiste.training import Recipe

__all__ = ["find_training", "train_bundle"]

_DIGITS = 12


def train_bundle(
    setting: Setting, name: str, recipe: Recipe, manifest: Manifest, *, beside: Path | None = None
) -> Bundle:
    """Train a recipe and export it, unless that was done before; a training that was stopped goes on.

    Args:
        setting: ``work`` is where the bundle and the run are kept.
        name: What the training is called; a digest of recipe and data follows it, so that another recipe or other
            parts are another training.
        recipe: What to do; it names no split file.
        manifest: The data set with its parts. What is neither of ``train`` nor of ``validation`` is not read.
        beside: Where files lie that the recipe names; by default it names none.

    Raises:
        MissingExtraError: torch is missing.
    """
    use_threads(setting.threads)
    from modiste.training import TrainingRun, export_run, fit

    folder = find_training(setting, name, recipe, manifest)
    if not (folder / "bundle").exists():
        setting.say(f"training {folder.name}")
        run = TrainingRun.prepare(recipe, beside or folder, manifest, folder / "run")
        fit(run)
        export_run(run, folder / "bundle", name=recipe.name, training=run.describe())
        shutil.rmtree(folder / "run" / "cache", ignore_errors=True)
    return Bundle.open(folder / "bundle")


def find_training(setting: Setting, name: str, recipe: Recipe, manifest: Manifest) -> Path:
    """Return the folder of a training, whether or not it was begun; its run is in ``run`` and its bundle in ``bundle``.

    Args:
        setting: ``work`` is where trainings are kept.
        name: What the training is called.
        recipe: What to do.
        manifest: The data set with its parts.
    """
    return setting.work / f"{name}-{_digest(recipe, manifest)}"


def _digest(recipe: Recipe, manifest: Manifest) -> str:
    # What is left at its default says nothing, so that a new option does not make old trainings new.
    told = json.dumps(recipe.model_dump(mode="json", exclude_defaults=True), sort_keys=True)
    digest = hashlib.sha256(told.encode())
    columns = ["item_id", "split", *(name for name in manifest.items.columns if name.startswith(LABEL))]
    digest.update(manifest.items.select(columns).write_csv().encode())
    return digest.hexdigest()[:_DIGITS]
