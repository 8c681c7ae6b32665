"""One stage of a training as a Lightning module: what a step does, and what is measured after an epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from modiste.imaging import Preprocessing
from modiste.runtime.scores import slice_fields
from modiste.taxonomy import Taxonomy
from modiste.training.augmentation import augment
from modiste.training.averaging import AveragedNetwork
from modiste.training.blending import LabelledBatch, blend
from modiste.training.inputs import normalise
from modiste.training.losses import TaggerLoss
from modiste.training.network import Output, TaggerNetwork
from modiste.training.optimisers import build_optimiser, freeze_blocks, schedule_rate
from modiste.training.recipe import Recipe, StageRecipe

if TYPE_CHECKING:
    from modiste.training.teachers import Teachers

__all__ = ["StageTask", "as_task"]

Batch = dict[str, Tensor]


class StageTask(pl.LightningModule):
    """The network, its average, and the losses of one stage.

    A batch holds ``pictures`` uint8 [n, height, width, 3], or ``features`` float [n, width] where a frozen trunk's
    output was computed before; ``targets`` uint8 [n, values]; ``known`` bool [n, fields].

    Args:
        network: What learns; it is handed from stage to stage.
        average: The exponential moving average of its weights, which is judged and shipped; None without one.
        recipe: The whole training.
        stage: The position of this stage in it.
        loss: What wrong answers cost.
        taxonomy: The fields in label order.
        preprocessing: The numbers that turn bytes into inputs.
        teachers: Whose answers are learnt beside the labels, if the stage says so.
    """

    def __init__(
        self,
        network: TaggerNetwork,
        average: AveragedNetwork | None,
        *,
        recipe: Recipe,
        stage: int,
        loss: TaggerLoss,
        taxonomy: Taxonomy,
        preprocessing: Preprocessing,
        teachers: Teachers | None = None,
    ) -> None:
        super().__init__()
        self.network = network
        self.average = average
        self.recipe = recipe
        self.stage_index = stage
        self.taxonomy = taxonomy
        self._loss = loss
        self._columns = slice_fields(taxonomy)
        self.preprocessing = preprocessing
        # In a tuple, so that the compiled wrapper is not registered as a second copy of the network.
        compiled: Callable[[Tensor, Tensor], Output] = torch.compile(network) if recipe.trunk.compile else network
        self._forward = (compiled,)
        # Likewise: teachers are no part of what a checkpoint keeps.
        self._teachers = (teachers,)
        self._sums: dict[str, Tensor] = {}
        freeze_blocks(network, self.stage)

    @property
    def stage(self) -> StageRecipe:
        """The stage that this task carries out."""
        return self.recipe.stages[self.stage_index]

    @property
    def judged(self) -> TaggerNetwork:
        """The network that is validated and shipped: the averaged one if there is one."""
        return self.network if self.average is None else self.average.network

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Build the stage's optimiser; `on_train_batch_start` moves its rates."""
        return build_optimiser(self.network, self.stage)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Note in the checkpoint which stage it belongs to."""
        checkpoint["stage"] = self.stage_index

    def on_train_epoch_start(self) -> None:
        """Let the network learn, and keep norms still whose weights are frozen."""
        self.network.train()
        if self.stage.trunk_is_frozen:
            self.network.trunk.eval()
        for module in self.network.trunk.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm) and _is_frozen(module):
                module.eval()

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Seed the step and set its rates, by its place in the training alone: nothing to keep, nothing to restore."""
        # Not once an epoch: how many random numbers the loader takes before the first step depends on a resume.
        torch.manual_seed(self._derive_seed(batch_idx))
        steps = self.stage.epochs * int(self.trainer.num_training_batches)
        done = self.current_epoch * int(self.trainer.num_training_batches) + batch_idx
        factor = schedule_rate(self.stage, done / max(1, steps), steps=steps)
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = group["highest_rate"] * factor

    def training_step(self, batch: Batch, index: int) -> dict[str, Tensor]:
        """Return the loss of one batch under the key ``loss``."""
        if "features" in batch:
            targets, known = batch["targets"].float(), batch["known"]
            output: Output = self.network.heads(batch["features"], targets)
        else:
            shown = self._show(batch, index)
            targets, known = self._consult(shown), shown.known
            output = self._forward[0](self._normalise(shown.pictures), targets)
        loss = self._loss(output, targets, known)
        # Without the price of the weights, so that it can be compared with the validation loss.
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(batch["known"]))
        l2 = self.recipe.heads.l2
        return {"loss": loss + l2 * self.network.heads.sum_squares() if l2 else loss}

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:
        """Move the average a little towards the network."""
        if self.average is not None:
            self.average.update_parameters(self.network)

    def on_validation_epoch_start(self) -> None:
        """Start the sums of an epoch at nothing."""
        self._sums = {}

    def validation_step(self, batch: Batch, index: int) -> None:
        """Add one batch to the sums that `on_validation_epoch_end` turns into metrics."""
        output = self.answer(batch)
        targets, known = batch["targets"].float(), batch["known"]
        self._add("loss", self._loss(output, targets, known) * len(known), len(known))
        asked = known.any(dim=1)
        right_everywhere = asked.clone()
        terms = self._loss.terms(output.logits, targets, known, adjust=False)
        for position, field in enumerate(self.taxonomy):
            columns, mask = self._columns[field.name], known[:, position]
            right = _find_right(output.logits[:, columns], targets[:, columns], field.kind)
            right_everywhere &= right | ~mask
            self._add(f"accuracy/{field.name}", (right & mask).sum(), mask.sum())
            self._add(f"loss/{field.name}", terms[field.name] * mask.sum(), mask.sum())
        self._add("all_right", right_everywhere.sum(), asked.sum())

    def on_validation_epoch_end(self) -> None:
        """Log the loss, the accuracy of each field, their mean, and how often all fields are right."""
        # A field without a known label in the whole part has no mean, and takes no part in the mean of the fields.
        means = {name: float(total[0] / total[1]) for name, total in self._sums.items() if total[1] > 0}
        accuracies = [value for name, value in means.items() if name.startswith("accuracy/")]
        self.log("val_loss", means.pop("loss"))
        self.log("val_accuracy", sum(accuracies) / max(1, len(accuracies)))
        self.log_dict({f"val_{name}": value for name, value in means.items()})

    def _add(self, name: str, total: Tensor, count: Tensor | int) -> None:
        pair = torch.stack([total.detach().float(), torch.as_tensor(count, device=total.device).float()])
        self._sums[name] = self._sums.get(name, torch.zeros_like(pair)) + pair

    def answer(self, batch: Batch) -> Output:
        """Return what the judged weights say of a batch, as at evaluation."""
        if "features" in batch:
            output: Output = self.judged.heads(batch["features"])
            return output
        return self.judged.forward(self._normalise(_unpack(batch["pictures"])))

    def _show(self, batch: Batch, index: int) -> LabelledBatch:
        """Return a batch's pictures as they are shown: changed and blended, if the stage says so; with their labels."""
        shown = LabelledBatch(_unpack(batch["pictures"]), batch["targets"].float(), batch["known"])
        if not self.stage.changes_pictures:
            return shown
        generator = torch.Generator().manual_seed(self._derive_seed(index))
        fill = torch.tensor(self.preprocessing.fill, dtype=torch.float32, device=shown.pictures.device)
        changed = augment(shown.pictures, self.recipe.augmentation, fill=fill, generator=generator)
        shown = shown._replace(pictures=changed)
        return blend(shown, self.stage.blend, generator=generator) if self.stage.blend else shown

    def _consult(self, shown: LabelledBatch) -> Tensor:
        """Return what is learnt of pictures: their labels, mixed with the teachers' answers if the stage says so."""
        teachers, share = self._teachers[0], self.stage.teacher_answers
        if teachers is None or not share:
            return shown.targets
        return torch.lerp(shown.targets, teachers(shown.pictures), share)

    def _derive_seed(self, index: int) -> int:
        # The hash of a tuple of whole numbers is the same in every process.
        return hash((self.recipe.seed, self.stage_index, self.current_epoch, index)) % 2**63

    def _normalise(self, values: Tensor) -> Tensor:
        return normalise(values, self.preprocessing).contiguous(memory_format=torch.channels_last)


def as_task(module: pl.LightningModule) -> StageTask:
    """Return a module as the `StageTask` that every trainer of this package has; TypeError for any other."""
    if not isinstance(module, StageTask):
        raise TypeError(f"expected a StageTask; given {type(module).__name__}")
    return module


def _unpack(pictures: Tensor) -> Tensor:
    """Return uint8 [n, height, width, 3] as float [n, 3, height, width], still in 0 to 255."""
    return pictures.permute(0, 3, 1, 2).float()


def _find_right(logits: Tensor, targets: Tensor, kind: str) -> Tensor:
    if kind == "single":
        return targets.gather(1, logits.argmax(dim=1, keepdim=True)).squeeze(1) > 0
    return ((logits > 0) == (targets > 0)).all(dim=1)


def _is_frozen(module: nn.Module) -> bool:
    own = list(module.parameters(recurse=False))
    return bool(own) and not any(parameter.requires_grad for parameter in own)
