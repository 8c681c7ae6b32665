"""What is done to a batch of pictures, whoever brings the bytes: the local pipeline today, Ray Data tomorrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.batch.columns import TagColumns
from modiste.batch.products import fuse_familiarity, fuse_logits, group_products
from modiste.bundle import Bundle
from modiste.errors import PictureError, UsageError
from modiste.imaging import Box, DecodeLimits, PictureSource, Preprocessing
from modiste.runtime import Decider, NameMap, Network

__all__ = ["EmbedMapper", "Mapper", "Prepared", "TagMapper", "TagOptions", "prepare_pictures"]


@dataclass(frozen=True)
class TagOptions:
    """What a table of tags holds.

    Args:
        fields: The fields to write, under the bundle's names; by default all.
        top_k: How many values a field gets: its answer and ``top_k - 1`` more columns.
        min_confidence: Below it, in [0, 1], the cell stays empty and the row is doubtful.
        by: One row a picture, or one row a product, whose pictures are fused.
        names: The shop's own names for fields and values.

    Raises:
        UsageError: A number is out of its range.
    """

    fields: tuple[str, ...] = ()
    top_k: int = 1
    min_confidence: float = 0.0
    by: Literal["picture", "product"] = "picture"
    names: NameMap = field(default_factory=NameMap)

    def __post_init__(self) -> None:
        if self.top_k < 1:
            raise UsageError(f"--top-k is {self.top_k}; expected 1 or more")
        if not 0 <= self.min_confidence <= 1:
            raise UsageError(f"--min-confidence is {self.min_confidence}; expected a number from 0 to 1")
        if self.by not in ("picture", "product"):
            raise UsageError(f"--by is {self.by!r}; expected picture or product")


class Prepared(NamedTuple):
    """A batch of n pictures, decoded.

    ``pictures`` uint8 [read, height, width, 3] holds those that could be read (or whatever else a mapper's own
    ``prepare`` makes of each), ``reasons`` [n] why the others could not, None for those that could.
    """

    pictures: NDArray[Any]
    reasons: list[str | None]


class Mapper(Protocol):
    """What a job does to its pictures: in steps, so that a pipeline can make few large tables of many batches."""

    def prepare(self, references: Sequence[str], boxes: Sequence[Box | None], source: PictureSource) -> Prepared:
        """Read and decode n pictures; what can't be read leaves its reason instead."""
        ...

    def answer(self, pictures: NDArray[Any]) -> NDArray[Any]:
        """Run the network on what `prepare` made of n pictures: an array with one row a picture."""
        ...

    def tabulate(self, items: pl.DataFrame, answers: NDArray[Any]) -> pl.DataFrame:
        """Turn n answers into rows; ``items`` has n rows and the columns of `ITEMS`, and any others of the list."""
        ...


class TagMapper:
    """Tags pictures, a batch a core: its network uses one core a run, and threads may share it.

    Args:
        bundle: Whose network and fields.
        options: What the table holds.
        limits: The largest picture that is decoded.

    Raises:
        UsageError: The options name something that the bundle lacks, or two columns would have the same name.
    """

    def __init__(self, bundle: Bundle, options: TagOptions, limits: DecodeLimits = DecodeLimits()) -> None:  # noqa: B008  (frozen)
        self.preprocessing, self._limits = bundle.preprocessing, limits
        self._decider = Decider(bundle.spec, names=options.names)
        self._columns = TagColumns(
            self._decider.taxonomy.select(options.fields or bundle.taxonomy.names),
            top_k=options.top_k,
            min_confidence=options.min_confidence,
            names=options.names,
        )
        self._by_product = options.by == "product"
        self._values = bundle.spec.number_of_values
        self._network = Network(bundle, threads=1)

    def prepare(self, references: Sequence[str], boxes: Sequence[Box | None], source: PictureSource) -> Prepared:
        """Read and decode n pictures."""
        return prepare_pictures(references, boxes, self.preprocessing, source, self._limits)

    def answer(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits, float32 [n, values of all fields], with one more column of familiarity, if told."""
        output = self._network.run(pictures)
        if output.familiarity is None:
            return output.logits
        return np.column_stack([output.logits, output.familiarity])

    def tabulate(self, items: pl.DataFrame, answers: NDArray[np.float32]) -> pl.DataFrame:
        """Return one row a picture, or one row a product, whose pictures must be neighbours."""
        logits, rest = answers[:, : self._values], answers[:, self._values :]
        familiarity = rest[:, 0] if rest.shape[1] else None
        decision = self._decider.decide(logits, familiarity)
        if not self._by_product:
            return self._columns.tabulate(items.select("image", "item_id"), decision)
        products, sizes = group_products(items)
        nearest = None if familiarity is None else fuse_familiarity(familiarity, sizes)
        fused = self._decider.decide(fuse_logits(logits, sizes), nearest)
        return self._columns.tabulate(products, fused, pictures=decision, sizes=sizes)


class EmbedMapper:
    """Embeds pictures, a batch a core, as `TagMapper` does.

    Args:
        bundle: Whose network.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.preprocessing = bundle.preprocessing
        self._fingerprint = bundle.fingerprint
        self._network = Network(bundle, threads=1)

    def prepare(self, references: Sequence[str], boxes: Sequence[Box | None], source: PictureSource) -> Prepared:
        """Read and decode n pictures."""
        return prepare_pictures(references, boxes, self.preprocessing, source)

    def answer(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the embedding, float32 [n, embedding size] of unit length."""
        return self._network.run(pictures).embedding

    def tabulate(self, items: pl.DataFrame, answers: NDArray[np.float32]) -> pl.DataFrame:
        """Return ``item_id``, ``image``, ``vector`` and ``fingerprint``, one row a picture."""
        vectors = pl.Series("vector", answers, dtype=pl.Array(pl.Float32, answers.shape[1]))
        return items.select("item_id", "image", vectors, fingerprint=pl.lit(self._fingerprint))


def prepare_pictures(
    references: Sequence[str],
    boxes: Sequence[Box | None],
    preprocessing: Preprocessing,
    source: PictureSource,
    limits: DecodeLimits = DecodeLimits(),  # noqa: B008  (frozen)
) -> Prepared:
    """Read and decode a batch; a picture that can't be read leaves its reason instead.

    Args:
        references: n picture references.
        boxes: n boxes, None for a whole picture.
        preprocessing: The bundle's.
        source: Reads the files; threads may share it.
        limits: The largest picture that is decoded.
    """
    pictures = np.empty((len(references), preprocessing.height, preprocessing.width, 3), np.uint8)
    reasons: list[str | None] = []
    read = 0
    for reference, box in zip(references, boxes, strict=True):
        try:
            pictures[read] = preprocessing.load(source.read(reference, limits.max_bytes), box=box, limits=limits)
        except PictureError as error:
            reasons.append(str(error))
        else:
            reasons.append(None)
            read += 1
    return Prepared(pictures[:read], reasons)
