"""Making a catalogue of a source, and putting more into one."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from modiste.batch.lock import FileLock
from modiste.bundle import Bundle
from modiste.catalogue.backend import Backend
from modiste.catalogue.loading.listing import read_listing
from modiste.catalogue.loading.loader import PART, load_listing
from modiste.catalogue.loading.summary import LoadSummary, name_errors, write_errors
from modiste.catalogue.local.database import FILE_NAME
from modiste.catalogue.stores import build_head, check_made_for, open_backend
from modiste.errors import UsageError
from modiste.readers import ReaderOptions

__all__ = ["add_source", "build_catalogue", "sync_feed"]

_MARK: Final = "unfinished.json"
_LOCK: Final = "unfinished.lock"


def build_catalogue(
    source: Path | str,
    place: Path | str,
    *,
    bundle: Bundle | Path | str | None = None,
    reader: str | None = None,
    options: ReaderOptions | None = None,
    threads: int | None = None,
    errors: Path | None = None,
    part_size: int = PART,
) -> LoadSummary:
    """Make a catalogue of everything that a source holds.

    One pass embeds, tags and hashes the pictures; what the source says of them is kept beside it. What is written is
    kept: a call that was interrupted, however, goes on when it is made again.

    Args:
        source: A folder, an archive, a table, a feed, a manifest: anything that a reader takes.
        place: The catalogue's folder, or the address of a server.
        bundle: Embeds and tags; by default the one that modiste ships.
        reader: The name of a reader; by default the first that fits.
        options: What the source does not say itself.
        threads: Cores to use; by default all.
        errors: The table of what could not be read; by default beside the catalogue.
        part_size: Pictures a transaction, and lost at most by a kill.

    Returns:
        The counts.

    Raises:
        UsageError: There is a finished catalogue already, or one that was begun differently.
        SourceError: No reader understands the source.
        BundleError: There is no such bundle, or it is damaged.
    """
    opened = bundle if isinstance(bundle, Bundle) else Bundle.open(bundle)
    table = name_errors(place, errors)
    folder = None if "://" in str(place) else Path(place)
    request = _describe(source, opened, reader, options)
    begun = folder is not None and _find_begun(folder, request)
    # Before anything is made: nothing is left of a source that can't be read.
    listing = read_listing(source, opened.taxonomy, reader=reader, options=options)
    lock = None if folder is None else _begin(folder, request)
    try:
        backend = open_backend(place, create=None if begun else build_head(opened))
        try:
            check_made_for(backend, opened)
            summary, failed = load_listing(
                backend, listing, opened, label="building", threads=threads, part_size=part_size
            )
            summary = _finish(backend, replace(summary, errors=write_errors(failed, table)), threads)
        finally:
            backend.close()
        if folder is not None:
            (folder / _MARK).unlink(missing_ok=True)
        return summary
    finally:
        if lock is not None:
            lock.release()


def add_source(
    source: Path | str,
    backend: Backend,
    *,
    bundle: Bundle,
    reader: str | None = None,
    options: ReaderOptions | None = None,
    threads: int | None = None,
    errors: Path | None = None,
    part_size: int = PART,
) -> LoadSummary:
    """Put everything that a source holds into a catalogue; items that are there already are brought up to date.

    Args:
        source: As for `build_catalogue`.
        backend: The catalogue.
        bundle: The one that the catalogue is made with.
        reader: As there.
        options: As there.
        threads: Cores to use; by default all.
        errors: The table of what could not be read; by default beside the catalogue.
        part_size: Pictures a transaction.

    Returns:
        The counts.

    Raises:
        CatalogueError: The catalogue is made with another bundle.
        SourceError: No reader understands the source.
    """
    return _bring(source, backend, "adding", False, bundle, reader, options, threads, errors, part_size)


def sync_feed(
    source: Path | str,
    backend: Backend,
    *,
    bundle: Bundle,
    remove_missing: bool = False,
    reader: str | None = None,
    options: ReaderOptions | None = None,
    threads: int | None = None,
    errors: Path | None = None,
    part_size: int = PART,
) -> LoadSummary:
    """Bring a catalogue to the state of a feed: new prices and stock, new items, and perhaps without vanished ones.

    A picture whose file is the same as it was (by its hash) is not embedded again; nor is that of an item which is
    there already and whose picture the feed names by an address only.

    Args:
        source: The feed: anything that a reader takes.
        backend: The catalogue.
        bundle: The one that the catalogue is made with.
        remove_missing: Remove the items that the feed no longer has.
        reader: As for `build_catalogue`.
        options: As there.
        threads: Cores to use; by default all.
        errors: The table of what could not be read; by default beside the catalogue.
        part_size: Pictures a transaction.

    Returns:
        The counts; ``missing`` says how many items the feed does not have.

    Raises:
        CatalogueError: The catalogue is made with another bundle.
        SourceError: No reader understands the feed.
    """
    return _bring(source, backend, "syncing", remove_missing, bundle, reader, options, threads, errors, part_size)


def _bring(
    source: Path | str,
    backend: Backend,
    label: str,
    remove_missing: bool,
    bundle: Bundle,
    reader: str | None,
    options: ReaderOptions | None,
    threads: int | None,
    errors: Path | None,
    part_size: int,
) -> LoadSummary:
    check_made_for(backend, bundle)
    table = name_errors(backend.describe().place, errors)
    listing = read_listing(source, bundle.taxonomy, reader=reader, options=options)
    summary, failed = load_listing(
        backend, listing, bundle, label=label, threads=threads, remove_missing=remove_missing, part_size=part_size
    )
    return _finish(backend, replace(summary, errors=write_errors(failed, table)), threads)


def _finish(backend: Backend, summary: LoadSummary, threads: int | None) -> LoadSummary:
    refresh = getattr(backend, "refresh_cache", None)  # a folder has an index of its own to make
    if refresh is not None:
        refresh(threads=threads)
    return replace(summary, items=backend.describe().items)


def _describe(source: Path | str, bundle: Bundle, reader: str | None, options: ReaderOptions | None) -> dict[str, Any]:
    options = ReaderOptions() if options is None else options
    given = {name: str(getattr(options, name)) for name in options.given()}
    return {
        "SOURCE": os.path.abspath(source),  # noqa: PTH100  (resolve() would follow links)
        "--bundle": bundle.fingerprint,
        "--reader": reader,
        **given,
    }


def _find_begun(folder: Path, request: dict[str, Any]) -> bool:
    """Tell whether an interrupted call made a catalogue here that is to be gone on with.

    Raises:
        UsageError: It was asked for something else, or there is a finished catalogue.
    """
    if not (folder / FILE_NAME).exists():
        return False
    if not (folder / _MARK).exists():
        raise UsageError(
            f"there is a catalogue at {folder} already; expected a new place. "
            f"Type: modiste catalogue add SOURCE {folder}, or remove the folder first"
        )
    try:
        begun = json.loads((folder / _MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder / _MARK} can't be read: {error}; remove the folder {folder}") from error
    if begun != request:
        names = [name for name in {**begun, **request} if begun.get(name) != request.get(name)]
        lines = "".join(f"\n  {name}: it was {begun.get(name)!r}, now it is {request.get(name)!r}" for name in names)
        raise UsageError(
            f"the catalogue {folder} is unfinished and was begun differently:{lines}\n"
            "Type the command as it was to go on, or remove the folder to begin anew"
        )
    return True


def _begin(folder: Path, request: dict[str, Any]) -> FileLock:
    """Mark a folder as unfinished."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / _LOCK)
        locked = lock.acquire()
        if locked:
            part = folder / f"{_MARK}.part"
            part.write_text(json.dumps(request, indent=1), encoding="utf-8")
            part.replace(folder / _MARK)
    except OSError as error:
        raise UsageError(f"no catalogue can be made at {folder}: {error.strerror or error}") from error
    if not locked:
        raise UsageError(f"another modiste is building {folder} at this moment; wait for it, or stop it first")
    return lock
