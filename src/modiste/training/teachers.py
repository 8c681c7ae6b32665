"""Teachers: finished networks that say of every training picture, as it is shown, what a smaller one is to answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from modiste.errors import RecipeError
from modiste.imaging import Preprocessing
from modiste.taxonomy import Taxonomy
from modiste.training.inputs import normalise
from modiste.training.judged import load_judged
from modiste.training.network import TaggerNetwork
from modiste.training.run import TrainingRun
from modiste.training.scoring import score_values

__all__ = ["Teacher", "Teachers", "open_teachers"]


@dataclass(frozen=True)
class Teacher:
    """A finished network, and what it reads."""

    network: TaggerNetwork
    preprocessing: Preprocessing


class Teachers(nn.Module):
    """The mean answer of several networks to pictures as they are shown to the one that learns.

    A teacher that is shown the very picture that its pupil sees, changed at random as it is, answers differently at
    every epoch: from its answers more can be learnt than from one answer an item, for longer.

    Args:
        teachers: At least one, all of one taxonomy; each is shown pictures of its own size.
        taxonomy: The fields, in the order of the logits.

    Reference:
        Beyer et al. 2022, "Knowledge distillation: A good teacher is patient and consistent", arXiv 2106.05237.
    """

    def __init__(self, teachers: Sequence[Teacher], taxonomy: Taxonomy) -> None:
        super().__init__()
        self.networks = nn.ModuleList(teacher.network for teacher in teachers)
        self._numbers = [teacher.preprocessing for teacher in teachers]
        self._taxonomy = taxonomy
        self.requires_grad_(requires_grad=False)
        self.eval()

    @torch.no_grad()
    def forward(self, pictures: Tensor) -> Tensor:
        """Return probabilities [n, values of all fields] of float pictures [n, 3, height, width] in 0 to 255."""
        answers = [
            score_values(network(_show(pictures, numbers)).logits.float(), self._taxonomy)
            for network, numbers in zip(self.networks, self._numbers, strict=True)
        ]
        return torch.stack(answers).mean(dim=0)


def _show(pictures: Tensor, numbers: Preprocessing) -> Tensor:
    size = (numbers.height, numbers.width)
    if pictures.shape[2:] != size:
        pictures = F.interpolate(pictures, size, mode="bilinear", align_corners=False, antialias=True)
    return normalise(pictures, numbers).contiguous(memory_format=torch.channels_last)


def open_teachers(run: TrainingRun, folders: Sequence[Path]) -> Teachers | None:
    """Open the finished runs that a run learns from.

    Args:
        run: The one that learns.
        folders: Runs of `modiste train` on the same data.

    Returns:
        The teachers; None where no folder is given.

    Raises:
        RecipeError: A folder is no run, has learnt other fields or values, or has learnt from an item that this run
            is chosen by: what it says of it would be no guess.
    """
    if not folders:
        return None
    teachers = []
    for folder in folders:
        other = TrainingRun.reopen(folder)
        if other.taxonomy != run.taxonomy:
            raise RecipeError(
                f"{folder} learnt other fields or values than this run; train the teacher on the same data"
            )
        seen = set(other.train.item_ids) & set(run.validation.item_ids)
        if seen:
            raise RecipeError(
                f"{folder} learnt from {len(seen)} items that this run is chosen by, such as {min(seen)}; give both "
                "recipes the same data.split_file"
            )
        network, stage = load_judged(other)
        teachers.append(Teacher(network, other.preprocessing(other.recipe.stages[stage])))
    return Teachers(teachers, run.taxonomy)
