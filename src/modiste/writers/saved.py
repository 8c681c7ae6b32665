"""A manifest as modiste keeps it: every table, the pictures left where they lie."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from modiste.imaging import join_reference, split_reference
from modiste.manifest import Manifest
from modiste.readers.cells import is_url
from modiste.writers.base import Keeps, Prepared, Writer, WriterOptions
from modiste.writers.job import Job

__all__ = ["SAVED"]


def _prepare(manifest: Manifest, options: WriterOptions, name: str) -> Prepared:
    return Prepared(manifest, tuple(range(len(manifest))))


def _write(prepared: Prepared, job: Job) -> None:
    manifest = prepared.manifest
    images = pl.Series("image", [_make_absolute(image) for image in manifest.items["image"]], pl.String)
    items = manifest.items.with_columns(images)
    Manifest(manifest.taxonomy, items, manifest.problems, manifest.opinions, manifest.rows).write(job.target)
    job.count_written(len(items))


def _make_absolute(image: str) -> str:
    """Return a reference that holds in every folder that a later command is called from."""
    if is_url(image):
        return image
    path, members = split_reference(image)
    return join_reference(Path.cwd() / path, *members)


SAVED = Writer(
    name="manifest",
    description="A manifest, as modiste keeps it: every table; the pictures stay where they lie",
    reader="manifest",
    keeps=Keeps(pictures="left where they lie"),
    prepare=_prepare,
    write=_write,
)
