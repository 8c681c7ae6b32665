"""The same picture at another size or compressed again, told apart from another product that looks nearly the same.

Two pictures are near copies if five measures all stay within their limits:

- the mean lightness and the mean colour differences of every cell of an 8 x 8 grid: copies keep both, however much they
  are compressed; a product in another colour, or with another print, keeps its outline only;
- the squared difference of the 32 x 32 thumbnails, as a share of what their own neighbouring pixels differ by: resizing
  moves edges a little, which matters where there are many;
- the bits of the perceptual hash (`hash_thumbnails`);
- the embeddings of the bundle. A network sees small things, so the limit is generous: half of the copies that were
  scaled to 0.5 to 2 times their size reach .977, one in a hundred stays below .6.

The candidates, all pairs whose grids differ by little, are found exactly, by blocked matrix products. The limits were
chosen on a tenth of the Kaggle set with planted copies (``modiste bench accept checking`` measures them on the whole).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.collect.checking.examination import Examination
from modiste.collect.checking.findings import Finding, build_findings
from modiste.collect.checking.groups import join_pairs, list_members
from modiste.collect.checking.neighbours import find_close_pairs
from modiste.imaging.perceptual import average_cells, count_differing_bits

__all__ = ["NearLimits", "NearPairs", "find_near_copies", "find_near_pairs"]

_CHUNK = 4096  # pairs that are measured at a time


@dataclass(frozen=True)
class NearLimits:
    """How far two copies of one picture may differ.

    Args:
        cells: Root mean square difference of the grids, in levels of 255; what is above is no candidate.
        lightness: Largest difference of a cell's lightness, in levels.
        colour: Largest difference of a cell's Cb or Cr, in levels.
        detail: Squared difference of the thumbnails by the smaller of their own squared gradients.
        bits: Differing bits of the perceptual hash, of 64.
        similarity: Least dot product of the embeddings, in [-1, 1].
    """

    cells: float = 4.0
    lightness: float = 9.0
    colour: float = 8.0
    detail: float = 0.08
    bits: int = 8
    similarity: float = 0.3


@dataclass(frozen=True)
class NearPairs:
    """Pairs of rows that are near copies.

    Args:
        pairs: int64 [pairs, 2], the smaller row first.
        scores: float64 [pairs] in [0, 1]: 1 less the largest share of any limit that is used up, so 1 is equality.
        similarities: float32 [pairs]: dot products of the embeddings.
        bits: uint8 [pairs]: differing bits of the perceptual hashes.
    """

    pairs: NDArray[np.int64]
    scores: NDArray[np.float64]
    similarities: NDArray[np.float32]
    bits: NDArray[np.uint8]


def find_near_pairs(
    examination: Examination,
    candidates: NDArray[np.bool_],
    *,
    limits: NearLimits = NearLimits(),
) -> NearPairs:
    """Find the pairs of items that show the same picture.

    Args:
        examination: Of the pictures.
        candidates: bool [n]; the rows to compare. Leave out what can't be read, what is blank, and all but one of
            exact copies, which would be compared again and again.
        limits: How far copies may differ.

    Returns:
        The pairs, in order of rows.
    """
    rows = np.flatnonzero(candidates)
    cells = average_cells(examination.thumbnails[rows])  # [candidates, 64, 3]
    flat = cells.reshape(len(rows), -1)
    found = find_close_pairs(flat, limits.cells * flat.shape[1] ** 0.5)
    told = list(_measure_chunks(examination, rows, cells, found, limits))
    empty = (np.empty((0, 2), np.int64), np.empty(0), np.empty(0, np.float32), np.empty(0, np.uint8))
    return NearPairs(*(np.concatenate(parts) for parts in zip(empty, *told, strict=True)))


def _measure_chunks(
    examination: Examination,
    rows: NDArray[np.int64],
    cells: NDArray[np.float32],
    found: NDArray[np.int64],
    limits: NearLimits,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float32], NDArray[np.uint8]]]:
    for start in range(0, len(found), _CHUNK):
        chunk = found[start : start + _CHUNK]
        differences = np.abs(cells[chunk[:, 0]] - cells[chunk[:, 1]]).max(axis=1)  # [pairs, 3]
        near = (differences[:, 0] <= limits.lightness) & (differences[:, 1:].max(axis=1) <= limits.colour)
        differences, pairs = differences[near], rows[chunk[near]]
        left, right = pairs[:, 0], pairs[:, 1]
        detail = _compare_detail(examination.thumbnails[left], examination.thumbnails[right])
        bits = count_differing_bits(examination.hashes[left], examination.hashes[right])
        similarities = np.einsum("nd,nd->n", examination.vectors[left], examination.vectors[right])
        used = np.stack(
            [
                differences[:, 0] / limits.lightness,
                differences[:, 1:].max(axis=1, initial=0) / limits.colour,
                detail / limits.detail,
                bits / limits.bits,
                (1 - similarities) / (1 - limits.similarity),
            ]
        ).max(axis=0)
        kept = used <= 1
        yield pairs[kept], 1 - used[kept].clip(0), similarities[kept], bits[kept]


def _compare_detail(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the squared difference of thumbnails [n] as a share of the smaller of their squared gradients."""
    first, second = left.astype(np.float32), right.astype(np.float32)
    difference = np.square(first - second).sum(axis=(1, 2, 3), dtype=np.float64)
    gradients = np.minimum(_square_gradients(first), _square_gradients(second))
    return np.asarray(difference / np.maximum(gradients, 1.0))


def _square_gradients(thumbnails: NDArray[np.float32]) -> NDArray[np.float64]:
    down = np.square(np.diff(thumbnails, axis=1)).sum(axis=(1, 2, 3), dtype=np.float64)
    across = np.square(np.diff(thumbnails, axis=2)).sum(axis=(1, 2, 3), dtype=np.float64)
    return np.asarray(down + across)


def find_near_copies(examination: Examination, near: NearPairs, places: NDArray[np.int64]) -> pl.DataFrame:
    """Find the surplus items of each group of near copies.

    The partner is the item of the group that comes first in ``places`` where the two were compared directly, else the
    nearest one in the group.

    Args:
        examination: Of the pictures.
        near: From `find_near_pairs`.
        places: From `modiste.collect.checking.groups.rank_items`; the first of a group is kept.
    """
    ids = examination.facts["item_id"]
    links: dict[int, list[tuple[int, int]]] = {}
    for number, (left, right) in enumerate(near.pairs.tolist()):
        links.setdefault(left, []).append((right, number))
        links.setdefault(right, []).append((left, number))
    findings = []
    for rows in list_members(join_pairs(len(examination), near.pairs)):
        kept = min(rows, key=lambda row: int(places[row]))
        for row in rows:
            if row != kept:
                partner, number = _choose_link(links[row], kept, near)
                findings.append(_tell(examination, ids[row], partner, number, near))
    return build_findings("near-copy", findings)


def _choose_link(links: list[tuple[int, int]], kept: int, near: NearPairs) -> tuple[int, int]:
    return max(links, key=lambda link: (link[0] == kept, float(near.scores[link[1]])))


def _tell(examination: Examination, item_id: str, partner: int, number: int, near: NearPairs) -> Finding:
    facts = examination.facts.row(partner, named=True)
    text = (
        f"the picture of {facts['item_id']} ({facts['width']} x {facts['height']}, {facts['file_bytes']} bytes): "
        f"{near.bits[number]} of 64 hash bits differ, embeddings {near.similarities[number]:.2f} alike"
    )
    return Finding(item_id, float(near.scores[number]), text, partner=facts["item_id"])
