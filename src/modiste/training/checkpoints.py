"""What a checkpoint says: the weights, which stage they belong to, and whether anything is left to do."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO
from torch import Tensor

from modiste.errors import RecipeError
from modiste.training.averaging import AveragedNetwork
from modiste.training.network import TaggerNetwork

__all__ = ["Checkpoint", "WholeCheckpoints", "load_weights", "read_checkpoint"]


@dataclass(frozen=True)
class Checkpoint:
    """The part of a checkpoint file that outlives its stage.

    Args:
        weights: The state of a `StageTask`: names start with ``network.`` or ``average.``.
        stage: The position of the stage that wrote it.
        stage_ended: Whether that stage is done.
        training_ended: Whether the stages after it are to be left out.
    """

    weights: dict[str, Tensor]
    stage: int
    stage_ended: bool
    training_ended: bool


class WholeCheckpoints(TorchCheckpointIO):
    """Writes checkpoints beside their place and moves them there: a kill leaves the old one or the new one.

    Lightning's own way is by the system's folder for temporary files, from where a file is copied, bit by bit, if the
    run lies on another disk.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | os.PathLike[str], storage_options: Any = None
    ) -> None:
        """Write a checkpoint, whole or not at all."""
        place = Path(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        waiting = place.with_name(place.name + ".part")
        with waiting.open("wb") as file:
            torch.save(checkpoint, file)
            file.flush()
            os.fsync(file.fileno())
        waiting.replace(place)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; nothing in the file is executed.

    Raises:
        RecipeError: There is none, or it is not one of ours.
    """
    try:
        # Mapped, so that asking a large file which stage it belongs to costs nothing.
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        ending = state["callbacks"]["EndConditions"]
        return Checkpoint(
            state["state_dict"], int(state["stage"]), bool(ending["stage_ended"]), bool(ending["training_ended"])
        )
    except FileNotFoundError as error:
        raise RecipeError(f"{path} does not exist: no epoch is finished. Type the 'modiste train' command") from error
    except (OSError, RuntimeError, KeyError, TypeError, EOFError, pickle.UnpicklingError) as error:
        raise RecipeError(
            f"{path} is not a checkpoint of 'modiste train', or it is damaged ({type(error).__name__}); "
            "choose another of the same folder"
        ) from error


def load_weights(state: dict[str, Tensor], network: TaggerNetwork, average: AveragedNetwork | None) -> None:
    """Fill a network and its average from the state of a `StageTask`."""
    network.load_state_dict(_strip(state, "network."))
    if average is not None:
        average.load_state_dict(_strip(state, "average."))


def _strip(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
