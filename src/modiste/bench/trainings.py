"""Trainings of an acceptance run: a recipe with some lines changed, on pictures and frozen features that all share."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modiste.errors import import_extra
from modiste.manifest import Manifest

if TYPE_CHECKING:
    from modiste.training.judged import Answers
    from modiste.training.recipe import Recipe
    from modiste.training.run import TrainingRun

__all__ = ["answer_part", "change_recipe", "prepare_once", "read_recipe", "train_once", "use_threads"]


def use_threads(threads: int | None) -> None:
    """Let torch use so many cores; by default one, with which a training repeats to the last bit."""
    import_extra("torch", purpose="Training", extra="train").set_num_threads(threads or 1)


def read_recipe(name: str) -> Recipe:
    """Read a recipe that modiste brings."""
    from modiste.training.recipe import find_recipe, load_recipe

    return load_recipe(find_recipe(name))


def change_recipe(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """Return a recipe with some lines changed, checked as if it had been written so.

    Args:
        recipe: The recipe.
        changes: Line -> what it says, such as ``"loss.multi"`` or, for the first stage, ``"stages.0.rate"``; None puts
            the default back.

    Raises:
        pydantic.ValidationError: The changed recipe can't be carried out.
    """
    data = recipe.model_dump(mode="json", exclude_unset=True)
    for line, value in changes.items():
        *tables, name = line.split(".")
        place: Any = data
        for table in tables:
            place = place[int(table)] if table.isdigit() else place.setdefault(table, {})
        if value is None:
            place.pop(name, None)
        else:
            place[name] = value
    return type(recipe).model_validate(data)


def prepare_once(
    recipe: Recipe, manifest: Manifest, folder: Path, name: str, *, shared: Path, pictures: Sequence[Path] = ()
) -> TrainingRun:
    """Prepare a run of a recipe on a data set, or open the one that was.

    Args:
        recipe: What to do.
        manifest: The data set, with its parts.
        folder: Where the runs are kept.
        name: Of the run; another recipe of the same name gets a folder of its own.
        shared: Where decoded pictures and frozen features are kept, for all runs that are told so.
        pictures: Folders or archives with further pictures of the training items, named by their ids.
    """
    from modiste.training import TrainingRun

    # What is left at its default says nothing, so that a new option does not make old trainings new.
    told = recipe.model_dump_json(exclude_defaults=True)
    digest = hashlib.sha256(told.encode()).hexdigest()[:8]
    own = folder / f"{re.sub('[^a-z0-9]+', '-', name.lower())}-{digest}"
    shared.mkdir(parents=True, exist_ok=True)
    own.mkdir(parents=True, exist_ok=True)
    if not (own / "cache").exists():
        (own / "cache").symlink_to(shared.resolve(), target_is_directory=True)
    return TrainingRun.prepare(recipe, own, manifest, own, pictures=pictures)


def train_once(
    recipe: Recipe, manifest: Manifest, folder: Path, name: str, *, shared: Path, pictures: Sequence[Path] = ()
) -> TrainingRun:
    """Carry out a recipe on a data set, or what is left to do of it: `prepare_once`, and the training."""
    from modiste.training import fit

    run = prepare_once(recipe, manifest, folder, name, shared=shared, pictures=pictures)
    if not run.finished:
        fit(run, device="cpu", progress_seconds=120)
    return run


def answer_part(run: TrainingRun, part: Manifest) -> Answers:
    """Ask a run's network about the items of a part; every picture must be readable."""
    from modiste.training.dataset import read_items
    from modiste.training.judged import answer_items

    return answer_items(run, read_items(part, run.taxonomy))
