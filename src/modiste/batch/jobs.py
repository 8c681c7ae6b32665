"""Whole jobs: a folder, a zip or a table of pictures in, one table and its errors out, resumable at any moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from modiste import __version__
from modiste.batch.items import ListingOptions, list_items
from modiste.batch.mappers import EmbedMapper, Mapper, TagMapper, TagOptions
from modiste.batch.outputs import TAG_FORMATS, VECTOR_FORMATS, Format, find_format, write_csv, write_names
from modiste.batch.pipeline import run_parts, split_parts
from modiste.batch.products import order_by_product
from modiste.batch.progress import show_progress
from modiste.batch.workspace import Workspace
from modiste.bundle import Bundle
from modiste.errors import UsageError
from modiste.imaging import DecodeLimits
from modiste.runtime import count_cores

__all__ = ["PART", "Summary", "embed_files", "tag_files"]

PART = 1024  # pictures: about two seconds of work are lost by a kill


@dataclass(frozen=True)
class Summary:
    """What a job did.

    Args:
        pictures: All pictures of the job; each is in the output or among the errors.
        rows: Rows of the output.
        failed: Rows of the error table.
        doubtful: Rows of the output that are flagged.
        resumed: Pictures that an interrupted run had done before.
        seconds: How long this run took.
        output: The file that was written.
        errors: The error table beside it.
    """

    pictures: int
    rows: int
    failed: int
    doubtful: int
    resumed: int
    seconds: float
    output: Path
    errors: Path

    @property
    def rate(self) -> float:
        """Pictures a second in this run, start-up included."""
        return (self.pictures - self.resumed) / max(self.seconds, 1e-9)


@dataclass(frozen=True)
class _Job:
    label: str
    paths: Sequence[str]
    output: Path
    format: Format
    bundle: Bundle
    listing: ListingOptions
    options: Mapping[str, Any]
    make_mapper: Callable[[], Mapper]
    threads: int
    by_product: bool = False
    on_progress: Callable[[int, int], None] = lambda done, total: None

    def describe(self, part_size: int) -> dict[str, Any]:
        """Return all that changes the output, in JSON types; the number of threads does not."""
        return {
            "PATHS": list(self.paths),
            "folder": str(Path.cwd()),
            "--bundle": self.bundle.fingerprint,
            "--box": list(self.listing.box_columns),
            "--product-pattern": self.listing.product_pattern,
            **self.options,
            "modiste": __version__,
            "pictures a part": part_size,
        }


def tag_files(
    paths: Sequence[str | Path],
    output: Path,
    *,
    bundle: Bundle | Path | str | None = None,
    options: TagOptions = TagOptions(),  # noqa: B008  (frozen)
    listing: ListingOptions = ListingOptions(),  # noqa: B008  (frozen)
    limits: DecodeLimits = DecodeLimits(),  # noqa: B008  (frozen)
    threads: int | None = None,
    overwrite: bool = False,
    part_size: int = PART,
    on_progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Tag the pictures that some paths lead to, and write a table.

    Each picture ends up either in the output or in the error table ``STEM.errors.csv`` beside it. A run that was
    interrupted, however, goes on where it was when it is called again with the same arguments; the result is the same
    to the byte.

    Args:
        paths: Pictures, folders, zip and tar archives, ARCHIVE::MEMBER references, tables and manifests.
        output: A path that ends in .csv, .xlsx, .parquet or .jsonl.
        bundle: A bundle or its folder; by default the one that modiste ships.
        options: What the table holds.
        listing: How tables and product ids are read.
        limits: The largest picture that is decoded; a larger one is an error with its reason.
        threads: Cores to use; by default all that this process may use.
        overwrite: Replace an output that exists.
        part_size: Pictures that are written at a time, and lost at most by a kill.
        on_progress: Called at the beginning and after each part with the number of pictures done and of all; what it
            raises ends the run, which may be gone on with later.

    Returns:
        The counts.

    Raises:
        UsageError: A path leads nowhere, an option does not fit, the output exists or was begun differently.
        SourceError: A table can't be understood.
        BundleError: There is no such bundle, or it is damaged.
    """
    chosen = _choose_format(Path(output), TAG_FORMATS)
    opened = bundle if isinstance(bundle, Bundle) else Bundle.open(bundle)
    workers = _count_workers(threads)
    changes = {
        "--fields": list(options.fields),
        "--top-k": options.top_k,
        "--min-confidence": options.min_confidence,
        "--by": options.by,
        "--map": options.names.to_json(),
        "bytes a picture": limits.max_bytes,
        "pixels a picture": limits.max_pixels,
    }
    if listing.product_pattern is not None and options.by != "product":
        raise UsageError("--product-pattern says which product a picture shows, but only --by product asks for it")
    job = _Job(
        "tagging", list(map(str, paths)), Path(output), chosen, opened, listing, changes,
        lambda: TagMapper(opened, options, limits), workers, options.by == "product",
        on_progress or (lambda done, total: None),
    )  # fmt: skip
    return _run(job, overwrite=overwrite, part_size=part_size)


def embed_files(
    paths: Sequence[str | Path],
    output: Path,
    *,
    bundle: Bundle | Path | str | None = None,
    listing: ListingOptions = ListingOptions(),  # noqa: B008  (frozen)
    threads: int | None = None,
    overwrite: bool = False,
    part_size: int = PART,
) -> Summary:
    """Embed the pictures that some paths lead to, and write the vectors with their ids.

    Args:
        paths: As for `tag_files`.
        output: A path that ends in .parquet (``item_id``, ``image``, ``vector``, ``fingerprint``), or in .npy, which
            gets ``STEM.json`` beside it (``fingerprint``, ``item_id``, ``image``).
        bundle: A bundle or its folder; by default the one that modiste ships.
        listing: How tables are read.
        threads: Cores to use; by default all that this process may use.
        overwrite: Replace an output that exists.
        part_size: Pictures that are written at a time, and lost at most by a kill.

    Returns:
        The counts; nothing is doubtful.

    Raises:
        UsageError: A path leads nowhere, the output exists or was begun differently.
        SourceError: A table can't be understood.
        BundleError: There is no such bundle, or it is damaged.
    """
    chosen = _choose_format(Path(output), VECTOR_FORMATS)
    opened = bundle if isinstance(bundle, Bundle) else Bundle.open(bundle)
    workers = _count_workers(threads)
    job = _Job(
        "embedding", list(map(str, paths)), Path(output), chosen, opened, listing, {},
        lambda: EmbedMapper(opened), workers,
    )  # fmt: skip
    return _run(job, overwrite=overwrite, part_size=part_size)


def _choose_format(output: Path, formats: Sequence[Format]) -> Format:
    if output.is_dir():
        raise UsageError(f"{output} is a folder; give the name of a file, such as {output / 'tags'}{formats[0].suffix}")
    return find_format(output, formats)


def _count_workers(threads: int | None) -> int:
    if threads is not None and threads < 1:
        raise UsageError(f"--threads is {threads}; expected 1 or more")
    return threads or count_cores()


def _run(job: _Job, *, overwrite: bool, part_size: int) -> Summary:
    start = time.perf_counter()
    # Before the listing: a wrong option should be told at once.
    mapper = job.make_mapper()
    errors, names = job.output.with_suffix(".errors.csv"), job.output.with_suffix(".json")
    with Workspace(job.output, (errors, *([names] if job.format.has_names_beside else []))) as workspace:
        items = workspace.begin(job.describe(part_size), lambda: _list(job), overwrite=overwrite)
        parts = split_parts(items, part_size, keep_products=job.by_product)
        todo = [part for part in parts if not workspace.is_done(part.number)]
        resumed = items.height - sum(part.stop - part.start for part in todo)
        done = resumed
        job.on_progress(done, items.height)
        with show_progress(items.height, done=resumed, label=job.label) as advance:
            for result in run_parts(items, todo, mapper, threads=job.threads, advance=advance):
                workspace.write_part(result.part.number, result.rows, result.errors)
                done += result.part.stop - result.part.start
                job.on_progress(done, items.height)
        found = workspace.find_parts(len(parts))
        failed = workspace.find_parts(len(parts), errors=True)
        counts = _count(found, failed)
        workspace.finish(_assemble(job, workspace.folder, found, failed))
    seconds = time.perf_counter() - start
    return Summary(items.height, *counts, resumed, seconds, job.output, errors)


def _list(job: _Job) -> pl.DataFrame:
    items = list_items(job.paths, job.listing)
    job.format.check_rows(items.height)
    return order_by_product(items) if job.by_product else items


def _assemble(job: _Job, folder: Path, found: list[Path], failed: list[Path]) -> Iterator[tuple[Path, Path]]:
    """Write the final files into the folder; yield each with its place, the output itself last."""
    errors, names, output = folder / "errors.csv", folder / "output.json", folder / f"output{job.format.suffix}"
    write_csv(failed, errors)
    job.format.write(found, output)
    if job.format.has_names_beside:
        write_names(found, names, fingerprint=job.bundle.fingerprint)
        yield names, job.output.with_suffix(".json")
    yield errors, job.output.with_suffix(".errors.csv")
    yield output, job.output


def _count(found: list[Path], failed: list[Path]) -> tuple[int, int, int]:
    """Return the numbers of rows, of errors and of doubtful rows."""
    rows, doubtful = 0, 0
    for part in found:
        table = pl.scan_parquet(part)
        rows += table.select(pl.len()).collect().item()
        if "doubtful" in table.collect_schema():
            doubtful += table.select(pl.col("doubtful").sum()).collect().item()
    return rows, sum(pl.scan_parquet(part).select(pl.len()).collect().item() for part in failed), doubtful
