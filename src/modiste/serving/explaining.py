"""Why a picture is tagged as it is: the parts that mattered, and labelled items like it that agree or do not."""

from __future__ import annotations

import time
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue import Backend, CatalogueItem
from modiste.errors import UnknownNameError
from modiste.imaging import Box, Preprocessing
from modiste.imaging.decode import decode_reduced
from modiste.imaging.limits import DecodeLimits
from modiste.runtime.occlusion import OcclusionGrid, measure_drop
from modiste.serving.batching import Batcher
from modiste.serving.pools import Pool
from modiste.serving.problems import ProblemError
from modiste.serving.schemas.shape import Said
from modiste.serving.views import view_item

__all__ = ["Explainer", "find_labelled", "prepare_covered"]

_SHOWN: Final = 6  # neighbours
_LOOKED_AT: Final = 100  # nearest items, of which the labelled ones count
_LABELLED: Final = ("source", "corrected")


class Explainer:
    """Explains answers.

    Args:
        batcher: The network.
        backend: The catalogue, for neighbours.
        decoding: The threads that decode and cover.
        searching: The threads that ask the catalogue.
        limits: The largest picture.
    """

    def __init__(
        self, batcher: Batcher, backend: Backend, decoding: Pool, searching: Pool, limits: DecodeLimits
    ) -> None:
        self._batcher, self._backend, self._limits = batcher, backend, limits
        self._decoding, self._searching = decoding, searching

    async def explain(
        self, data: bytes, box: Box | None, field: str, value: str | None = None, *, item_id: str | None = None
    ) -> Said:
        """Explain what is said of one field.

        Args:
            data: The picture's file.
            box: The part of it that is tagged.
            field: Which field.
            value: Which of its values; by default the answer.
            item_id: The item that the picture belongs to; it is no neighbour of itself.

        Raises:
            ProblemError: There is no such field or value.
            PictureError: The picture can't be read.
        """
        start = time.perf_counter()
        self._check(field, value)
        seen = await self._batcher.see(data, box, top_k=1)
        assert seen.tags is not None  # noqa: S101  (they were asked for)
        preprocessing = self._batcher.bundle.preprocessing
        grid, pictures = await self._decoding.run(prepare_covered, data, box, preprocessing, self._limits)
        scores = (await self._batcher.run(pictures))[field]
        known = self._batcher.bundle.taxonomy[field]
        chosen = value or seen.tags[field].value or known.values[int(scores[0].argmax())]
        of_value = scores[:, known.index(chosen)]
        drops = grid.spread(measure_drop(float(of_value[0]), of_value[1:]))
        neighbours = await self._searching.run(find_labelled, self._backend, seen.vector, field, item_id)
        return {
            "field": field,
            "value": chosen,
            "confidence": min(1.0, max(0.0, round(float(of_value[0]), 6))),
            "map": {"rows": grid.rows, "columns": grid.columns, "values": np.round(drops, 4).tolist()},
            "neighbours": [
                {"item": view_item(item), "score": round(score, 6), "agrees": chosen in item.values(field)}
                for item, score in neighbours
            ],
            "seconds": round(time.perf_counter() - start, 6),
        }

    def _check(self, field: str, value: str | None) -> None:
        taxonomy = self._batcher.bundle.taxonomy
        if field not in taxonomy:
            raise ProblemError("invalid", str(UnknownNameError("field", field[:100], taxonomy.names)))
        if value is not None:
            taxonomy[field].index(value)


def find_labelled(
    backend: Backend, vector: NDArray[np.float32], field: str, left_out: str | None
) -> list[tuple[CatalogueItem, float]]:
    """Return the nearest items whose field the shop or a person has labelled, with their cosines.

    Args:
        backend: The catalogue.
        vector: float32 [embedding size] of unit length.
        field: Which field.
        left_out: An item that does not count.

    Returns:
        At most six of the hundred nearest items, the nearest first.
    """
    found = backend.nearest(vector, _LOOKED_AT)
    items = backend.get(found.item_ids)
    labelled = [
        (items[item_id], float(score))
        for item_id, score in zip(found.item_ids, found.scores, strict=True)
        if item_id in items and item_id != left_out and _is_labelled(items[item_id], field)
    ]
    return labelled[:_SHOWN]


def _is_labelled(item: CatalogueItem, field: str) -> bool:
    return any(tag.field == field and tag.origin in _LABELLED for tag in item.tags)


def prepare_covered(
    data: bytes, box: Box | None, preprocessing: Preprocessing, limits: DecodeLimits
) -> tuple[OcclusionGrid, NDArray[np.uint8]]:
    """Decode a picture, and cover its parts in turn.

    Args:
        data: The picture's file.
        box: The part of it that is tagged.
        preprocessing: What the network reads.
        limits: The largest picture.

    Returns:
        The grid over what the picture shows, and RGB [1 + windows, height, width, 3]: whole, then with each window
        covered.

    Raises:
        PictureError: It can't be read.
    """
    size = preprocessing.height, preprocessing.width
    reduced = decode_reduced(data, limits=limits, box=box, at_least=size)
    height, width = preprocessing.fit(*reduced.size)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    grid = OcclusionGrid.fit((top, left, height, width))
    picture = preprocessing.fit_in(reduced)
    return grid, np.concatenate([picture[None], grid.cover(picture, preprocessing.fill)])
