"""A fetch from the list of addresses to the folder of shards and manifest; it goes on where it was interrupted."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from modiste import __version__
from modiste.batch.progress import show_progress
from modiste.batch.workspace import Workspace
from modiste.collect.fetching.engine import fetch_all
from modiste.collect.fetching.listing import list_addresses, read_addressed
from modiste.collect.fetching.options import FetchOptions
from modiste.collect.fetching.result import build_fetched
from modiste.collect.fetching.store import Store
from modiste.errors import UsageError
from modiste.manifest import Manifest
from modiste.readers import ReaderOptions

__all__ = ["FetchSummary", "Request", "check_output", "fetch_manifest", "fetch_pictures"]

_MANIFEST = ("items.parquet", "problems.parquet", "opinions.parquet", "taxonomy.json")
_SOURCE, _OUTPUT, _FETCHED, _REPLACED = "source", "output", "manifest", "replaced"


@dataclass(frozen=True)
class FetchSummary:
    """What a fetch did.

    Args:
        addresses: Different addresses of the list; each is in a shard or in the error table.
        pictures: Addresses whose picture arrived.
        failed: Addresses whose picture did not.
        items: Rows of the manifest.
        resumed: Addresses that an interrupted run had done before.
        seconds: How long this run took.
        output: The folder.
        errors: The error table beside it.
    """

    addresses: int
    pictures: int
    failed: int
    items: int
    resumed: int
    seconds: float
    output: Path
    errors: Path

    @property
    def rate(self) -> float:
        """Addresses a second in this run, start-up included."""
        return (self.addresses - self.resumed) / max(self.seconds, 1e-9)


@dataclass(frozen=True)
class Request:
    """Where a list of addresses comes from.

    Args:
        read: Reads it; called once, unless the first run was killed at its very beginning.
        described: All of it that changes the output, in JSON types, each under the name of its option.
        finish: Has the last word about the manifest, before it is written.
    """

    read: Callable[[], Manifest]
    described: Mapping[str, Any]
    finish: Callable[[Manifest], Manifest] = lambda manifest: manifest


def fetch_pictures(
    source: Path | str,
    output: Path | str,
    *,
    options: FetchOptions = FetchOptions(),  # noqa: B008  (frozen)
    reader: str | None = None,
    reading: ReaderOptions | None = None,
    overwrite: bool = False,
) -> FetchSummary:
    """Fetch the pictures that a data set gives addresses of, into shards with a manifest.

    A run that was interrupted, however, goes on where it was when it is called again with the same arguments: until
    the output is whole, everything is in the hidden folder ``.NAME.modiste`` beside it.

    Args:
        source: A text file with an address a line, or any data set whose pictures are addresses.
        output: The folder to make: ``shard-00000.zip`` ..., and the manifest's tables. The error table
            ``NAME.errors.csv`` (item_id, address, reason, attempts) is written beside it.
        options: How they are fetched and kept.
        reader: As in `modiste.readers.read_source`.
        reading: As ``options`` there.
        overwrite: Replace an output that exists, if modiste made it.

    Returns:
        The counts.

    Raises:
        UsageError: Nothing is to be fetched, the output exists or was begun differently, or can't be written.
        SourceError: The source can't be understood.
    """
    source = Path(source)
    described = {"SOURCE": str(source), "folder": str(Path.cwd()), "--reader": reader, "columns": repr(reading)}
    request = Request(lambda: read_addressed(source, reader=reader, options=reading), described)
    return fetch_manifest(request, Path(output), options=options, overwrite=overwrite)


def fetch_manifest(request: Request, output: Path, *, options: FetchOptions, overwrite: bool) -> FetchSummary:
    """Fetch the pictures of a manifest of addresses, as `fetch_pictures` does.

    Args:
        request: The manifest, and where it comes from.
        output: As there.
        options: As there.
        overwrite: As there.

    Raises:
        UsageError: As there.
    """
    start = time.perf_counter()
    errors = output.with_name(output.name + ".errors.csv")
    with Workspace(output, (errors,)) as workspace:
        job = _Job(request, workspace, options)
        check_output(output, overwrite=overwrite)
        addresses = workspace.begin(job.describe(), job.list_addresses, overwrite=overwrite)
        job.keep_source()
        store = job.make_store()
        try:
            with show_progress(addresses.height, done=0, label="fetching") as advance:
                resumed = fetch_all(addresses, store, options, advance=advance)
            store.finish()
        except OSError as error:
            raise UsageError(f"can't write to {workspace.folder}: {error.strerror or error}; make room") from error
        finally:
            store.close()
        pictures, items = job.finish(store, addresses, errors)
    seconds = time.perf_counter() - start
    lost = addresses.height - pictures
    return FetchSummary(addresses.height, pictures, lost, items, resumed, seconds, output, errors)


def check_output(output: Path, *, overwrite: bool) -> None:
    """Raise UsageError if something stands where the output should be that must not be replaced."""
    if not output.exists() and not output.is_symlink():
        return
    if not overwrite:
        raise UsageError(f"{output} exists already; choose another name, or add --overwrite to replace it")
    if not all((output / name).is_file() for name in _MANIFEST):
        raise UsageError(f"{output} is nothing that modiste fetched, so it is not replaced; choose another name")


class _Job:
    def __init__(self, request: Request, workspace: Workspace, options: FetchOptions) -> None:
        self._request = request
        self._workspace = workspace
        self._folder = workspace.folder
        self._options = options
        self._manifest: Manifest | None = None

    def describe(self) -> dict[str, Any]:
        """Return all that changes the output, in JSON types."""
        return {**self._request.described, **self._options.describe(), "modiste": __version__}

    def list_addresses(self) -> pl.DataFrame:
        """Read the source and return its addresses."""
        self._manifest = self._request.read()
        return list_addresses(self._manifest, hash_column=self._options.hash_column)

    def keep_source(self) -> None:
        """Write the source's manifest, as it is when the work begins; while pictures are fetched it is not held."""
        folder = self._folder / _SOURCE
        if self._manifest is not None or not folder.exists():
            (self._request.read() if self._manifest is None else self._manifest).write(folder)
        self._manifest = None

    def make_store(self) -> Store:
        """Open the store of what was fetched so far."""
        options = self._options
        return Store(
            self._folder,
            self._folder / _OUTPUT,
            format=options.shards,
            max_pictures=options.shard_pictures,
            max_bytes=options.shard_bytes,
        )

    def finish(self, store: Store, addresses: pl.DataFrame, errors: Path) -> tuple[int, int]:
        """Write and place everything; return the number of pictures and of the manifest's items."""
        output = self._workspace.output.resolve()
        manifest = Manifest.read(self._folder / _SOURCE)
        outcomes = store.read_outcomes()
        pictures = outcomes["member"].count()
        fetched, failed = build_fetched(
            manifest, addresses, outcomes, name_shard=lambda number: output / store.name_shard(number)
        )
        del manifest, outcomes  # with a million addresses, each of them has some 200 MB
        fetched = self._request.finish(fetched)
        self._workspace.finish(self._assemble(fetched, failed, errors))
        return pictures, len(fetched)

    def _assemble(self, fetched: Manifest, failed: pl.DataFrame, errors: Path) -> Iterator[tuple[Path, Path]]:
        """Write the final files into the workspace; yield each with its place, the output itself last."""
        failed.write_csv(self._folder / "errors.csv")
        for name in (_FETCHED, f"{_FETCHED}.part"):
            shutil.rmtree(self._folder / name, ignore_errors=True)
        fetched.write(self._folder / _FETCHED)
        for name in _MANIFEST:
            (self._folder / _FETCHED / name).replace(self._folder / _OUTPUT / name)
        yield self._folder / "errors.csv", errors
        output = self._workspace.output
        if output.exists():
            output.replace(self._folder / _REPLACED)
        yield self._folder / _OUTPUT, output
