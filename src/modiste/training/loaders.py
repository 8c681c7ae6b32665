"""Batches for a stage: pictures from the cache, or a frozen trunk's features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from modiste.runtime.scores import slice_fields
from modiste.taxonomy import Taxonomy
from modiste.training.dataset import LabelledItems
from modiste.training.recipe import Recipe
from modiste.training.samplers import EpochBatches, balance_items, take_fraction, take_rarest

__all__ = ["BatchSource", "StageData"]

_EVALUATION_BATCH = 256


@dataclass(frozen=True)
class BatchSource(Dataset[dict[str, Tensor]]):
    """The inputs of one part, with the labels that belong to them.

    Args:
        key: ``"pictures"`` or ``"features"``.
        inputs: [pictures, ...], one row a picture.
        items: Whose labels they are.
        targets: [items, values], what is learnt of each item: its labels, or something softer.
    """

    key: str
    inputs: NDArray[np.generic]
    items: LabelledItems
    targets: NDArray[np.uint8] | NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return {name: value[0] for name, value in self.__getitems__([index]).items()}

    def __getitems__(self, positions: list[int]) -> dict[str, Tensor]:
        owner = self.items.owner[positions]
        return {
            self.key: torch.from_numpy(np.ascontiguousarray(self.inputs[positions])),
            "targets": torch.from_numpy(self.targets[owner]),
            "known": torch.from_numpy(self.items.known[owner]),
        }


class StageData(pl.LightningDataModule):
    """The training and validation batches of one stage; a new order every epoch, decided by the seed and the epoch."""

    def __init__(
        self, train: BatchSource, validation: BatchSource, *, recipe: Recipe, stage: int, taxonomy: Taxonomy
    ) -> None:
        super().__init__()
        self.train, self.validation = train, validation
        self._recipe, self._stage = recipe, stage
        self._classes = _select_classes(train.items, recipe, taxonomy)
        self._weights = _weigh_items(self._classes, recipe)
        self._judged = np.flatnonzero(validation.items.owner[: len(validation.items)] >= 0)

    def train_dataloader(self) -> DataLoader[dict[str, Tensor]]:
        """Return the batches of the current epoch."""
        stage = self._recipe.stages[self._stage]
        seed = self._recipe.seed * 1000 + self._stage
        epoch = self.trainer.current_epoch if self.trainer else 0
        items = take_fraction(len(self.train.items), stage.fraction, seed=self._recipe.seed)
        if self._classes is not None and self._recipe.sampler.kind == "under":
            items = take_rarest(self._classes, items, seed=seed, epoch=epoch)
        batches = EpochBatches(
            self.train.items.owner,
            items,
            batch_size=stage.batch_size,
            seed=seed,
            epoch=epoch,
            weights=None if self._weights is None else self._weights[items],
        )
        # Pinned, batches travel to a GPU while it works on the one before.
        on_gpu = self.trainer is not None and self.trainer.strategy.root_device.type == "cuda"
        return DataLoader(self.train, batch_sampler=batches, collate_fn=_keep, pin_memory=on_gpu)

    def val_dataloader(self) -> DataLoader[dict[str, Tensor]]:
        """Return the validation items' own pictures, in order."""
        starts = range(0, len(self._judged), _EVALUATION_BATCH)
        batches = [self._judged[start : start + _EVALUATION_BATCH].tolist() for start in starts]
        return DataLoader(self.validation, batch_sampler=batches, collate_fn=_keep)


def _select_classes(items: LabelledItems, recipe: Recipe, taxonomy: Taxonomy) -> NDArray[np.uint8] | None:
    """Return the targets [items, values] of the field that the sampler balances; None if it balances nothing."""
    if recipe.sampler.field is None:
        return None
    return items.targets[:, slice_fields(taxonomy)[taxonomy[recipe.sampler.field].name]]


def _weigh_items(classes: NDArray[np.uint8] | None, recipe: Recipe) -> NDArray[np.float64] | None:
    if classes is None or recipe.sampler.kind != "balanced":
        return None
    return balance_items(classes, power=recipe.sampler.power)


def _keep(batch: Any) -> Any:
    """Collate nothing: `BatchSource.__getitems__` gives whole batches."""
    return batch
