"""What a network and a hash say of pictures, in one pass: vector, tags, the file's hash, and how it looks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from modiste.batch.mappers import Prepared
from modiste.bundle import Bundle
from modiste.catalogue.item import ItemTag
from modiste.errors import PictureError, UsageError
from modiste.imaging import Box, PictureSource
from modiste.imaging.boxes import locate_box
from modiste.imaging.colour_shares import describe_thumbnails
from modiste.imaging.colours import to_rgb
from modiste.imaging.decode import Reduced, decode_reduced
from modiste.imaging.limits import DecodeLimits
from modiste.imaging.orientation import get_orientation, turn
from modiste.imaging.perceptual import THUMBNAIL, hash_thumbnails
from modiste.runtime import Decider, Decision, Network, PictureLike
from modiste.taxonomy import Field

__all__ = ["CatalogueMapper", "hash_file", "list_tags"]

_DECIMALS: Final = 4
_LIMITS: Final = DecodeLimits()
_VALUE, _CONFIDENCE = "value.", "confidence."


def hash_file(data: bytes) -> str:
    """Return the SHA-256 of a picture file's content, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


class _Views(NamedTuple):
    """The parts of the rows that `CatalogueMapper.prepare` makes, each as an array."""

    picture: NDArray[np.uint8]
    thumbnail: NDArray[np.uint8]
    hash: NDArray[np.void]


class CatalogueMapper:
    """Embeds and tags pictures and hashes them, a batch a core; threads may share it.

    Args:
        bundle: Whose network and fields.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._preprocessing = bundle.preprocessing
        self._network = Network(bundle, threads=1)
        self._decider = Decider(bundle.spec)
        shape = (bundle.preprocessing.height, bundle.preprocessing.width, 3)
        thumbnail = (THUMBNAIL, THUMBNAIL, 3)
        self._prepared = np.dtype([("picture", "u1", shape), ("thumbnail", "u1", thumbnail), ("hash", "V32")])
        size, values = bundle.spec.embedding_size, bundle.spec.number_of_values
        self._answered = np.dtype(
            [("embedding", "f4", size), ("logits", "f4", values), ("look", "u8"), ("hash", "V32"), ("colours", "V64")]
        )

    def prepare(self, references: Sequence[str], boxes: Sequence[Box | None], source: PictureSource) -> Prepared:
        """Read, hash and decode n pictures; what can't be read leaves its reason instead."""
        rows = np.empty(len(references), self._prepared)
        views = _Views(rows["picture"], rows["thumbnail"], rows["hash"])
        reasons: list[str | None] = []
        read = 0
        for reference, box in zip(references, boxes, strict=True):
            try:
                self._load(views, read, source.read(reference), box)
            except PictureError as error:
                reasons.append(str(error))
            else:
                reasons.append(None)
                read += 1
        return Prepared(rows[:read], reasons)

    def answer(self, pictures: NDArray[Any]) -> NDArray[Any]:
        """Return embedding, logits, look, hash and colours of n pictures, as `prepare` gave them."""
        rows = np.empty(len(pictures), self._answered)
        output = self._network.run(np.ascontiguousarray(pictures["picture"]))
        rows["logits"], rows["embedding"] = output.logits, output.embedding
        rows["look"] = hash_thumbnails(pictures["thumbnail"])
        rows["hash"] = pictures["hash"]
        rows["colours"] = describe_thumbnails(pictures["thumbnail"]).view("V64")[:, 0]
        return rows

    def tabulate(self, items: pl.DataFrame, answers: NDArray[Any]) -> pl.DataFrame:
        """Return ``row``, ``vector``, ``look``, ``colours``, ``picture_hash``, each field's values, confidences."""
        embedding = np.ascontiguousarray(answers["embedding"])
        columns = [
            pl.Series("vector", embedding, dtype=pl.Array(pl.Float32, embedding.shape[1])),
            pl.Series("look", np.ascontiguousarray(answers["look"])),
            pl.Series("colours", [bytes(value) for value in answers["colours"]], pl.Binary),
            pl.Series("picture_hash", [_to_hex(bytes(value)) for value in answers["hash"]], pl.String),
        ]
        decision = self._decider.decide(np.ascontiguousarray(answers["logits"]))
        for field in self._decider.taxonomy:
            scores = np.round(decision.probabilities[field.name], _DECIMALS)
            if field.kind == "single":
                columns += _fill_single(field, decision, scores)
            else:
                columns += _fill_multi(field, decision.chosen[field.name], scores)
        return items.select("row", *columns)

    def prepare_given(
        self, pictures: Sequence[PictureLike], boxes: Sequence[Box | None], source: PictureSource
    ) -> Prepared:
        """Do as `prepare` with pictures of any kind; those that are no files have no hash.

        Raises:
            UsageError: Something is no picture.
        """
        rows = np.zeros(len(pictures), self._prepared)
        views = _Views(rows["picture"], rows["thumbnail"], rows["hash"])
        reasons: list[str | None] = []
        read = 0
        for picture, box in zip(pictures, boxes, strict=True):
            try:
                if isinstance(picture, str | Path):
                    self._load(views, read, source.read(str(picture)), box)
                elif isinstance(picture, bytes):
                    self._load(views, read, picture, box)
                else:
                    self._fill(views, read, _cut(picture, box))
            except PictureError as error:
                reasons.append(str(error))
            else:
                reasons.append(None)
                read += 1
        return Prepared(rows[:read], reasons)

    def _load(self, views: _Views, at: int, data: bytes, box: Box | None) -> None:
        size = self._preprocessing.height, self._preprocessing.width
        self._fill(views, at, decode_reduced(data, limits=_LIMITS, box=box, at_least=size))
        views.hash[at] = hashlib.sha256(data).digest()

    def _fill(self, views: _Views, at: int, reduced: Reduced) -> None:
        image = Image.fromarray(np.ascontiguousarray(reduced.picture))
        views.picture[at] = self._preprocessing.fit_in(reduced, image)
        small = image.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BILINEAR, reduced.region)
        views.thumbnail[at] = np.asarray(small)


def list_tags(rows: pl.DataFrame) -> list[list[ItemTag]]:
    """Return the predicted tags of each row that `CatalogueMapper.tabulate` made, doubtful ones included."""
    names = [name.removeprefix(_VALUE) for name in rows.columns if name.startswith(_VALUE)]
    tags: list[list[ItemTag]] = [[] for _ in range(rows.height)]
    for name in names:
        said, confidences = rows[_VALUE + name].to_list(), rows[_CONFIDENCE + name].to_list()
        for own, value, confidence in zip(tags, said, confidences, strict=True):
            if value is None:
                continue  # the bundle is silent
            if isinstance(value, str):
                own.append(ItemTag(name, value, confidence, "predicted"))
            else:
                own += [ItemTag(name, *pair, "predicted") for pair in zip(value, confidence, strict=True)]
    return tags


def _cut(picture: Image.Image | NDArray[np.uint8], box: Box | None) -> Reduced:
    if isinstance(picture, Image.Image):
        picture = turn(to_rgb(picture), get_orientation(picture.getexif()))
    if not isinstance(picture, np.ndarray) or picture.dtype != np.uint8 or picture.shape[2:] != (3,):
        raise UsageError(
            f"a {type(picture).__name__} is no picture; expected a path, ARCHIVE::MEMBER, bytes, a Pillow picture or "
            "uint8 [height, width, 3]"
        )
    rows, columns = locate_box(box, *picture.shape[:2])
    picture = np.ascontiguousarray(picture[rows, columns])
    height, width = picture.shape[:2]
    return Reduced(picture, (0, 0, width, height), (height, width))


def _to_hex(digest: bytes) -> str | None:
    return digest.hex() if any(digest) else None  # a picture that is no file has none


def _fill_single(field: Field, decision: Decision, scores: NDArray[np.float64]) -> list[pl.Series]:
    choices, said = decision.choices[field.name], pl.Series(decision.is_said(field.name))
    values = pl.Series(_VALUE + field.name, field.values, pl.String).gather(choices)
    chosen = np.take_along_axis(scores, choices[:, None], axis=1)[:, 0]
    confidence = pl.Series(_CONFIDENCE + field.name, np.clip(chosen, 0, 1))
    return [column.set(~said, None) for column in (values, confidence)]


def _fill_multi(field: Field, chosen: NDArray[np.bool_], scores: NDArray[np.float64]) -> list[pl.Series]:
    order = [
        np.flatnonzero(row)[np.argsort(-score[row], kind="stable")] for row, score in zip(chosen, scores, strict=True)
    ]
    values = [[field.values[place] for place in places] for places in order]
    numbers = [np.clip(score[places], 0, 1).tolist() for places, score in zip(order, scores, strict=True)]
    return [
        pl.Series(_VALUE + field.name, values, pl.List(pl.String)),
        pl.Series(_CONFIDENCE + field.name, numbers, pl.List(pl.Float64)),
    ]
