"""Looking at every picture of a data set, once: sizes, digests, thumbnails and embeddings, in a folder that resumes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste import __version__
from modiste.batch.progress import show_progress
from modiste.bundle import Bundle
from modiste.collect.checking.looking import Look, look_at
from modiste.errors import UsageError
from modiste.imaging import PictureSource, split_reference
from modiste.imaging.perceptual import THUMBNAIL, hash_thumbnails
from modiste.manifest import Manifest
from modiste.runtime import Network, count_cores

__all__ = ["Examination", "examine_pictures"]

_BATCH = 32  # pictures a thread works on at a time, as in `modiste.batch`
_AHEAD = 4  # batches a thread that are under way
_PART = 2048  # pictures that are written at a time, and lost at most by a kill
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_IS_ADDRESS = "it is an address; fetch it first (modiste data fetch)"
_FACTS: dict[str, pl.DataType] = {
    "item_id": pl.String(),
    "image": pl.String(),
    "format": pl.String(),
    "width": pl.Int32(),
    "height": pl.Int32(),
    "file_bytes": pl.Int64(),
    "file_digest": pl.String(),
    "pixel_digest": pl.String(),
    "reason": pl.String(),
}


@dataclass(frozen=True)
class Examination:
    """What one look at each picture of a data set told; row by row the items of its manifest.

    Args:
        facts: One row an item: ``item_id``, ``image``, ``format``, ``width``, ``height``, ``file_bytes``,
            ``file_digest``, ``pixel_digest`` and ``reason``; see `Look`.
        thumbnails: RGB uint8 [n, 32, 32, 3]; zeros where the picture can't be read.
        vectors: float32 [n, embedding size] of unit length; zeros where the picture can't be read.
        fingerprint: Of the bundle that made the vectors.
    """

    facts: pl.DataFrame
    thumbnails: NDArray[np.uint8]
    vectors: NDArray[np.float32]
    fingerprint: str

    def __len__(self) -> int:
        return self.facts.height

    @cached_property
    def readable(self) -> NDArray[np.bool_]:
        """Whether each picture could be read and decoded: bool [n]."""
        return self.facts["reason"].is_null().to_numpy()

    @cached_property
    def hashes(self) -> NDArray[np.uint64]:
        """The perceptual hash of each picture: uint64 [n]."""
        return hash_thumbnails(self.thumbnails)


def examine_pictures(
    manifest: Manifest,
    bundle: Bundle | Path | str | None = None,
    *,
    work: Path | None = None,
    threads: int | None = None,
) -> Examination:
    """Read every picture of a data set once, and embed it.

    Args:
        manifest: The items; a box is cut out before anything else is measured.
        bundle: Whose network embeds; by default the one that modiste ships.
        work: A folder that keeps what was seen. A run that was interrupted goes on where it was, and a later one on
            the same pictures by the same bundle reads nothing again. By default nothing is kept.
        threads: Cores to use; by default all that this process may use.

    Returns:
        One row an item; what can't be read has its reason there.

    Raises:
        UsageError: There are no items, or ``threads`` is below 1.
        BundleError: There is no such bundle, or it is damaged.
    """
    if not len(manifest):
        raise UsageError("the data set has no items; modiste data inspect says what its reader left out")
    if threads is not None and threads < 1:
        raise UsageError(f"the number of threads is {threads}; expected 1 or more")
    opened = bundle if isinstance(bundle, Bundle) else Bundle.open(bundle)
    with _open_folder(work, manifest, opened) as folder:
        starts = range(0, len(manifest), _PART)
        paths = [_name_part(folder, start) for start in starts]
        todo = [start for start, path in zip(starts, paths, strict=True) if not path.exists()]
        done = len(manifest) - sum(min(_PART, len(manifest) - start) for start in todo)
        with show_progress(len(manifest), done=done, label="looking at pictures") as advance:
            _examine_parts(manifest.items, todo, opened, folder, threads or count_cores(), advance)
        return _load(paths, opened)


@contextmanager
def _open_folder(work: Path | None, manifest: Manifest, bundle: Bundle) -> Iterator[Path]:
    """Yield the folder of the parts: one of its own below the work folder for each data set and bundle."""
    if work is None:
        with tempfile.TemporaryDirectory(prefix="modiste-") as passing:
            yield Path(passing)
        return
    if work.exists() and not work.is_dir():
        raise UsageError(f"{work} is a file; --work takes the name of a folder")
    folder = work / f"{bundle.fingerprint[:12]}-{_fingerprint_pictures(manifest)[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    yield folder


def _fingerprint_pictures(manifest: Manifest) -> str:
    """Return a digest that changes with the list of pictures, and with the size or time of any of their files."""
    state = hashlib.sha256(json.dumps([__version__, _PART]).encode())
    files: dict[Path, str] = {}
    for item_id, image, box in manifest.items.select("item_id", "image", "box").iter_rows():
        path = split_reference(image)[0]
        if path not in files:
            files[path] = "" if _ADDRESS.match(image) else _describe_file(path)
        state.update(json.dumps([item_id, image, box, files[path]]).encode())
    return state.hexdigest()


def _describe_file(path: Path) -> str:
    try:
        found = os.stat(path)  # noqa: PTH116  (40,000 of them)
    except (OSError, ValueError) as error:
        return type(error).__name__
    return f"{found.st_size} {found.st_mtime_ns}"


def _examine_parts(
    items: pl.DataFrame, todo: Sequence[int], bundle: Bundle, folder: Path, threads: int, advance: Callable[[int], None]
) -> None:
    """Look at the parts that begin at some rows, and write each, whole or not at all."""
    if not todo:
        return
    network = Network(bundle, threads=1)
    with PictureSource() as source, ThreadPoolExecutor(threads, "modiste-check") as pool:
        try:
            for start in todo:
                part = items.slice(start, _PART)
                batches = [part.slice(at, _BATCH) for at in range(0, part.height, _BATCH)]
                tables = []
                for table in pool.map(lambda batch: _look_at_batch(batch, source, network), batches):
                    tables.append(table)
                    advance(table.height)
                _write_part(pl.concat(tables), _name_part(folder, start))
        finally:
            pool.shutdown(cancel_futures=True)


def _look_at_batch(batch: pl.DataFrame, source: PictureSource, network: Network) -> pl.DataFrame:
    looks = [_look(image, box, source, network) for image, box in batch.select("image", "box").iter_rows()]
    seen = [at for at, look in enumerate(looks) if look.prepared is not None]
    preprocessing = network.bundle.preprocessing
    prepared = np.empty((len(looks), preprocessing.height, preprocessing.width, 3), np.uint8)
    thumbnails = np.zeros((len(looks), THUMBNAIL, THUMBNAIL, 3), np.uint8)
    for at, look in enumerate(looks):
        if look.prepared is not None and look.thumbnail is not None:
            prepared[at], thumbnails[at] = look.prepared, look.thumbnail
    vectors = np.zeros((len(looks), network.bundle.spec.embedding_size), np.float32)
    vectors[seen] = network.run(prepared[seen]).embedding
    told = {name: [getattr(look, name) for look in looks] for name in _FACTS if name not in ("item_id", "image")}
    named = batch.select("item_id", "image").to_dict(as_series=False)
    columns = [pl.Series(name, (named | told)[name], dtype) for name, dtype in _FACTS.items()]
    columns.append(pl.Series("thumbnail", thumbnails.reshape(len(looks), -1)))
    columns.append(pl.Series("vector", vectors))
    return pl.DataFrame(columns)


def _look(image: str, box: list[float] | None, source: PictureSource, network: Network) -> Look:
    if _ADDRESS.match(image):
        return Look(None, 0, 0, 0, None, None, _IS_ADDRESS, None, None)
    area = None if box is None else (box[0], box[1], box[2], box[3])
    return look_at(image, area, source, network.bundle.preprocessing)


def _name_part(folder: Path, start: int) -> Path:
    return folder / f"{start:09}.parquet"


def _write_part(table: pl.DataFrame, path: Path) -> None:
    waiting = path.with_name(path.name + ".part")
    table.write_parquet(waiting, compression="lz4")
    waiting.replace(path)


def _load(paths: Sequence[Path], bundle: Bundle) -> Examination:
    """Read the parts; the arrays are filled part by part, so that nothing is there twice."""
    facts = [pl.read_parquet(path, columns=list(_FACTS)) for path in paths]
    rows = sum(table.height for table in facts)
    thumbnails = np.empty((rows, THUMBNAIL, THUMBNAIL, 3), np.uint8)
    vectors = np.empty((rows, bundle.spec.embedding_size), np.float32)
    start = 0
    for path in paths:
        table = pl.read_parquet(path, columns=["thumbnail", "vector"])
        stop = start + table.height
        thumbnails[start:stop] = table["thumbnail"].to_numpy().reshape(-1, THUMBNAIL, THUMBNAIL, 3)
        vectors[start:stop] = table["vector"].to_numpy()
        start = stop
    return Examination(pl.concat(facts), thumbnails, vectors, bundle.fingerprint)
