"""Carrying out a sweep: one training after the other, each in a folder of its own, resumable as each of them is."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from modiste.errors import RecipeError, UsageError
from modiste.evaluation import HISTORY_FILE, read_history
from modiste.manifest import Manifest
from modiste.taxonomy import Taxonomy
from modiste.training.dataset import check_names, choose_parts, learn_taxonomy
from modiste.training.fitting import fit
from modiste.training.network import build_network
from modiste.training.optimisers import freeze_blocks
from modiste.training.recipe import Recipe
from modiste.training.run import TrainingRun
from modiste.training.sweeping.grid import Sweep
from modiste.training.sweeping.outcome import Outcome, write_outcomes
from modiste.training.trunks import build_trunk

__all__ = ["run_sweep"]

# Decoded pictures, by the digest of what was decoded (`cache_pictures`); what a network made of them has other names.
_DECODED: Final = re.compile(r"\d+x\d+-[0-9a-f]{16}\.(npy|json)")


def run_sweep(
    sweep: Sweep,
    manifest: Manifest,
    folder: Path,
    *,
    pictures: Sequence[Path] = (),
    device: str = "auto",
    progress_seconds: float = 30.0,
    command: str = "",
    say: Callable[[str], None] = print,
) -> tuple[Outcome, ...]:
    """Carry out every training of a sweep that is not done yet.

    A training that can't go on, such as one whose loss is no number any more, is noted, and the others go on. The
    table is written after each.

    Args:
        sweep: What `load_sweep` read.
        manifest: The data; its test part is never looked at.
        folder: Gets a run for each training, ``sweep.csv`` and ``sweep.json``.
        pictures: As for `TrainingRun.prepare`.
        device: As for `fit`.
        progress_seconds: As for `fit`.
        command: What was typed, for the runs' notes.
        say: Told which training begins.

    Returns:
        How each training went, in the order of the sweep.

    Raises:
        RecipeError: A recipe does not fit the data, or a trunk is missing; nothing was started then.
    """
    _check(sweep, manifest)
    folder.mkdir(parents=True, exist_ok=True)
    outcomes: list[Outcome] = []
    for number, variant in enumerate(sweep.variants, 1):
        place = folder / variant.folder
        say(f"training {number} of {len(sweep.variants)}: {variant.folder}")
        problem = ""
        try:
            run = TrainingRun.prepare(variant.recipe, sweep.recipe_folder, manifest, place, pictures=pictures)
            if not run.finished:
                run.keep_command(command)
                _share_decoded(folder, place)
                fit(run, device=device, progress_seconds=progress_seconds)
        except RecipeError as error:
            problem = str(error)
            say(f"{variant.folder} failed: {problem}")
        outcomes.append(Outcome(variant.folder, variant.changes, read_history(place / HISTORY_FILE), problem))
        write_outcomes(folder, outcomes, sweep.keys, sweep.choose_by)
    return tuple(outcomes)


def _check(sweep: Sweep, manifest: Manifest) -> None:
    """Refuse, before anything starts, what would fail hours later."""
    taxonomies: dict[str, Taxonomy] = {}
    weights: set[tuple[str, str]] = set()
    for variant in sweep.variants:
        recipe = variant.recipe
        try:
            key = f"{recipe.seed} {recipe.data.model_dump_json()}"
            if key not in taxonomies:
                train, _ = choose_parts(manifest, recipe.data, sweep.recipe_folder, seed=recipe.seed)
                taxonomies[key] = learn_taxonomy(train, recipe.data)
            if (trunk := (recipe.trunk.name, recipe.trunk.weights)) not in weights:
                build_trunk(trunk[0], weights=recipe.trunk.weights)
                weights.add(trunk)
            _check_network(recipe, taxonomies[key])
        except (RecipeError, UsageError) as error:
            raise RecipeError(f"{variant.folder}: {error}") from error


def _check_network(recipe: Recipe, taxonomy: Taxonomy) -> None:
    check_names(recipe, taxonomy)
    bare = recipe.trunk.model_copy(update={"weights": "none"})
    network = build_network(recipe.model_copy(update={"trunk": bare}), taxonomy)
    for stage in recipe.stages:
        freeze_blocks(network, stage)


def _share_decoded(folder: Path, place: Path) -> None:
    """Give a run the pictures that the runs beside it have decoded, as links: they are named by their content."""
    own = place / "cache"
    own.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.glob("*/cache/*")):
        if _DECODED.fullmatch(path.name) and not (own / path.name).exists():
            os.link(path, own / path.name)
