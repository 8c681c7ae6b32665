"""A training on its way: what is learnt from what, and the folder where everything is kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from modiste.errors import ManifestError, RecipeError
from modiste.evaluation import HISTORY_FILE
from modiste.imaging import Preprocessing
from modiste.manifest import LABEL, Manifest
from modiste.taxonomy import Taxonomy
from modiste.training.checkpoints import Checkpoint, read_checkpoint
from modiste.training.dataset import (
    LabelledItems,
    check_names,
    choose_parts,
    find_more_pictures,
    learn_taxonomy,
    read_items,
)
from modiste.training.recipe import Recipe, StageRecipe

__all__ = ["TrainingRun"]

_NOTES = "run.json"
_COMMAND = "command.txt"
_PARTS = ("train", "validation")


@dataclass(frozen=True)
class TrainingRun:
    """A training on its way.

    Args:
        recipe: What to do.
        taxonomy: The fields and values that the training part holds.
        train: The items that the network learns from.
        validation: The items that everything is chosen by.
        folder: Checkpoints, logs, ``history.csv``, cached pictures, ``run.json``, and both parts as manifests.
    """

    recipe: Recipe
    taxonomy: Taxonomy
    train: LabelledItems
    validation: LabelledItems
    folder: Path

    @classmethod
    def prepare(
        cls, recipe: Recipe, recipe_folder: Path, manifest: Manifest, folder: Path, *, pictures: Sequence[Path] = ()
    ) -> TrainingRun:
        """Choose the parts, learn the taxonomy from the training part and write the run's folder.

        Args:
            recipe: What to do.
            recipe_folder: Where the recipe's split file is looked up.
            manifest: The data set.
            folder: The run; one that holds another recipe or other data is refused.
            pictures: Folders or archives with further pictures of the training items, named by their ids.

        Raises:
            RecipeError: There is nothing to learn, the recipe names what the data lacks, or the folder holds
                another run.
        """
        train, validation = choose_parts(manifest, recipe.data, recipe_folder, seed=recipe.seed)
        taxonomy = learn_taxonomy(train, recipe.data)
        check_names(recipe, taxonomy)
        more = find_more_pictures(pictures, train.items["item_id"].to_list())
        run = cls(recipe, taxonomy, read_items(train, taxonomy, more), read_items(validation, taxonomy), folder)
        run.write_notes()
        for name, part in zip(_PARTS, (train, validation), strict=True):
            _keep_part(part, folder / name)
        return run

    @classmethod
    def reopen(cls, folder: Path) -> TrainingRun:
        """Open a run that `prepare` made, to export it.

        Raises:
            RecipeError: The folder is not a run.
        """
        try:
            notes = json.loads((folder / _NOTES).read_text(encoding="utf-8"))
            recipe, taxonomy = Recipe.model_validate(notes["recipe"]), Taxonomy.from_json(notes["fields"])
            train, validation = (read_items(Manifest.read(folder / name), taxonomy) for name in _PARTS)
        except (OSError, ValueError, KeyError, TypeError, ManifestError) as error:
            raise RecipeError(f"{folder} is not a run of 'modiste train': {error}") from error
        return cls(recipe, taxonomy, train, validation, folder)

    def read_training_part(self) -> Manifest:
        """Return the training part as the run keeps it.

        Raises:
            ManifestError: It is gone from the run's folder.
        """
        return Manifest.read(self.folder / _PARTS[0])

    def read_parts(self) -> Manifest:
        """Return both parts as one data set, whose column ``split`` says ``train`` and ``validation``.

        Raises:
            ManifestError: One of them is gone from the run's folder.
        """
        parts = {name: Manifest.read(self.folder / name) for name in _PARTS}
        tables = [part.items.with_columns(split=pl.lit(name)) for name, part in parts.items()]
        return Manifest(parts[_PARTS[0]].taxonomy, pl.concat(tables, how="diagonal"))

    @property
    def checkpoints(self) -> Path:
        """The folder of the checkpoints."""
        return self.folder / "checkpoints"

    @property
    def last(self) -> Path:
        """The checkpoint of the last finished epoch; it need not exist yet."""
        return self.checkpoints / "last.ckpt"

    @property
    def history(self) -> Path:
        """The table of the finished epochs; it need not exist yet."""
        return self.folder / HISTORY_FILE

    @property
    def finished(self) -> bool:
        """Whether every stage is done, or a condition has ended the training."""
        return self.last.exists() and self.next_stage(read_checkpoint(self.last)) >= len(self.recipe.stages)

    def next_stage(self, checkpoint: Checkpoint) -> int:
        """Return the position of the stage to go on with after a checkpoint; the number of stages if none is left."""
        if checkpoint.training_ended:
            return len(self.recipe.stages)
        return checkpoint.stage + int(checkpoint.stage_ended)

    def preprocessing(self, stage: StageRecipe) -> Preprocessing:
        """Return the evaluation preprocessing at a stage's size."""
        return Preprocessing(height=stage.height, width=stage.width, resample=stage.resample)

    def keep_command(self, command: str) -> None:
        """Note the command that made the run, for the card of its bundle."""
        _write_whole(self.folder / _COMMAND, command + "\n")

    def read_command(self) -> str:
        """Return the command that made the run; empty if Python made it."""
        path = self.folder / _COMMAND
        return path.read_text(encoding="utf-8").strip() if path.exists() else ""

    def describe(self) -> dict[str, Any]:
        """Return what the card of the run's bundle says of the training."""
        notes = {
            "recipe": self.recipe.name,
            "trunk": self.recipe.trunk.name,
            "command": self.read_command(),
            "items trained on": len(self.train),
            "items chosen by": len(self.validation),
            "seed": self.recipe.seed,
        }
        return {name: value for name, value in notes.items() if value != ""}

    def write_notes(self) -> None:
        """Write ``run.json``.

        Raises:
            RecipeError: The folder holds the notes of another run.
        """
        notes = {
            "recipe": self.recipe.model_dump(mode="json"),
            "fields": self.taxonomy.to_json(),
            "train_items": len(self.train),
            "train_pictures": len(self.train.requests),
            "validation_items": len(self.validation),
        }
        path = self.folder / _NOTES
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            _write_whole(path, json.dumps(notes, indent=1, ensure_ascii=False))
        elif _complete(json.loads(path.read_text(encoding="utf-8"))) != notes:
            raise RecipeError(f"{self.folder} holds a run of another recipe or other data; choose another --out")


def _complete(notes: dict[str, Any]) -> dict[str, Any]:
    """Add what recipes could not say yet when the notes were written: it is at its default."""
    try:
        return {**notes, "recipe": Recipe.model_validate(notes["recipe"]).model_dump(mode="json")}
    except ValueError:  # of a modiste that knew other options
        return notes


def _keep_part(part: Manifest, folder: Path) -> None:
    """Keep a part beside the run; the same items from another place replace it, other items are refused."""
    if folder.exists():
        kept = Manifest.read(folder).items
        columns = ["item_id", *(LABEL + name for name in part.taxonomy.names)]
        if not set(columns) <= set(kept.columns) or not kept.select(columns).equals(part.items.select(columns)):
            raise RecipeError(f"{folder.parent} holds a run on other data; choose another --out")
        if kept["image"].equals(part.items["image"]):
            return
        shutil.rmtree(folder)
    part.write(folder)


def _write_whole(path: Path, text: str) -> None:
    waiting = path.with_name(path.name + ".part")
    waiting.write_text(text, encoding="utf-8")
    waiting.replace(path)
