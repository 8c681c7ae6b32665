"""Changes of items that requests ask for: many at once, each done or told why not."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl

from modiste.catalogue import Catalogue, CatalogueItem, ItemChange, ItemTag, Variant
from modiste.catalogue.loading.loader import put_rows
from modiste.catalogue.loading.mapping import CatalogueMapper
from modiste.errors import ModisteError
from modiste.imaging import PictureSource
from modiste.imaging.limits import DecodeLimits
from modiste.serving.picture_store import PictureStore
from modiste.serving.problems import ProblemError, describe_error
from modiste.serving.schemas.items import ItemIn, ItemPatch

__all__ = ["ItemWriter", "Put", "decode_base64"]

_BATCH: Final = 32


@dataclass(frozen=True, eq=False)
class Put:
    """An item to be put.

    Args:
        item_id: Its id.
        said: What is said of it.
        picture: Its new picture's file; None keeps the one that is there.
    """

    item_id: str
    said: ItemIn
    picture: bytes | None = None


class ItemWriter:
    """Puts and changes items of a catalogue; one thread at a time may use it.

    Args:
        catalogue: The catalogue.
        store: Where uploaded pictures are kept.
        limits: The largest picture.
    """

    def __init__(self, catalogue: Catalogue, store: PictureStore, limits: DecodeLimits) -> None:
        self._catalogue, self._store, self._limits = catalogue, store, limits

    def put(self, puts: Sequence[Put]) -> dict[str, ProblemError]:
        """Put items; return the problems of those that could not be put, by their ids."""
        problems: dict[str, ProblemError] = {}
        known = self._catalogue.backend.get([one.item_id for one in puts])
        pictured = [one for one in puts if one.picture is not None]
        for start in range(0, len(pictured), _BATCH):
            self._put_pictured(pictured[start : start + _BATCH], problems)
        replaced = [known[one.item_id] for one in pictured if one.item_id in known and one.item_id not in problems]
        self._store.drop(item.image for item in replaced)
        plain = [one for one in puts if one.picture is None]
        for one in plain:
            if one.item_id not in known:
                detail = f"the item {one.item_id!r} is new and came without a picture"
                problems[one.item_id] = ProblemError("invalid", detail, next="Send its picture, too.")
        self._put_plain([one for one in plain if one.item_id in known], known, problems)
        return problems

    def patch(self, changes: Mapping[str, ItemPatch]) -> tuple[list[str], dict[str, ProblemError]]:
        """Change items; return the ids that are not there, and the problems of others."""
        wanted = [_to_change(item_id, said) for item_id, said in changes.items()]
        missing: list[str] = []

        def patch(some: Sequence[ItemChange]) -> None:
            missing.extend(self._catalogue.update(some))

        return missing, _try_all(patch, wanted, lambda change: change.item_id)

    def remove(self, item_ids: Sequence[str]) -> list[str]:
        """Remove items and their uploaded pictures; return the ids that were not there."""
        ids = list(dict.fromkeys(item_ids))
        there = self._catalogue.backend.get(ids)
        self._catalogue.remove(ids)
        self._store.drop(item.image for item in there.values())
        return [item_id for item_id in ids if item_id not in there]

    @cached_property
    def _mapper(self) -> CatalogueMapper:
        return CatalogueMapper(self._catalogue.bundle)

    def _put_pictured(self, puts: Sequence[Put], problems: dict[str, ProblemError]) -> None:
        pictures: list[bytes] = []
        items: list[CatalogueItem] = []
        for one in puts:
            try:
                data = one.picture or b""
                # Within this server's limits, before it is kept; then it is decoded as catalogues do.
                self._catalogue.bundle.preprocessing.load(data, limits=self._limits)
                items.append(_to_item(one, image=self._store.keep(data)))
                pictures.append(data)
            except ModisteError as error:
                problems[one.item_id] = describe_error(error)
        if not items:
            return
        with PictureSource() as source:
            prepared = self._mapper.prepare_given(pictures, [None] * len(items), source)
        answers = self._mapper.answer(prepared.pictures)
        rows = self._mapper.tabulate(pl.DataFrame({"row": np.arange(len(items))}), answers)

        def put(some: Sequence[int]) -> None:
            chosen = list(some)
            put_rows(self._catalogue.backend, [items[at] for at in chosen], rows[chosen])

        failed = _try_all(put, range(len(items)), lambda at: items[at].item_id)
        self._store.drop(item.image for item in items if item.item_id in failed)
        problems.update(failed)

    def _put_plain(
        self, puts: Sequence[Put], known: Mapping[str, CatalogueItem], problems: dict[str, ProblemError]
    ) -> None:
        items: list[CatalogueItem] = []
        for one in puts:
            try:
                old = known[one.item_id]
                kept = tuple(tag for tag in old.tags if tag.origin == "predicted")
                fresh = _to_item(one, image=old.image)
                tags = (*fresh.tags, *kept)
                seen = {name: getattr(old, name) for name in ("box", "picture_hash", "look", "colours")}
                items.append(replace(fresh, tags=tags, **seen))
            except ModisteError as error:
                problems[one.item_id] = describe_error(error)
        vectors = self._catalogue.backend.get_vectors([item.item_id for item in items])

        def put(some: Sequence[CatalogueItem]) -> None:
            there = [item for item in some if item.item_id in vectors]
            if there:
                self._catalogue.put(there, np.stack([vectors[item.item_id] for item in there]))

        problems.update(_try_all(put, items, lambda item: item.item_id))


def decode_base64(text: str) -> bytes:
    """Decode a picture's file.

    Raises:
        ProblemError: It is no Base64.
    """
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProblemError("invalid", f"picture_base64 is no Base64: {error}") from error


def _try_all(
    do: Callable[[Sequence[Any]], None], entries: Sequence[Any], name: Callable[[Any], str]
) -> dict[str, ProblemError]:
    """Do something to all entries at once, or, where that fails, to each by itself; return what fails then."""
    if not len(entries):
        return {}
    try:
        do(entries)
    except ModisteError:
        failed: dict[str, ProblemError] = {}
        for entry in entries:
            try:
                do([entry])
            except ModisteError as error:
                failed[name(entry)] = describe_error(error)
        return failed
    return {}


def _to_item(put: Put, *, image: str | None) -> CatalogueItem:
    said = put.said
    return CatalogueItem(
        put.item_id,
        product_id=said.product_id or "",
        image=image,
        title=said.title,
        brand=said.brand,
        price=said.price,
        list_price=said.list_price,
        currency=said.currency,
        variants=tuple(Variant(one.size, one.stock) for one in said.variants),
        tags=tuple(ItemTag(name, value) for name, values in said.labels.items() for value in dict.fromkeys(values)),
        details={name: _to_detail(value) for name, value in said.details.items() if value is not None},
    )


def _to_change(item_id: str, said: ItemPatch) -> ItemChange:
    variants = said.variants
    details = said.details
    return ItemChange(
        item_id,
        price=said.price,
        list_price=said.list_price,
        variants=None if variants is None else tuple(Variant(one.size, one.stock) for one in variants),
        title=said.title,
        brand=said.brand,
        details=None if details is None else {name: _to_detail(value) for name, value in details.items()},
    )


def _to_detail(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
