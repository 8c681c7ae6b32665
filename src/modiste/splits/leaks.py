"""The leak report of a split: what two parts share, although they should know nothing of each other.

A third of a shop's products share their title with another one (colours, sizes), and some pictures are copies, byte
for byte or nearly, so a split by row measures memory too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modiste.errors import UsageError
from modiste.imaging.perceptual import find_near_hashes
from modiste.manifest import Manifest
from modiste.splits.fingerprints import Fingerprints
from modiste.splits.grouped import group_rows

__all__ = ["LeakReport", "NearLimits", "PartPair", "find_leaks"]


@dataclass(frozen=True)
class NearLimits:
    """How far two pictures may differ that count as near: resized or compressed again, hardly ever another product.

    Args:
        bits: Of the 64 of the perceptual hash, 0 to 16.
        lightness: Of the mean lightness of any of 8 x 8 cells, in levels of 255.
        colour: Of its mean Cb or Cr, in levels.

    Raises:
        UsageError: A limit is out of range.
    """

    bits: int = 4
    lightness: int = 8
    colour: int = 7

    def __post_init__(self) -> None:
        if not 0 <= self.bits <= 16 or min(self.lightness, self.colour) < 0:
            raise UsageError(f"{self} is out of range; expected 0 to 16 bits, and no limit below 0")


@dataclass(frozen=True)
class PartPair:
    """What two parts share.

    Args:
        first: The name of one part.
        second: The name of the other.
        titles: Different titles that both have, compared less the blanks around them.
        products: Different product ids that both have.
        equal_pictures: Different pictures that both have, byte for byte.
        near_pictures: Different pictures of either that look like one of the other but are not the same file.
        first_items: Items of the first part that share any of these with the second.
        second_items: Items of the second part that share any of these with the first.
    """

    first: str
    second: str
    titles: int
    products: int
    equal_pictures: int
    near_pictures: int
    first_items: int
    second_items: int


@dataclass(frozen=True)
class LeakReport:
    """What the parts of a split share.

    Args:
        sizes: Part -> items.
        pairs: One entry for each two parts.
        unread: Items whose picture could not be read; nothing is known of what they resemble.
        near: How far near pictures may differ.
    """

    sizes: dict[str, int]
    pairs: tuple[PartPair, ...]
    unread: int
    near: NearLimits

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON types."""
        return {**asdict(self), "pairs": [asdict(pair) for pair in self.pairs]}


def find_leaks(
    manifest: Manifest, parts: Sequence[str | None], fingerprints: Fingerprints, *, near: NearLimits = NearLimits()
) -> LeakReport:
    """Compare all parts of a split with each other.

    Args:
        manifest: The items; copies are left out, since they share everything with their source.
        parts: [n], one part an item, in the order of the items; items of no part are left out.
        fingerprints: Of their pictures; if they do not say what these look like, none is near another.
        near: How far near pictures may differ.

    Returns:
        The counts of each two parts, in the order in which the parts come by name.

    Raises:
        UsageError: Items and parts differ in number.
    """
    if len(parts) != len(manifest):
        raise UsageError(f"expected one part for each of {len(manifest)} items; given {len(parts)}")
    originals = set(manifest.without_copies().items["item_id"])
    rows = [
        (row, part)
        for row, (item, part) in enumerate(zip(manifest.items["item_id"], parts, strict=True))
        if part is not None and item in originals
    ]
    items = manifest.items[[row for row, _ in rows]]
    names, codes = np.unique(np.array([part for _, part in rows], dtype=str), return_inverse=True)
    digests = [fingerprints.digests.get(image) for image in items["image"]]
    columns = [
        _spread(items["title"].to_list(), codes, len(names)),
        _spread(items["product_id"].to_list(), codes, len(names)),
        _spread(digests, codes, len(names)),
        _spread_near(items["image"].to_list(), digests, codes, len(names), fingerprints, near),
    ]
    pairs = tuple(
        _compare(names.tolist(), codes, columns, first, second) for first, second in combinations(range(len(names)), 2)
    )
    sizes = dict(zip(names.tolist(), np.bincount(codes, minlength=len(names)).tolist(), strict=True))
    return LeakReport(sizes, pairs, sum(digest is None for digest in digests), near)


@dataclass(frozen=True)
class _Spread:
    """The key of each item, and in which parts a key or something like it occurs."""

    keys: NDArray[np.int64]  # [items]
    own: NDArray[np.bool_]  # [keys, parts]
    like: NDArray[np.bool_]  # [keys, parts]


def _spread(keys: Sequence[str | None], codes: NDArray[np.int64], count: int) -> _Spread:
    numbers = group_rows(keys)
    own = np.zeros((int(numbers.max(initial=-1)) + 1, count), dtype=np.bool_)
    own[numbers, codes] = True
    return _Spread(numbers, own, own)


def _spread_near(
    images: Sequence[str],
    digests: Sequence[str | None],
    codes: NDArray[np.int64],
    count: int,
    fingerprints: Fingerprints,
    near: NearLimits,
) -> _Spread:
    """Find for each different file the parts that hold another file which looks like it."""
    exact = _spread(digests, codes, count)
    looks = fingerprints.looks
    seen = {key: looks[image] for image, key in zip(images, exact.keys.tolist(), strict=True) if image in looks}
    like = np.zeros(exact.own.shape, dtype=np.bool_)
    if seen:
        files = np.array([*seen], dtype=np.int64)
        cells = np.stack([look.cells.ravel() for look in seen.values()]).astype(np.int16)  # [files, 192]
        limits = np.tile(np.array([near.lightness, near.colour, near.colour], np.int16), cells.shape[1] // 3)
        hashes = np.array([look.hash for look in seen.values()], dtype=np.uint64)
        for left, right in find_near_hashes(hashes, near.bits):
            alike = (np.abs(cells[left] - cells[right]) <= limits).all(axis=1)
            np.logical_or.at(like, files[left[alike]], exact.own[files[right[alike]]])
            np.logical_or.at(like, files[right[alike]], exact.own[files[left[alike]]])
    return _Spread(exact.keys, exact.own, like)


def _compare(
    names: Sequence[str], codes: NDArray[np.int64], columns: Sequence[_Spread], first: int, second: int
) -> PartPair:
    titles, products, equal, near = columns
    alike = (near.own[:, first] & near.like[:, second]) | (near.own[:, second] & near.like[:, first])

    def count_shared(table: _Spread) -> int:
        return int((table.own[:, first] & table.own[:, second]).sum())

    def count_items(here: int, there: int) -> int:
        return int(np.any([table.like[table.keys, there] for table in columns], axis=0)[codes == here].sum())

    return PartPair(
        first=names[first],
        second=names[second],
        titles=count_shared(titles),
        products=count_shared(products),
        equal_pictures=count_shared(equal),
        near_pictures=int(alike.sum()),
        first_items=count_items(first, second),
        second_items=count_items(second, first),
    )
