"""Carry out a recipe: stage after stage, a checkpoint each epoch, exact resume after a kill."""

from __future__ import annotations

import json
import logging
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.loggers import TensorBoardLogger
from torch.optim.swa_utils import AveragedModel

from modiste.errors import RecipeError
from modiste.imaging import Preprocessing
from modiste.manifest import Manifest
from modiste.taxonomy import Taxonomy
from modiste.training.averaging import build_average
from modiste.training.callbacks import EndConditions, GradientNorms, PredictionGrid, ProgressLines
from modiste.training.dataset import (
    LabelledItems,
    choose_parts,
    count_values,
    find_more_pictures,
    learn_taxonomy,
    read_items,
)
from modiste.training.loaders import BatchSource, StageData, compute_features
from modiste.training.losses import TaggerLoss
from modiste.training.network import TaggerNetwork, build_network
from modiste.training.pictures import CachedPictures, cache_pictures
from modiste.training.recipe import Recipe, StageRecipe
from modiste.training.task import StageTask

__all__ = ["TrainingRun", "fit"]

_LAST = "last.ckpt"


@dataclass(frozen=True)
class TrainingRun:
    """A training on its way: what is learnt from what, and the folder where everything is kept.

    Args:
        recipe: What to do.
        taxonomy: The fields and values that the training part holds.
        train: The items that the network learns from.
        validation: The items that everything is chosen by.
        folder: Checkpoints, logs, cached pictures, and ``run.json``.
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
        """Choose the parts, learn the taxonomy from the training part and write ``run.json``.

        Args:
            recipe: What to do.
            recipe_folder: Where the recipe's split file is looked up.
            manifest: The data set.
            folder: The run; one that holds another recipe or other data is refused.
            pictures: Folders or archives with further pictures of the training items, named by their ids.

        Raises:
            RecipeError: There is nothing to learn, or the folder holds another run.
        """
        train, validation = choose_parts(manifest, recipe.data, recipe_folder, seed=recipe.seed)
        taxonomy = learn_taxonomy(train, recipe.data)
        more = find_more_pictures(pictures, train.items["item_id"].to_list())
        run = cls(recipe, taxonomy, read_items(train, taxonomy, more), read_items(validation, taxonomy), folder)
        run._write_notes()
        return run

    def _write_notes(self) -> None:
        notes = {
            "recipe": self.recipe.model_dump(mode="json"),
            "fields": self.taxonomy.to_json(),
            "train_items": len(self.train),
            "train_pictures": len(self.train.requests),
            "validation_items": len(self.validation),
        }
        path = self.folder / "run.json"
        if path.exists() and json.loads(path.read_text(encoding="utf-8")) != notes:
            raise RecipeError(f"{self.folder} holds a run of another recipe or other data; choose another --out")
        self.folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(notes, indent=1, ensure_ascii=False), encoding="utf-8")

    @property
    def checkpoints(self) -> Path:
        """The folder of the checkpoints."""
        return self.folder / "checkpoints"

    def preprocessing(self, stage: StageRecipe) -> Preprocessing:
        """Return the evaluation preprocessing at a stage's size."""
        return Preprocessing(height=stage.height, width=stage.width)


def fit(run: TrainingRun, *, device: str = "auto", progress_seconds: float = 30.0) -> Path:
    """Carry out every stage of a run that is not done yet.

    The same call after a kill goes on from the last finished epoch, and gives the network that an undisturbed run
    gives.

    Args:
        run: What `TrainingRun.prepare` made.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        progress_seconds: Seconds between two progress lines on stderr.

    Returns:
        The last checkpoint: ``RUN/checkpoints/last.ckpt``.
    """
    _quieten()
    pl.seed_everything(run.recipe.seed, verbose=False)
    network = build_network(run.recipe, run.taxonomy)
    average = build_average(network, run.recipe.ema)
    loss = TaggerLoss(run.taxonomy, run.recipe.loss, count_values(run.train, run.taxonomy))
    last = run.checkpoints / _LAST
    start = _take_up(last, network, average)
    for index in range(start, len(run.recipe.stages)):
        ended = _fit_stage(run, index, network, average, loss, device=device, seconds=progress_seconds)
        if ended:
            break
    return last


def _take_up(last: Path, network: TaggerNetwork, average: AveragedModel | None) -> int:
    """Load the last checkpoint's weights, if there is one, and return the stage to go on with."""
    if not last.exists():
        return 0
    state = torch.load(last, map_location="cpu", weights_only=True)
    load_weights(state["state_dict"], network, average)
    ending = state["callbacks"]["EndConditions"]
    if ending["training_ended"]:
        return 10**6
    return int(state["stage"]) + bool(ending["stage_ended"])


def load_weights(state: dict[str, Any], network: TaggerNetwork, average: AveragedModel | None) -> None:
    """Fill a network and its average from the state of a `StageTask`."""
    network.load_state_dict(_strip(state, "network."))
    if average is not None:
        average.load_state_dict(_strip(state, "average."))


def _strip(state: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


def _fit_stage(
    run: TrainingRun,
    index: int,
    network: TaggerNetwork,
    average: AveragedModel | None,
    loss: TaggerLoss,
    *,
    device: str,
    seconds: float,
) -> bool:
    stage = run.recipe.stages[index]
    task = StageTask(
        network,
        average,
        recipe=run.recipe,
        stage=index,
        loss=loss,
        taxonomy=run.taxonomy,
        preprocessing=run.preprocessing(stage),
    )
    ending = EndConditions()
    trainer = _build_trainer(run, stage, ending, _later_pixels(run, index), device=device, seconds=seconds)
    data = _load_stage(run, index, network, device=trainer.strategy.root_device)
    last = run.checkpoints / _LAST
    trainer.fit(task, datamodule=data, ckpt_path=last if _is_within(last, index) else None, weights_only=True)
    return ending.training_ended


def _is_within(last: Path, index: int) -> bool:
    if not last.exists():
        return False
    state = torch.load(last, map_location="cpu", weights_only=True, mmap=True)
    return bool(state["stage"] == index)


def _build_trainer(
    run: TrainingRun, stage: StageRecipe, ending: EndConditions, later: float, *, device: str, seconds: float
) -> pl.Trainer:
    checkpoint = ModelCheckpoint(
        dirpath=run.checkpoints,
        filename=f"{stage.name}-{{epoch:02d}}-{{val_loss:.4f}}",
        monitor="val_loss",
        save_top_k=2,
        save_last=True,
        enable_version_counter=False,
        save_on_train_epoch_end=True,
    )
    return pl.Trainer(
        accelerator={"cuda": "gpu"}.get(device, device),
        devices=1,
        max_epochs=stage.epochs,
        callbacks=[
            ending,
            ProgressLines(seconds, later_pixels=later),
            GradientNorms(),
            PredictionGrid(),
            checkpoint,
        ],
        logger=TensorBoardLogger(run.folder / "logs", name="", version=stage.name),
        gradient_clip_val=stage.clip_gradients or None,
        num_sanity_val_steps=0,
        reload_dataloaders_every_n_epochs=1,
        enable_progress_bar=False,
        enable_model_summary=False,
        log_every_n_steps=20,
    )


def _later_pixels(run: TrainingRun, index: int) -> float:
    later = run.recipe.stages[index + 1 :]
    return sum(s.epochs * s.fraction * len(run.train) * s.height * s.width for s in later if not s.trunk_is_frozen)


def _load_stage(run: TrainingRun, index: int, network: TaggerNetwork, *, device: torch.device) -> StageData:
    stage = run.recipe.stages[index]
    sources = []
    for items in (run.train, run.validation):
        numbers = run.preprocessing(stage)
        cached = cache_pictures(items.requests, numbers, run.folder / "cache")
        readable = _drop_unreadable(items, cached)
        if stage.trunk_is_frozen and stage.cache_features:
            features = compute_features(network, cached.pixels, numbers, device=device)
            sources.append(BatchSource("features", features, readable))
        else:
            sources.append(BatchSource("pictures", cached.pixels, readable))
    return StageData(sources[0], sources[1], recipe=run.recipe, stage=index, taxonomy=run.taxonomy)


def _drop_unreadable(items: LabelledItems, cached: CachedPictures) -> LabelledItems:
    """Mask every label of an item whose own picture can't be read; refuse if hardly any can."""
    if not cached.failures:
        return items
    failed = sorted(cached.failures)
    if len(failed) > len(items.requests) // 2:
        raise RecipeError(
            f"{len(failed)} of {len(items.requests)} pictures can't be read, the first because "
            f"{cached.failures[failed[0]]}. Type: modiste data inspect SOURCE"
        )
    known = items.known.copy()
    known[np.unique(items.owner[failed])] = False
    return LabelledItems(items.item_ids, items.targets, known, items.requests, items.owner)


def _quieten() -> None:
    """Silence what Lightning tells its own developers: hints on workers, loggers and versions."""
    os.environ.setdefault("PL_DISABLE_FORK", "1")
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    for text in ("does not have many workers", "Checkpoint directory", "number of training batches", "LeafSpec", "in eval mode"):
        warnings.filterwarnings("ignore", message=f".*{text}.*")
