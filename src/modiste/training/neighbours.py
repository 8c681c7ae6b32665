"""Labelled neighbours: what the nearest training pictures are labelled, blended into the network's own answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from modiste.runtime.scores import slice_fields
from modiste.taxonomy import Taxonomy
from modiste.training.recipe import NeighbourRecipe

__all__ = ["NeighbourTable", "NeighbourVote", "build_table", "list_labels"]

_UNKNOWN = 255
_LEVELS = 127
_SMALLEST = 1e-8
_TIE = 1e-5  # similarities that differ by less are the same to single precision, in whatever order they are summed up


@dataclass(frozen=True)
class NeighbourTable:
    """The training items, compressed: nothing of their titles or pictures is left.

    Args:
        directions: float32 [embedding size, dimensions], the principal directions of the training embeddings.
        codes: int8 [items, dimensions], the embeddings along them, rounded; scaled so that the largest is 127.
        scale: What one step of a code is worth.
        labels: uint8 [items, single fields], the position of each label in its field; 255 where it is not known.
    """

    directions: NDArray[np.float32]
    codes: NDArray[np.int8]
    scale: float
    labels: NDArray[np.uint8]


def build_table(
    embeddings: NDArray[np.float32],
    targets: NDArray[np.uint8],
    known: NDArray[np.bool_],
    taxonomy: Taxonomy,
    *,
    dimensions: int,
) -> NeighbourTable:
    """Compress the embeddings and the labels of the training items.

    Args:
        embeddings: [items, embedding size], of unit length.
        targets: [items, values of all fields], 0 or 1.
        known: [items, fields].
        taxonomy: The fields; those of kind ``single`` with at most 255 values take part.
        dimensions: Principal directions to keep; all if there are fewer.
    """
    # Not centred: what is approximated is the inner product of two embeddings.
    _, vectors = np.linalg.eigh((embeddings.T @ embeddings).astype(np.float64))
    directions = np.ascontiguousarray(vectors[:, ::-1][:, :dimensions], dtype=np.float32)
    projected = embeddings @ directions
    scale = float(np.abs(projected).max()) / _LEVELS
    codes = np.rint(projected / scale).astype(np.int8)
    return NeighbourTable(directions, codes, scale, list_labels(targets, known, taxonomy))


def list_labels(targets: NDArray[np.uint8], known: NDArray[np.bool_], taxonomy: Taxonomy) -> NDArray[np.uint8]:
    """Return the labels of a table, uint8 [items, single fields]; arguments as for `build_table`."""
    columns, labels = slice_fields(taxonomy), []
    for position, field in enumerate(taxonomy):
        if _takes_part(field.kind, len(field)):
            own = targets[:, columns[field.name]].argmax(axis=1)
            labels.append(np.where(known[:, position], own, _UNKNOWN).astype(np.uint8))
    return np.stack(labels, axis=1)


class NeighbourVote(nn.Module):
    """Blends the labels of the nearest training items into the logits.

    The ``count`` nearest items vote with weights ``exp((similarity - the nearest's) / temperature)``; the answer of a
    field is ``log((1 - share) * softmax(logits) + share * vote)``. Fields of kind ``multi`` keep their logits.

    Args:
        table: The training items.
        taxonomy: The fields.
        recipe: Share, count and temperature.
    """

    codes: Tensor
    directions: Tensor
    labels: Tensor

    def __init__(self, table: NeighbourTable, taxonomy: Taxonomy, recipe: NeighbourRecipe) -> None:
        super().__init__()
        self._recipe, self._taxonomy = recipe, taxonomy
        self._count = min(recipe.count, len(table.codes))
        # Folded into the directions, so that the table itself stays whole numbers until it is used.
        self.register_buffer("directions", torch.from_numpy(table.directions * np.float32(table.scale)))
        self.register_buffer("codes", torch.from_numpy(np.ascontiguousarray(table.codes.T)))
        self.register_buffer("labels", torch.from_numpy(table.labels))

    def forward(self, logits: Tensor, embedding: Tensor) -> Tensor:
        """Return the blended logits, [n, values of all fields]."""
        best, nearest = self._compare(embedding).topk(self._count, dim=1)
        weights = torch.exp((best - best[:, :1]) / self._recipe.temperature)
        labels = self.labels[nearest].to(torch.int32)  # [n, count, single fields]
        parts, taken = [], 0
        for field, columns in zip(self._taxonomy, slice_fields(self._taxonomy).values(), strict=True):
            own = logits[:, columns]
            if _takes_part(field.kind, len(field)):
                parts.append(self._blend(own, labels[:, :, taken], weights))
                taken += 1
            else:
                parts.append(own)
        return torch.cat(parts, dim=1)

    def is_settled(self, embedding: Tensor) -> Tensor:
        """Tell of each picture whether it is beyond doubt which items vote: bool [n].

        Where it is not, an item that has no vote is as near as one that has, such as one more picture of a product, and
        which of them votes is a matter of rounding.

        Args:
            embedding: As for the vote itself, [n, embedding size].
        """
        best = self._compare(embedding).topk(min(self._count + 1, self.codes.shape[1]), dim=1).values
        if best.shape[1] == self._count:  # all items vote
            return torch.ones(len(best), dtype=torch.bool)
        return best[:, -2] - best[:, -1] > _TIE

    def _compare(self, embedding: Tensor) -> Tensor:
        similarity: Tensor = (embedding @ self.directions) @ self.codes.float()  # [n, items]
        return similarity

    def _blend(self, logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
        values = torch.arange(logits.shape[1], dtype=torch.int32, device=logits.device)
        votes = ((labels[:, :, None] == values) * weights[:, :, None]).sum(dim=1)  # [n, values]
        total = votes.sum(dim=1, keepdim=True)
        # Where no neighbour's label is known, the network speaks alone.
        share = self._recipe.share * (total > 0)
        blended = (1 - share) * logits.softmax(dim=1) + share * votes / total.clamp(min=_SMALLEST)
        return blended.clamp(min=_SMALLEST).log()


def _takes_part(kind: str, values: int) -> bool:
    return kind == "single" and values <= _UNKNOWN
