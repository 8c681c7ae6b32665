"""A program for test_killed_training.py: trainings that are killed and called again, each in a fork of one process.

    python -m tests.unit.training.killed_training FOLDER

FOLDER holds the data set, as ``squares``. Forks, so that torch is imported once. Prints one line of JSON a trial.
"""

from __future__ import annotations

import io
import json
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from modiste.manifest import Manifest
from modiste.training import Recipe, TrainingRun, fit
from modiste.training import fitting as fitting_module

SIZE = {"height": 32, "width": 24, "batch_size": 12}
STAGES = [
    {"name": "heads", "frozen": "trunk", "epochs": 1},
    {"name": "all", "epochs": 2, "rate": 3e-3},
    {"name": "taught", "epochs": 1, "own_answers": 0.5},
]
RECIPE = {
    "name": "tiny",
    "ema": 0.9,
    "trunk": {"name": "test_efficientnet", "weights": "none", "drop_path": 0.1},
    "heads": {"embedding": 16, "dropout": 0.2},
    "stages": [SIZE | stage for stage in STAGES],
}
MOMENTS = 6


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def train(home: Path, name: str) -> None:
    recipe = Recipe.model_validate(RECIPE)
    run = TrainingRun.prepare(recipe, home, Manifest.read(home / "squares"), home / name)
    fit(run, device="cpu")


def fork(action: Callable[[], object]) -> int:
    process = os.fork()
    if process:
        return process
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        action()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def wait(process: int) -> bool:
    """Whether it was killed; one that failed by itself ends everything."""
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if code not in (0, -signal.SIGKILL):
        raise SystemExit(f"a training failed with {code}")
    return code == -signal.SIGKILL


def kill_at(home: Path, name: str, moments: list[float]) -> int:
    """Kill a training so many seconds after it began, again and again, and return how often it lived to see it."""
    kills = 0
    for moment in moments:
        process = fork(lambda: train(home, name))
        time.sleep(moment)
        os.kill(process, signal.SIGKILL)
        kills += wait(process)
    return kills


def die_in_writing(nth: int) -> None:
    """Make the nth checkpoint from now on end in its middle, and the process with it."""
    real, count = torch.save, 0

    def save(state: Any, file: Any, *rest: Any, **options: Any) -> None:
        nonlocal count
        count += 1
        if count < nth:
            return real(state, file, *rest, **options)
        buffer = io.BytesIO()
        real(state, buffer, *rest, **options)
        file.write(buffer.getvalue()[: buffer.tell() // 2])
        file.flush()
        return die()

    torch.save = save


def die_between(stage: int, *, after: bool) -> None:
    """Make the process die when a stage has ended, or before it begins."""
    real = fitting_module._fit_stage

    def fit_stage(run: TrainingRun, task: Any, **options: Any) -> Any:
        if task.stage_index == stage and not after:
            die()
        ending = real(run, task, **options)
        if task.stage_index == stage:
            die()
        return ending

    fitting_module._fit_stage = fit_stage


def list_accidents() -> Iterator[tuple[str, Callable[[], None]]]:
    for nth in (1, 2, 4, 7):
        yield f"in the middle of checkpoint {nth}", lambda nth=nth: die_in_writing(nth)
    yield "after stage heads", lambda: die_between(0, after=True)
    yield "before stage taught", lambda: die_between(2, after=False)


def load(home: Path, name: str) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(home / name / "checkpoints" / "last.ckpt", weights_only=True)
    return state["state_dict"]


def report(home: Path, name: str, what: str, kills: int, *, sure: bool = False) -> None:
    """Let a training end, and compare its weights with those of the undisturbed one, bit by bit.

    `sure` says that nothing but a kill could have ended it; a moment may come after the end of a quick training.
    """
    if wait(fork(lambda: train(home, name))):
        raise SystemExit("nobody should have killed this one")
    whole, ours = load(home, "whole"), load(home, name)
    same = whole.keys() == ours.keys() and all(
        value.numpy().tobytes() == ours[key].numpy().tobytes() for key, value in whole.items()
    )
    left = [path.name for path in (home / name).rglob("*.part")]
    sys.stdout.write(json.dumps({"what": what, "kills": kills, "sure": sure, "same": same, "left": left}) + "\n")
    sys.stdout.flush()


def main(home: Path) -> None:
    torch.set_num_threads(1)
    begun = time.monotonic()
    wait(fork(lambda: train(home, "whole")))
    seconds = time.monotonic() - begun
    rng = random.Random(0)
    for trial in range(MOMENTS // 2):
        moments = [rng.uniform(0.02, 0.95) * seconds for _ in range(2)]
        kills = kill_at(home, f"moment{trial}", moments)
        report(home, f"moment{trial}", "after " + ", ".join(f"{moment:.2f} s" for moment in moments), kills)
    for number, (what, prepare) in enumerate(list_accidents()):
        name = f"accident{number}"

        def run(prepare: Callable[[], None] = prepare, name: str = name) -> None:
            prepare()
            train(home, name)

        report(home, name, what, int(wait(fork(run))), sure=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
