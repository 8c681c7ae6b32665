"""Making a catalogue anew under another bundle, while the old one serves."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from modiste.batch import ITEMS
from modiste.batch.pipeline import run_parts, split_parts
from modiste.batch.progress import show_progress
from modiste.bundle import Bundle
from modiste.catalogue.backend import Backend
from modiste.catalogue.loading.loader import PART
from modiste.catalogue.loading.mapping import CatalogueMapper, list_tags
from modiste.catalogue.loading.summary import LoadError, name_errors, write_errors
from modiste.catalogue.local import LocalBackend
from modiste.catalogue.local.rebuilding import PendingItem
from modiste.catalogue.stores import build_head
from modiste.errors import UsageError
from modiste.runtime import count_cores

__all__ = ["RebuildSummary", "rebuild_catalogue"]

_LISTED: Final = 16_384  # items that are listed at a time


@dataclass(frozen=True)
class RebuildSummary:
    """What a rebuild did.

    Args:
        items: How many the catalogue holds.
        done: Pictures that this run embedded.
        resumed: Items that an interrupted run had done before.
        failed: Items whose pictures can't be read.
        removed: Those of them that were removed.
        finished: Whether the new bundle serves now.
        seconds: How long this run took.
        errors: The table of what could not be read; None if there was nothing.
    """

    items: int
    done: int = 0
    resumed: int = 0
    failed: int = 0
    removed: int = 0
    finished: bool = False
    seconds: float = 0.0
    errors: Path | None = None

    @property
    def rate(self) -> float:
        """Pictures a second in this run."""
        return self.done / max(self.seconds, 1e-9)


def rebuild_catalogue(
    backend: Backend,
    bundle: Bundle,
    *,
    remove_unreadable: bool = False,
    threads: int | None = None,
    errors: Path | None = None,
    part_size: int = PART,
) -> RebuildSummary:
    """Embed and tag every picture of a catalogue with another bundle; in the end it takes the old one's place at once.

    Until then searches are answered by the old one. A call that was interrupted goes on when it is made again with the
    same bundle; another bundle begins anew.

    Args:
        backend: The catalogue, in a folder.
        bundle: The new one.
        remove_unreadable: Remove the items whose pictures can't be read; else the rebuild is not finished.
        threads: Cores to use; by default all.
        errors: The table of what could not be read; by default beside the catalogue.
        part_size: Pictures that are kept at a time, and lost at most by a kill.

    Returns:
        The counts.

    Raises:
        UsageError: The catalogue is made with this bundle already, or kept where this can't be done.
    """
    if not isinstance(backend, LocalBackend):
        raise UsageError(
            f"{backend.describe().place} can't be made anew in place. "
            "Type: modiste catalogue build SOURCE ANOTHER_PLACE --bundle NEW"
        )
    start = time.perf_counter()
    table = name_errors(backend.path, errors)
    todo = backend.begin_rebuild(build_head(bundle))
    items = backend.describe().items
    summary = RebuildSummary(items, resumed=items - todo)
    failed: dict[str, LoadError] = {}
    with show_progress(items, done=items - todo, label="rebuilding") as advance:
        rebuild = _Rebuild(backend, CatalogueMapper(bundle), threads or count_cores(), part_size, advance, failed)
        done = rebuild.run()
        while not failed or remove_unreadable:
            removed = backend.remove(sorted(failed)) if failed else 0
            summary = replace(summary, removed=summary.removed + removed, finished=_finish(backend))
            if summary.finished:
                break
            done += rebuild.run()  # items were added meanwhile
    if summary.finished:
        backend.refresh_cache(threads=threads)
    errors = write_errors(failed.values(), table)
    seconds = time.perf_counter() - start
    items = backend.describe().items
    return replace(summary, items=items, done=done, failed=len(failed), seconds=seconds, errors=errors)


@dataclass
class _Rebuild:
    """A rebuild under way."""

    backend: LocalBackend
    mapper: CatalogueMapper
    workers: int
    part_size: int
    advance: Callable[[int], None]
    failed: dict[str, LoadError]

    def run(self) -> int:
        """Do all items that are still to do, those that failed before apart; return how many were done."""
        done, after = 0, None
        while pending := self.backend.list_pending(_LISTED, after=after):
            after = pending[-1].item.item_id
            done += self._embed([one for one in pending if one.item.item_id not in self.failed])
        return done

    def _embed(self, pending: Sequence[PendingItem]) -> int:
        done = 0
        items = _list_pictures(pending)
        parts = split_parts(items, self.part_size) if pending else []
        for result in run_parts(items, parts, self.mapper, threads=self.workers, advance=self.advance):
            rows = result.rows
            made = [pending[row] for row in rows["row"]]
            if made:
                done += self.backend.put_pending(made, rows["vector"].to_numpy(), list_tags(rows))
            part = items.slice(result.part.start, result.part.stop - result.part.start)
            lost = part.filter(~pl.col("row").is_in(rows["row"].implode()))
            for item_id, (image, reason) in zip(lost["item_id"], result.errors.iter_rows(), strict=True):
                self.failed[item_id] = LoadError(item_id, image, reason)
        return done


def _list_pictures(pending: Sequence[PendingItem]) -> pl.DataFrame:
    items = [one.item for one in pending]
    no_picture = "the catalogue does not know where its picture is"
    columns = {
        "image": [item.image or "" for item in items],
        "item_id": [item.item_id for item in items],
        "product_id": [item.product_id for item in items],
        "box": [None if item.box is None else list(item.box) for item in items],
        "reason": [None if item.image else no_picture for item in items],
    }
    return pl.DataFrame(columns, schema=ITEMS).with_row_index("row")


def _finish(backend: LocalBackend) -> bool:
    """Put the new bundle in the old one's place, unless items were added meanwhile."""
    if backend.list_pending(1):
        return False
    try:
        backend.finish_rebuild()
    except UsageError:
        if backend.list_pending(1):
            return False
        raise
    return True
