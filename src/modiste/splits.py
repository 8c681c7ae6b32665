"""Which items train, which choose, which judge: stratified parts, published splits, and split files of hashed ids.

A split file names every item of a part by a hash of its id, so that it can be committed and checked by anybody who
has the data, and tells nothing to somebody who has not:

    item,split
    1f0d2c...,test
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from modiste.errors import SourceError
from modiste.manifest import Manifest

__all__ = [
    "apply_split_file",
    "extend_published_split",
    "hash_id",
    "list_recipe_folders",
    "make_stratified_parts",
    "read_published_split",
    "write_split_file",
]

_DIGITS = 16


def hash_id(item_id: str, *, salt: str = "") -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of an id.

    Args:
        item_id: The id.
        salt: Put before the id; another salt gives an unrelated order.

    Example:
        >>> hash_id("1163")
        '998bae6a40b82ac1'
    """
    return hashlib.sha256(f"{salt}{item_id}".encode()).hexdigest()[:_DIGITS]


def make_stratified_parts(
    item_ids: Sequence[str], strata: Sequence[str | None], fractions: Mapping[str, float], *, seed: int
) -> list[str | None]:
    """Assign a fraction of every stratum to each named part, by the order of the ids' hashes.

    Args:
        item_ids: The ids; the order in which they come does not matter.
        strata: One stratum an id, such as its article type; null is a stratum too.
        fractions: Part -> share of every stratum, in (0, 1); together at most 1. Each share is rounded to the
            nearest count, half away from zero, so a stratum of three gives none to a part of 15 %.
        seed: Another seed gives another assignment.

    Returns:
        One part an id, None for the ids that no part takes.

    Raises:
        ValueError: The fractions are out of range.

    Example:
        >>> make_stratified_parts(["a", "b", "c", "d"], ["x"] * 4, {"test": 0.25}, seed=0).count("test")
        1
    """
    if not all(0 < share < 1 for share in fractions.values()) or sum(fractions.values()) > 1:
        raise ValueError(f"fractions lie in (0, 1) and add up to at most 1; given: {dict(fractions)}")
    members: dict[str | None, list[int]] = {}
    for position, stratum in enumerate(strata):
        members.setdefault(stratum, []).append(position)
    parts: list[str | None] = [None] * len(item_ids)
    for positions in members.values():
        positions.sort(key=lambda position: hash_id(item_ids[position], salt=f"{seed}:"))
        start, reached = 0, 0.0
        for part, share in fractions.items():
            reached += share
            stop = int(reached * len(positions) + 0.5)
            for position in positions[start:stop]:
                parts[position] = part
            start = stop
    return parts


def list_recipe_folders() -> tuple[Path, ...]:
    """Return the folders where the recipes that modiste brings may be; their split files are in ``splits`` below.

    An installed package carries them; a checkout has them at its top.
    """
    package = Path(__file__).resolve().parent
    return package / "recipes", package.parent.parent / "recipes"


def read_published_split(path: Path) -> dict[str, str]:
    """Read a CSV with the columns ``id`` and ``split`` as a mapping of id to part.

    Raises:
        SourceError: The file is not there or lacks a column.
    """
    try:
        table = pl.read_csv(path, infer_schema=False)
        return dict(zip(table["id"], table["split"], strict=True))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"{path} is not a CSV with the columns id and split: {error}") from error


def extend_published_split(
    manifest: Manifest, published: Mapping[str, str], *, stratum: str, test: float, validation: float, seed: int
) -> dict[str, str]:
    """Make a sealed test part and a validation part around a published split.

    The test part is the published one plus a share of the items that the published split does not name; the
    validation part is a share of all that is left.

    Args:
        manifest: The data set.
        published: Item id -> part; only the part ``"test"`` counts.
        stratum: The single field by whose values shares are taken.
        test: Share of the items outside the published split, in (0, 1).
        validation: Share of the items outside the test part, in (0, 1).
        seed: Another seed gives other parts.

    Returns:
        Item id -> ``"test"`` or ``"validation"``; the rest is for training.
    """
    ids, strata = manifest.items["item_id"].to_list(), manifest.labels(stratum).to_list()
    of_item = dict(zip(ids, strata, strict=True))
    outside = [item for item in ids if item not in published]
    chosen = {item for item in ids if published.get(item) == "test"}
    chosen |= _draw(outside, of_item, test, seed)
    rest = [item for item in ids if item not in chosen]
    return dict.fromkeys(chosen, "test") | dict.fromkeys(_draw(rest, of_item, validation, seed), "validation")


def _draw(items: Sequence[str], strata: Mapping[str, str | None], share: float, seed: int) -> set[str]:
    parts = make_stratified_parts(items, [strata[item] for item in items], {"drawn": share}, seed=seed)
    return {item for item, part in zip(items, parts, strict=True) if part is not None}


def write_split_file(path: Path, parts: Mapping[str, str]) -> None:
    """Write the parts of items as hashes of their ids, sorted, whole or not at all.

    Args:
        path: The CSV file to write.
        parts: Item id -> part. Leave out the training part: an item that no line names belongs to it.
    """
    rows = sorted((part, hash_id(item)) for item, part in parts.items())
    table = pl.DataFrame({"item": [row[1] for row in rows], "split": [row[0] for row in rows]})
    waiting = path.with_name(path.name + ".part")
    table.write_csv(waiting)
    waiting.replace(path)


def apply_split_file(manifest: Manifest, path: Path, *, rest: str = "train") -> Manifest:
    """Return the manifest with the parts that a split file gives; items it does not name belong to ``rest``.

    Raises:
        SourceError: The file is not a split file.
    """
    try:
        table = pl.read_csv(path, schema={"item": pl.String, "split": pl.String})
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"{path} is not a split file (a CSV with the columns item and split): {error}") from error
    parts = dict(zip(table["item"], table["split"], strict=True))
    split = [parts.get(hash_id(item), rest) for item in manifest.items["item_id"]]
    items = manifest.items.with_columns(pl.Series("split", split, dtype=pl.String))
    return Manifest(manifest.taxonomy, items, manifest.problems, manifest.opinions)
