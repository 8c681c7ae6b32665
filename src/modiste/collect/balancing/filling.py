"""Small classes filled up to a number by augmented copies: real picture files in a zip, with their provenance."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import polars as pl

from modiste.collect.balancing.augmenting import augment_picture, draw_augmentation, encode_jpeg
from modiste.collect.balancing.oversampling import append_copies, plan_copies
from modiste.errors import PictureError
from modiste.imaging import PictureSource, decode_picture, join_reference
from modiste.manifest import COPY_OF, META, Manifest
from modiste.splits import hash_id

__all__ = ["AUGMENTATION", "Filling", "count_missing", "fill_classes"]

AUGMENTATION = META + "augmentation"
_BATCH = 64
_THREADS = 4
_DATE = (1980, 1, 1, 0, 0, 0)  # the same copies make the same file
_SEED_DIGITS = 12


@dataclass(frozen=True)
class Filling:
    """A filled data set.

    Args:
        manifest: The items and their augmented copies.
        problems: Item id -> why its picture can't be read; other items of its class were copied instead.
    """

    manifest: Manifest
    problems: dict[str, str] = field(default_factory=dict)


class _Copy(NamedTuple):
    item_id: str
    source: str
    file: bytes | None
    told: str  # what was done, or why nothing could be done


def fill_classes(
    manifest: Manifest,
    name: str,
    count: int,
    pictures: Path,
    *,
    part: str | None = None,
    seed: int = 1,
    advance: Callable[[int], None] | None = None,
) -> Filling:
    """Fill small classes up by augmented copies.

    Each copy is a JPEG file in a zip. Its row has ``meta.copy_of``, the id of its source, and ``meta.augmentation``,
    what was done; title, product, part and labels are its source's. A box is cut out first. Copies stay in the part
    of their source and are never judged.

    Args:
        manifest: The items.
        name: A single field; items without a value are not copied.
        count: Items a class; classes that have more stay as they are.
        pictures: The zip to write, whole or not at all.
        part: Only this part is counted and copied; by default ``train`` where there is such a part, else all.
        seed: Another seed draws other augmentations.
        advance: Called with the number of pictures just made.

    Returns:
        The items and copies; without copies no file is written.

    Raises:
        UsageError: The count is below 1, no item is in the part, or the items have several values.
    """
    waiting = pictures.with_name(pictures.name + ".part")
    problems: dict[str, str] = {}
    filled, made = manifest, 0
    try:
        with zipfile.ZipFile(waiting, "w", zipfile.ZIP_STORED) as archive:
            # Once more for the classes in which a picture could not be read.
            while rows := _plan(filled, name, count, part, seed, problems):
                copies = append_copies(filled, filled.items[rows]).items.tail(len(rows))
                written = dict(_write_copies(archive, copies, made, seed, problems, advance or _ignore))
                made += len(written)
                filled = _append_written(filled, copies, written, pictures)
        if made:
            waiting.replace(pictures)
    finally:
        waiting.unlink(missing_ok=True)
    return Filling(filled, problems)


def count_missing(manifest: Manifest, name: str, count: int, *, part: str | None = None) -> int:
    """Return how many copies `fill_classes` will make."""
    return len(_plan(manifest, name, count, part, 0, {}))


def _plan(
    manifest: Manifest, name: str, count: int, part: str | None, seed: int, problems: dict[str, str]
) -> list[int]:
    plan = plan_copies(manifest, name, count=count, part=part, seed=seed, without=problems)
    return [row for rows in plan.values() for row in rows]


def _write_copies(
    archive: zipfile.ZipFile,
    copies: pl.DataFrame,
    first: int,
    seed: int,
    problems: dict[str, str],
    advance: Callable[[int], None],
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Write the copies that can be made; yield the id of each with its member's name and what was done."""
    number = first
    for copy in _make_copies(copies, seed):
        advance(1)
        if copy.file is None:
            problems[copy.source] = copy.told
            continue
        member = f"{number:07}.jpg"
        archive.writestr(zipfile.ZipInfo(member, _DATE), copy.file)
        yield copy.item_id, (member, copy.told)
        number += 1


def _make_copies(copies: pl.DataFrame, seed: int) -> Iterator[_Copy]:
    rows = copies.select("item_id", COPY_OF, "image", "box").rows()
    with PictureSource() as source, ThreadPoolExecutor(_THREADS, "modiste-augment") as pool:
        for start in range(0, len(rows), _BATCH):
            yield from pool.map(lambda row: _make_copy(source, *row, seed=seed), rows[start : start + _BATCH])


def _make_copy(
    source: PictureSource, item_id: str, copy_of: str, image: str, box: list[float] | None, *, seed: int
) -> _Copy:
    area = None if box is None else (box[0], box[1], box[2], box[3])
    try:
        picture = decode_picture(source.read(image), box=area)
    except PictureError as error:
        return _Copy(item_id, copy_of, None, str(error))
    change = draw_augmentation(int(hash_id(item_id)[:_SEED_DIGITS], 16), seed=seed)
    return _Copy(item_id, copy_of, encode_jpeg(augment_picture(picture, change)), change.describe())


def _append_written(
    manifest: Manifest, copies: pl.DataFrame, written: dict[str, tuple[str, str]], pictures: Path
) -> Manifest:
    """Put the copies that were written behind the items, with their own pictures."""
    copies = copies.filter(pl.col("item_id").is_in([*written]))
    told = [written[item_id] for item_id in copies["item_id"]]
    copies = copies.with_columns(
        pl.Series("image", [join_reference(pictures, member) for member, _ in told], dtype=pl.String),
        pl.Series(AUGMENTATION, [text for _, text in told], dtype=pl.String),
        pl.lit(None, dtype=pl.List(pl.Float64)).alias("box"),
    )
    joined = pl.concat([manifest.items, copies], how="diagonal")
    return Manifest(manifest.taxonomy, joined, manifest.problems, manifest.opinions, manifest.rows)


def _ignore(count: int) -> None:
    """Take no notice."""
