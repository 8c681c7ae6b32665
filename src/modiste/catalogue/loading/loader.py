"""The one way in which pictures and what is said of them get into a catalogue, however often it is called.

What is there already is looked at first: a picture whose file has the hash that is stored is not embedded again, so
that the same call goes on where a killed one was, and a feed of new prices costs no network.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

import numpy as np
import polars as pl

from modiste.batch.pipeline import PartResult, run_parts, split_parts
from modiste.batch.progress import show_progress
from modiste.bundle import Bundle
from modiste.catalogue.backend import Backend
from modiste.catalogue.item import CatalogueItem
from modiste.catalogue.loading.cycles import look_for_cycles_seldom
from modiste.catalogue.loading.listing import IS_ADDRESS, Listing
from modiste.catalogue.loading.mapping import CatalogueMapper, hash_file, list_tags
from modiste.catalogue.loading.summary import LoadError, LoadSummary
from modiste.errors import PictureError
from modiste.imaging import PictureSource
from modiste.runtime import count_cores

__all__ = ["PART", "load_listing", "put_rows"]

PART: Final = 2048  # pictures a transaction: about three seconds of work are lost by a kill
_CHUNK: Final = 1024  # known items that are compared at a time
_Entry = TypeVar("_Entry")


@dataclass
class _Load:
    """A load under way."""

    backend: Backend
    listing: Listing
    bundle: Bundle
    known: frozenset[str]
    workers: int
    part_size: int
    advance: Callable[[int], None]
    counts: Counter[str] = field(default_factory=Counter)
    errors: list[LoadError] = field(default_factory=list)


def load_listing(
    backend: Backend,
    listing: Listing,
    bundle: Bundle,
    *,
    label: str,
    threads: int | None = None,
    remove_missing: bool = False,
    part_size: int = PART,
) -> tuple[LoadSummary, list[LoadError]]:
    """Bring a source's items into a catalogue.

    Items that are there with the same picture keep their vectors and predicted tags; whatever else is said of them is
    replaced by what the source says, corrections apart. A picture that can't be read leaves a known item's vector as it
    was.

    Args:
        backend: The catalogue; made with ``bundle``.
        listing: The source.
        bundle: Embeds and tags.
        label: What is being done, for the progress bar.
        threads: Cores to use; by default all.
        remove_missing: Remove the items that the source does not have.
        part_size: Pictures a transaction.

    Returns:
        The counts, and what could not be read.
    """
    start = time.perf_counter()
    known = frozenset(backend.list_ids())
    with show_progress(len(listing), done=0, label=label) as advance, look_for_cycles_seldom():
        load = _Load(backend, listing, bundle, known, threads or count_cores(), part_size, advance)
        load.errors += [LoadError(None, *pair) for pair in listing.lost]
        there = listing.items["item_id"].is_in(known)
        moved = _compare(load, listing.items.filter(there)) if there.any() else []
        _embed(load, listing.items.filter(~there | pl.col("row").is_in(moved)))
    missing = sorted(known.difference(listing.items["item_id"]))
    if remove_missing:
        load.counts["removed"] = sum(backend.remove(some) for some in _split(missing, _CHUNK))
    counts: dict[str, Any] = {**load.counts, "lost": len(listing.lost), "missing": len(missing)}
    return LoadSummary(len(listing), **counts, seconds=time.perf_counter() - start), load.errors


def put_rows(backend: Backend, items: Sequence[CatalogueItem], rows: pl.DataFrame) -> None:
    """Put n items with what `CatalogueMapper.tabulate` says of their pictures, n rows."""
    if not items:
        return
    columns = (list_tags(rows), *(rows[name].to_list() for name in ("picture_hash", "look", "colours")))
    filled = [
        replace(item, tags=(*item.tags, *tags), picture_hash=digest, look=look, colours=colours)
        for item, tags, digest, look, colours in zip(items, *columns, strict=True)
    ]
    backend.put(filled, rows["vector"].to_numpy())


def _compare(load: _Load, items: pl.DataFrame) -> list[int]:
    """Bring known items up to date; return the rows of those that have another picture now."""
    moved: list[int] = []
    with PictureSource() as source, ThreadPoolExecutor(load.workers, "modiste-hash") as pool:
        for start in range(0, items.height, _CHUNK):
            chunk = items.slice(start, _CHUNK)
            digests = list(pool.map(lambda pair: _hash(source, *pair), chunk.select("image", "reason").iter_rows()))
            moved += _update(load, chunk["row"], digests)
    return moved


def _hash(source: PictureSource, image: str, reason: str | None) -> str | PictureError:
    if reason is not None:
        return PictureError(reason)
    try:
        return hash_file(source.read(image))
    except PictureError as error:
        return error


def _update(load: _Load, rows: pl.Series, digests: list[str | PictureError]) -> list[int]:
    items = load.listing.facts.result().build(rows)
    old = load.backend.get([item.item_id for item in items])
    changed: list[CatalogueItem] = []
    moved: list[int] = []
    for row, item, digest in zip(rows, items, digests, strict=True):
        before = old.get(item.item_id)
        if isinstance(digest, PictureError):
            _note_unreadable(load, item, digest)
            item = item if before is None else replace(item, image=before.image, box=before.box)  # noqa: PLW2901
        elif before is None or (before.picture_hash, before.box) != (digest, item.box):
            moved.append(row)
            continue
        if before is not None and (new := _carry(item, before)) != before:
            changed.append(new)
    if changed:
        vectors = load.backend.get_vectors([item.item_id for item in changed])
        there = [item for item in changed if item.item_id in vectors]
        load.backend.put(there, np.stack([vectors[item.item_id] for item in there]))
    load.counts["changed"] += len(changed)
    load.counts["unchanged"] += len(items) - len(changed) - len(moved)
    load.advance(len(items) - len(moved))
    return moved


def _note_unreadable(load: _Load, item: CatalogueItem, error: PictureError) -> None:
    # The addresses of a feed are not read; those of known items need not be.
    if str(error) != IS_ADDRESS:
        load.counts["failed"] += 1
        load.errors.append(LoadError(item.item_id, item.image or "", f"{error} (its vector stays as it was)"))


def _carry(item: CatalogueItem, before: CatalogueItem) -> CatalogueItem:
    """Return what a source says of an item, with what was known of its picture; equal items if nothing changed."""
    said = [tag for tag in before.tags if tag.origin == "source"]
    kept = [tag for tag in before.tags if tag.origin != "source"]
    same = len(said) == len(item.tags) and set(said) == set(item.tags)
    tags = before.tags if same else (*item.tags, *kept)
    details = {name: value for name, value in item.details.items() if value is not None}
    known = {name: getattr(before, name) for name in ("picture_hash", "look", "colours")}
    return replace(item, tags=tags, details=details, **known)


def _embed(load: _Load, items: pl.DataFrame) -> None:
    if not items.height:
        return
    mapper = CatalogueMapper(load.bundle)
    parts = split_parts(items, load.part_size)
    waiting: list[PartResult] = []
    for result in run_parts(items, parts, mapper, threads=load.workers, advance=load.advance):
        waiting.append(result)
        # What a source says may still be being read; the network goes on meanwhile.
        if load.listing.facts.done():
            _put(load, items, waiting)
    _put(load, items, waiting)


def _put(load: _Load, items: pl.DataFrame, waiting: list[PartResult]) -> None:
    facts = load.listing.facts.result()
    for result in waiting:
        put_rows(load.backend, facts.build(result.rows["row"]), result.rows)
        _count(load, items.slice(result.part.start, result.part.stop - result.part.start), result)
    waiting.clear()


def _count(load: _Load, items: pl.DataFrame, result: PartResult) -> None:
    done = items["row"].is_in(result.rows["row"].implode())
    replaced = int(items.filter(done)["item_id"].is_in(load.known).sum())
    load.counts["replaced"] += replaced
    load.counts["added"] += result.rows.height - replaced
    load.counts["failed"] += result.errors.height
    failed = zip(items.filter(~done)["item_id"], result.errors.iter_rows(), strict=True)
    load.errors += [LoadError(item_id, image, reason) for item_id, (image, reason) in failed]


def _split(entries: Sequence[_Entry], size: int) -> Iterator[Sequence[_Entry]]:
    for start in range(0, len(entries), size):
        yield entries[start : start + size]
