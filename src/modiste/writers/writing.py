"""From a manifest to files in another format: whole or not at all, with a table of what could not be read."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import polars as pl

from modiste.errors import SourceError, UsageError
from modiste.imaging import split_reference
from modiste.imaging.limits import DecodeLimits
from modiste.manifest import Manifest
from modiste.readers import ReaderOptions
from modiste.readers.cells import is_url
from modiste.writers.base import Loss, Prepared, Writer, WriterOptions
from modiste.writers.job import ERROR_SCHEMA, Job
from modiste.writers.losses import list_losses, prepare_manifest
from modiste.writers.registry import find_writer

__all__ = ["MARK", "Written", "check_target", "write_dataset"]

MARK = ".modiste.json"
"""A hidden file in every folder that a writer made: which format it is, and how it is read."""


@dataclass(frozen=True)
class Written:
    """What `write_dataset` did.

    Args:
        path: The output.
        reader: The name of the reader that reads it back.
        reading: What to tell that reader.
        items: How many items were written.
        failed: How many are missing because their picture can't be read.
        errors: The table of those (``item_id``, ``image``, ``reason``); it is there only if some failed.
        losses: What the format could not keep.
    """

    path: Path
    reader: str
    reading: ReaderOptions
    items: int
    failed: int
    errors: Path
    losses: tuple[Loss, ...]


def write_dataset(
    manifest: Manifest,
    path: Path | str,
    *,
    format: str,
    options: WriterOptions | None = None,
    overwrite: bool = False,
    limits: DecodeLimits = DecodeLimits(),  # noqa: B008  (frozen)
    progress: Callable[[int], None] = lambda count: None,
) -> Written:
    """Write a data set in another format, whole or not at all.

    Pictures are read one by one where they lie, in folders or archives, and copied byte for byte where the format
    holds files. One that can't be read is left out and listed in ``PATH.errors.csv``.

    Args:
        manifest: The data set.
        path: The folder, or for a table the file, to write.
        format: The name of a writer (`list_writers`).
        options: What the writer is told.
        overwrite: Replace what a writer wrote there before, or a table; anything else is never replaced.
        limits: The largest picture file that is copied.
        progress: Told how many pictures were just done.

    Returns:
        What was written, and how to read it back.

    Raises:
        UnknownNameError: There is no such writer.
        UsageError: The format can't hold this manifest at all, or ``path`` can't be written.
        SourceError: Not one picture can be read.

    Example:
        >>> from modiste.readers import read_source
        >>> from modiste.synthetic import write_shop
        >>> with tempfile.TemporaryDirectory() as name:
        ...     shop = write_shop(Path(name) / "shop", count=3, size=(30, 40))
        ...     written = write_dataset(read_source(shop), Path(name) / "shop.csv", format="table")
        ...     again = read_source(written.path, reader=written.reader, options=written.reading)
        >>> len(again), written.failed
        (3, 0)
    """
    writer, options, path = find_writer(format), options or WriterOptions(), Path(path)
    check_target(manifest, path, writer, overwrite=overwrite)
    prepared = prepare_manifest(manifest, writer, options, name=path.name)
    losses = tuple(list_losses(manifest, prepared, writer, options))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", suffix=".part", dir=path.parent) as folder:
            job = Job(Path(folder) / path.name, options, limits=limits, progress=progress)
            _write_all(writer, prepared, job)
            _mark(Path(folder), writer, prepared)
            _put_in_place(Path(folder), path)
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror or error}; choose another place") from error
    errors = path.with_name(path.name + ".errors.csv")
    _write_errors(_name_as_given(job.errors, manifest, prepared), errors)
    root = prepared.reading.root
    reading = prepared.reading if root is None else replace(prepared.reading, root=path.with_name(root.name))
    return Written(path, writer.reader, reading, job.written, len(job.errors), errors, losses)


def check_target(manifest: Manifest, path: Path, writer: Writer, *, overwrite: bool) -> None:
    """Raise UsageError if a path is not where this format may be written; nothing is changed.

    Args:
        manifest: The data set, none of whose pictures may lie in what is replaced.
        path: The output.
        writer: The format.
        overwrite: Whether an output that is there may be replaced.
    """
    if writer.suffixes and path.suffix.lower() not in writer.suffixes:
        raise UsageError(f"{path} does not end like {writer.name}: {' '.join(writer.suffixes)}")
    if not len(manifest):
        raise UsageError("there is no item to write; look at the source with: modiste data inspect SOURCE")
    for taken in filter(Path.exists, _list_outputs(path, writer)):
        if not overwrite:
            raise UsageError(f"{taken} exists already; choose another name, or add --overwrite to replace it")
        if taken.is_dir() and not (taken / MARK).is_file():
            raise UsageError(f"{taken} was not written by modiste, so it is not replaced; remove it yourself")
        if _holds_pictures_of(manifest, taken):
            raise UsageError(f"pictures of the source lie in {taken}, which would be replaced; choose another name")


def _list_outputs(path: Path, writer: Writer) -> list[Path]:
    return [path, *writer.list_beside(path)]


def _holds_pictures_of(manifest: Manifest, folder: Path) -> bool:
    whole = folder.resolve()
    files = {split_reference(image)[0] for image in manifest.items["image"] if not is_url(image)}
    return any(whole in (file.resolve(), *file.resolve().parents) for file in files)


def _write_all(writer: Writer, prepared: Prepared, job: Job) -> None:
    writer.write(prepared, job)
    if not job.written:
        reason = job.errors[0][2] if job.errors else "no picture"
        raise SourceError(f"not one of {len(prepared.rows)} pictures can be read: {reason} ({job.errors[0][1]})")


def _mark(folder: Path, writer: Writer, prepared: Prepared) -> None:
    told = {name: value for name, value in asdict(prepared.reading).items() if name in prepared.reading.given()}
    text = json.dumps(
        {"format": writer.name, "reader": writer.reader, "options": told}, ensure_ascii=False, indent=1, default=str
    )
    for made in folder.iterdir():
        if made.is_dir():
            (made / MARK).write_text(text, encoding="utf-8")


def _put_in_place(folder: Path, path: Path) -> None:
    """Move what was made to where it belongs, the output itself last; what was there before goes only then."""
    made = sorted(folder.iterdir(), key=lambda item: item.name == path.name)
    old = folder / "replaced"
    old.mkdir()
    try:
        for item in made:
            place = path.with_name(item.name)
            if place.is_dir():
                place.rename(old / item.name)
            item.replace(place)
    except OSError:
        for item in old.iterdir():
            item.rename(path.with_name(item.name))
        raise


def _name_as_given(
    errors: Sequence[tuple[str, str, str]], manifest: Manifest, prepared: Prepared
) -> list[tuple[str, str, str]]:
    """Return the errors with the ids that the user knows rather than those of the new format."""
    given = manifest.items["item_id"][list(prepared.rows)]
    known = dict(zip(prepared.manifest.items["item_id"], given, strict=True))
    return [(known[item_id], image, reason) for item_id, image, reason in errors]


def _write_errors(errors: Sequence[tuple[str, str, str]], path: Path) -> None:
    path.unlink(missing_ok=True)
    if errors:
        part = path.with_name(f".{path.name}.part")
        pl.DataFrame(errors, schema=ERROR_SCHEMA, orient="row").write_csv(part)
        part.replace(path)
