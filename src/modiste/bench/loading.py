"""Acceptance of the loader of a training: what a step costs beside the same step on tensors that lie in memory."""

from __future__ import annotations

import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from modiste.bench.accept import Setting
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.bench.trainings import change_recipe, read_recipe, use_threads
from modiste.evaluation import Report, Section, Target, load_protocol, render_table
from modiste.manifest import Manifest
from modiste.readers import read_source
from modiste.runtime import count_cores

if TYPE_CHECKING:
    from modiste.training.recipe import Recipe
    from modiste.training.task import StageTask

__all__ = ["Rounds", "measure_loader", "run"]

_RECIPE, _STAGE = "product-tagger", "thumbnails"
_ROUNDS, _STEPS = 80, 2  # short, so that a busy moment hits both
_MOST = 1.10

Batch = dict[str, Any]


@dataclass(frozen=True)
class Rounds:
    """Seconds a step, one number a round; the rounds took turns.

    Args:
        loaded: With our loader.
        ready: With the tensors of some batches in memory.
        alone: Of our loader alone.
    """

    loaded: tuple[float, ...]
    ready: tuple[float, ...]
    alone: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median of a step with our loader over that of one on tensors in memory."""
        return statistics.median(self.loaded) / statistics.median(self.ready)


def run(setting: Setting) -> Report:
    """Time steps of the stage ``thumbnails`` of the recipe `product-tagger`, with our loader and without, in turns.

    Args:
        setting: Needs the small pictures in the data folder; the cores.

    Raises:
        UsageError: The file is missing.
        MissingExtraError: torch is missing.
    """
    threads = setting.threads or count_cores()
    use_threads(threads)
    recipe = _choose_stage(read_recipe(_RECIPE))
    (stage,) = recipe.stages
    manifest = read_source(setting.find_data(SMALL_PICTURES))
    split = setting.apply_protocol(manifest, load_protocol("product-tagger-test"))
    items = _take(split, (2 * _ROUNDS + 1) * _STEPS * stage.batch_size)
    found = measure_loader(items, recipe, rounds=_ROUNDS, say=setting.say)
    facts = {
        "data": f"Kaggle Fashion Product Images, {SMALL_PICTURES}: {len(items.of_split('train'))} training items",
        "recipe": f"{_RECIPE}, stage {stage.name}, not compiled; batches of {stage.batch_size}",
        "picture size": f"{stage.width}x{stage.height}, decoded before, as a training does before its first epoch",
        "a step": "augmentation, forward, backward, optimiser, average of the weights",
        "rounds": f"{_ROUNDS} of {_STEPS} steps each, in turns; {threads} threads; seed {recipe.seed}",
    }
    target = Target("a step with the loader over one on tensors in memory", _MOST, found.ratio, at_least=False)
    return Report("What the loader costs", facts, [_show(found)], [target])


def measure_loader(
    manifest: Manifest,
    recipe: Recipe,
    *,
    rounds: int,
    steps: int = _STEPS,
    say: Callable[[str], None] = print,
) -> Rounds:
    """Time steps of a recipe's first stage with the loader, and on batches that lie in memory.

    Args:
        manifest: Items with the parts ``train`` and ``validation``; enough for ``2 * rounds + 1`` times so many steps.
        recipe: What is trained.
        rounds: How often both take their turn.
        steps: Of each in a round.
        say: Told of every round.
    """
    from modiste.training.fitting import open_stage
    from modiste.training.run import TrainingRun

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        task, data, _ = open_stage(TrainingRun.prepare(recipe, home, manifest, home / "run"), device="cpu")
        step, batches = _make_step(task), iter(data.train_dataloader())
        ready = [*islice(batches, steps)]
        for batch in ready[:2]:
            step(batch)  # the first steps fill caches
        found = [_time_round(step, batches, ready, number, say) for number in range(rounds)]
    return Rounds(*zip(*found, strict=True))


def _choose_stage(recipe: Recipe) -> Recipe:
    """Return a recipe of one stage, not compiled, that takes the parts from the data."""
    (stage,) = (stage.model_dump(mode="json", exclude_unset=True) for stage in recipe.stages if stage.name == _STAGE)
    return change_recipe(recipe, {"trunk.compile": False, "data.split_file": None, "stages": [stage]})


def _take(manifest: Manifest, count: int) -> Manifest:
    """Return the first so many items of the training part, and a few to validate, which nobody looks at."""
    chosen = [*manifest.of_split("train").items["item_id"].head(count)]
    chosen += [*manifest.of_split("validation").items["item_id"].head(500)]
    return manifest.where(pl.col("item_id").is_in(chosen))


def _make_step(task: StageTask) -> Callable[[Batch], None]:
    task.on_train_epoch_start()
    optimiser = task.configure_optimizers()

    def step(batch: Batch) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*self.log.*")  # no trainer listens
            loss = task.training_step(batch, 0)["loss"]
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        task.on_train_batch_end(None, batch, 0)

    return step


def _time_round(
    step: Callable[[Batch], None], batches: Iterator[Batch], ready: list[Batch], number: int, say: Callable[[str], None]
) -> tuple[float, float, float]:
    """Return the seconds of a step with the loader, of one without, and of the loader alone; who begins takes turns."""
    ways: dict[str, Callable[[], float]] = {
        "loaded": lambda: _time(step, islice(batches, len(ready)), len(ready)),
        "ready": lambda: _time(step, ready, len(ready)),
    }
    order = [*ways] if number % 2 else [*reversed(ways)]
    seconds = {name: ways[name]() for name in order}
    alone = _time(lambda batch: None, islice(batches, len(ready)), len(ready))
    say(f"round {number + 1}: {seconds['loaded']:.4f} s a step with the loader, {seconds['ready']:.4f} s without")
    return seconds["loaded"], seconds["ready"], alone


def _time(step: Callable[[Batch], None], batches: Iterable[Batch], count: int) -> float:
    start, done = time.perf_counter(), 0
    for batch in batches:
        step(batch)
        done += 1
    if done != count:
        raise ValueError(f"expected {count} batches; the data has only {done} left")
    return (time.perf_counter() - start) / count


def _show(found: Rounds) -> Section:
    names = {"with the loader": found.loaded, "tensors in memory": found.ready, "the loader alone": found.alone}
    rows = [
        (name, f"{1000 * statistics.median(times):.1f}", f"{1000 * min(times):.1f}", f"{1000 * max(times):.1f}")
        for name, times in names.items()
    ]
    text = render_table(("milliseconds a step", "median", "fastest round", "slowest round"), rows)
    note = (
        f"\n\nRatio of the medians: {found.ratio:.3f}. Where torch compiles the step, or a GPU takes it, a step is "
        "faster and the loader's own milliseconds are a larger share of it."
    )
    data = {name: [round(seconds, 6) for seconds in times] for name, times in names.items()}
    return Section("Steps", text + note, data | {"ratio": round(found.ratio, 4)})
