"""Carry out a recipe: stage after stage, a checkpoint each epoch, exact resume after a kill."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.loggers import TensorBoardLogger

from modiste.errors import RecipeError, UsageError
from modiste.training.averaging import AveragedNetwork, build_average
from modiste.training.callbacks import EndConditions, GradientNorms, PredictionGrid
from modiste.training.checkpoints import WholeCheckpoints, load_weights, read_checkpoint
from modiste.training.dataset import LabelledItems, count_values, drop_unreadable
from modiste.training.distillation import compute_answers, keep_answers, mix_targets
from modiste.training.loaders import BatchSource, StageData
from modiste.training.losses import TaggerLoss
from modiste.training.network import TaggerNetwork, build_network
from modiste.training.pictures import cache_pictures
from modiste.training.progress import ProgressLines, say
from modiste.training.recipe import StageRecipe
from modiste.training.run import TrainingRun
from modiste.training.task import StageTask
from modiste.training.teachers import Teachers
from modiste.training.timing import HistoryNotes
from modiste.training.trunk_features import cache_features

__all__ = ["TrainingRun", "fit", "open_stage", "quiet"]

# What Lightning tells its own developers; each is about a choice that is made here on purpose.
_NOISE = (
    "does not have many workers",  # batches come from memory; a worker would only copy them
    "Checkpoint directory",  # every stage writes into the same folder
    "number of training batches",  # a small data set is no mistake
    "in eval mode",  # the average and a frozen trunk are meant to be
    "LeafSpec",  # torch's own deprecation
)


def fit(
    run: TrainingRun,
    *,
    device: str = "auto",
    progress_seconds: float = 30.0,
    start: Callable[[TaggerNetwork], None] | None = None,
    teachers: Teachers | None = None,
) -> Path:
    """Carry out every stage of a run that is not done yet.

    The same call after a kill goes on from the last finished epoch, and gives the network that an undisturbed run
    gives.

    Args:
        run: What `TrainingRun.prepare` made.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        progress_seconds: Seconds between two progress lines on stderr.
        start: Given the new network before the first step, to fill it with weights from elsewhere; the same at every
            call for one run.
        teachers: Whose answers a stage with ``teacher_answers`` learns; the same at every call for one run.

    Returns:
        The last checkpoint: ``RUN/checkpoints/last.ckpt``.

    Raises:
        UsageError: There is no CUDA device, or the device is none of the three.
        RecipeError: The recipe does not fit its trunk, hardly a picture can be read, or the loss diverged.
    """
    accelerator = _choose_accelerator(device)
    _check_teachers(run, teachers)
    network, average, loss = _begin(run, start)
    if teachers is not None:
        teachers.to("cuda" if accelerator == "gpu" else "cpu")
    with quiet():
        for index in range(_take_up(run, network, average), len(run.recipe.stages)):
            task = _build_task(run, index, network, average, loss, teachers)
            if _fit_stage(run, task, accelerator=accelerator, seconds=progress_seconds).training_ended:
                break
    return run.last


def open_stage(run: TrainingRun, *, device: str = "auto") -> tuple[StageTask, StageData, str]:
    """Open the stage of a run that comes next, for those who look at it without carrying it out.

    Args:
        run: What `TrainingRun.prepare` made.
        device: As for `fit`.

    Returns:
        The stage, with the weights that it begins with; its data; and Lightning's name of the device.

    Raises:
        UsageError: As for `fit`.
        RecipeError: Every stage is done.
    """
    accelerator = _choose_accelerator(device)
    network, average, loss = _begin(run)
    index = _take_up(run, network, average)
    if index >= len(run.recipe.stages):
        raise RecipeError(f"every stage of {run.folder} is done; choose another --out")
    task = _build_task(run, index, network, average, loss)
    return task, _load_stage(run, task, device=torch.device("cuda" if accelerator == "gpu" else "cpu")), accelerator


def _choose_accelerator(device: str) -> str:
    if device not in ("auto", "cpu", "cuda"):
        raise UsageError(f"the device is {device!r}; expected auto, cpu or cuda")
    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError("the device is cuda, but torch finds no CUDA device here. Type: --device cpu")
    return "gpu" if device != "cpu" and torch.cuda.is_available() else "cpu"


def _begin(
    run: TrainingRun, start: Callable[[TaggerNetwork], None] | None = None
) -> tuple[TaggerNetwork, AveragedNetwork | None, TaggerLoss]:
    torch.manual_seed(run.recipe.seed)
    network = build_network(run.recipe, run.taxonomy)
    if start is not None:
        start(network)
    loss = TaggerLoss(run.taxonomy, run.recipe.loss, count_values(run.train, run.taxonomy))
    return network, build_average(network, run.recipe.ema), loss


def _take_up(run: TrainingRun, network: TaggerNetwork, average: AveragedNetwork | None) -> int:
    """Load the last checkpoint's weights, if there is one, and return the stage to go on with."""
    if not run.last.exists():
        return 0
    checkpoint = read_checkpoint(run.last)
    load_weights(checkpoint.weights, network, average)
    return run.next_stage(checkpoint)


def _check_teachers(run: TrainingRun, teachers: Teachers | None) -> None:
    taught = [stage.name for stage in run.recipe.stages if stage.teacher_answers]
    if taught and teachers is None:
        raise RecipeError(f"stage {taught[0]!r} has teacher_answers, and there is no teacher. Type: --teacher RUN")
    if teachers is not None and not taught:
        raise RecipeError("there are teachers, and no stage has teacher_answers; add it to a stage, or leave them out")


def _build_task(
    run: TrainingRun,
    index: int,
    network: TaggerNetwork,
    average: AveragedNetwork | None,
    loss: TaggerLoss,
    teachers: Teachers | None = None,
) -> StageTask:
    stage = run.recipe.stages[index]
    if stage.trunk_is_frozen and average is not None:
        # What keeps its weights is the trunk that was judged; at the first stage and on resume both are the same.
        network.trunk.load_state_dict(average.network.trunk.state_dict())
    return StageTask(
        network,
        average,
        recipe=run.recipe,
        stage=index,
        loss=loss,
        taxonomy=run.taxonomy,
        preprocessing=run.preprocessing(stage),
        teachers=teachers,
    )


def _fit_stage(run: TrainingRun, task: StageTask, *, accelerator: str, seconds: float) -> EndConditions:
    ending, notes = EndConditions(), HistoryNotes(run.history)
    progress = ProgressLines(seconds, later_pixels=_later_pixels(run, task.stage_index))
    trainer = _build_trainer(run, task.stage, [ending, progress, notes], accelerator)
    data = _load_stage(run, task, device=trainer.strategy.root_device)
    within = run.last.exists() and read_checkpoint(run.last).stage == task.stage_index
    trainer.fit(task, datamodule=data, ckpt_path=run.last if within else None, weights_only=True)
    return ending


def _build_trainer(run: TrainingRun, stage: StageRecipe, callbacks: list[pl.Callback], accelerator: str) -> pl.Trainer:
    return pl.Trainer(
        accelerator=accelerator,
        devices=1,
        # Weights stay in single precision; what is computed from them is half as wide, and twice as fast, on a GPU.
        precision="bf16-mixed" if accelerator == "gpu" else "32-true",
        max_epochs=stage.epochs,
        callbacks=[*callbacks, GradientNorms(), PredictionGrid(), *_build_checkpoints(run, stage)],
        plugins=WholeCheckpoints(),
        logger=_Curves(run.folder / "logs", name="", version=stage.name),
        default_root_dir=run.folder,
        gradient_clip_val=stage.clip_gradients or None,
        num_sanity_val_steps=0,
        reload_dataloaders_every_n_epochs=1,
        enable_progress_bar=False,
        enable_model_summary=False,
        log_every_n_steps=20,
    )


def _build_checkpoints(run: TrainingRun, stage: StageRecipe) -> list[pl.Callback]:
    """Keep the two best epochs of a stage, and the last one whether or not it is among them."""
    shared: dict[str, Any] = {
        "dirpath": run.checkpoints,
        "auto_insert_metric_name": False,
        "enable_version_counter": False,
        "save_on_train_epoch_end": True,
    }
    name = f"{stage.name}-epoch{{epoch:02d}}-val{{val_loss:.4f}}"
    # Two callbacks: one of both kinds (save_last) leaves out the last epoch where it is not among the best.
    best = ModelCheckpoint(filename=name, monitor="val_loss", save_top_k=2, **shared)
    return [best, ModelCheckpoint(filename=run.last.stem, save_top_k=1, **shared)]


class _Curves(TensorBoardLogger):
    """TensorBoard's curves alone: the recipe is in ``run.json``, so no ``hparams.yaml`` is written."""

    def save(self) -> None:
        self.experiment.flush()


def _later_pixels(run: TrainingRun, index: int) -> float:
    later = run.recipe.stages[index + 1 :]
    return sum(s.epochs * s.fraction * len(run.train) * s.height * s.width for s in later if not s.caches_features)


def _load_stage(run: TrainingRun, task: StageTask, *, device: torch.device) -> StageData:
    numbers = run.preprocessing(task.stage)
    sources = []
    for part, items in (("training", run.train), ("validation", run.validation)):
        cached = cache_pictures(items.requests, numbers, run.folder / "cache")
        readable = drop_unreadable(items, cached.failures)
        if cached.failures:
            _warn_of_failures(part, cached.failures)
        if task.stage.caches_features:
            features = cache_features(task.network.trunk, cached, numbers, run.folder / "cache", device=device)
            sources.append(BatchSource("features", features, readable, readable.targets))
        else:
            targets = readable.targets if part == "validation" else _choose_targets(run, task, readable, device)
            sources.append(BatchSource("pictures", cached.pixels, readable, targets))
    return StageData(sources[0], sources[1], recipe=run.recipe, stage=task.stage_index, taxonomy=run.taxonomy)


def _choose_targets(
    run: TrainingRun, task: StageTask, items: LabelledItems, device: torch.device
) -> NDArray[np.uint8] | NDArray[np.float32]:
    """Return the labels, mixed with what the judged network says of each item's own picture if the stage asks."""
    share = task.stage.own_answers
    if not share:
        return items.targets
    path = run.folder / "cache" / f"answers-{task.stage.name}.npy"
    if not path.exists():
        keep_answers(path, _ask_before(run, task, items, device))
    return mix_targets(items.targets, np.load(path), share)


def _ask_before(run: TrainingRun, task: StageTask, items: LabelledItems, device: torch.device) -> NDArray[np.float32]:
    """Return what the judged network says of items at the size at which it learnt last: no other is it as good at."""
    numbers = run.preprocessing(run.recipe.stages[task.stage_index - 1])
    cached = cache_pictures(items.requests, numbers, run.folder / "cache")
    return compute_answers(task.judged, cached.pixels[: len(items)], numbers, run.taxonomy, device=device)


def _warn_of_failures(part: str, failures: dict[int, str]) -> None:
    first = failures[min(failures)]
    say(f"{len(failures)} {part} pictures can't be read and are left out; the first because {first}")


@contextmanager
def quiet() -> Iterator[None]:
    """Silence Lightning's hints while a run lasts; every other warning stays."""
    logger = logging.getLogger("pytorch_lightning")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            for text in _NOISE:
                warnings.filterwarnings("ignore", message=f".*{text}.*")
            yield
    finally:
        logger.setLevel(level)
