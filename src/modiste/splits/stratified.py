"""Parts in which every stratum has its share: by independent shares, or with exact totals as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from modiste.splits.apportion import apportion, round_table
from modiste.splits.hashing import encode_keys, order_ids

__all__ = ["check_shares", "make_proportional_parts", "make_stratified_parts"]

_SLACK = 1e-9


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
    codes, names = encode_keys(strata)
    sizes = np.bincount(codes, minlength=len(names))
    reached = np.cumsum(np.array(list(fractions.values()), dtype=np.float64))
    stops = (reached * sizes[:, None] + 0.5).astype(np.int64)  # [strata, parts]
    table = np.diff(stops, axis=1, prepend=0)
    return _deal(item_ids, codes, table, [*fractions], seed)


def make_proportional_parts(
    item_ids: Sequence[str], strata: Sequence[str | None], shares: Mapping[str, float], *, seed: int
) -> list[str]:
    """Divide items so that each part has its share of all of them and of every stratum, to less than one item.

    The totals of the parts are apportioned by the largest remainders, of equal ones the later part's; then the table
    of strata and parts is rounded so that rows and columns add up, and no cell is a whole item off (controlled
    rounding: Cox, "A Constructive Procedure for Unbiased Controlled Rounding", JASA 1987, by augmenting paths). Which
    items of a stratum go where follows from the hashes of their ids.

    Args:
        item_ids: The ids; the order in which they come does not matter.
        strata: One stratum an id, such as its article type; null is a stratum too.
        shares: Part -> share, in (0, 1]; together 1.
        seed: Another seed gives another assignment.

    Returns:
        One part an id.

    Raises:
        ValueError: The shares do not add up to 1, or ids and strata differ in number.

    Example:
        >>> ids, halves = [str(i) for i in range(6)], {"train": 0.5, "test": 0.5}
        >>> sorted(make_proportional_parts(ids, ["x"] * 4 + ["y"] * 2, halves, seed=0)[:4])
        ['test', 'test', 'train', 'train']
    """
    check_shares(shares)
    if len(item_ids) != len(strata):
        raise ValueError(f"expected one stratum an id; given {len(item_ids)} ids and {len(strata)} strata")
    codes, names = encode_keys(strata)
    sizes = np.bincount(codes, minlength=len(names))
    wanted = sizes[:, None] * np.array(list(shares.values()))  # [strata, parts]
    table = round_table(wanted, sizes, apportion(len(item_ids), list(shares.values())))
    return [part for part in _deal(item_ids, codes, table, [*shares], seed) if part is not None]


def check_shares(shares: Mapping[str, float]) -> None:
    """Refuse shares that are not in (0, 1] or do not add up to 1.

    Raises:
        ValueError: The text says what they add up to.
    """
    total = sum(shares.values())
    if not shares or not all(0 < share <= 1 for share in shares.values()) or abs(total - 1) > _SLACK * len(shares):
        raise ValueError(f"shares lie in (0, 1] and add up to 1; given {dict(shares)}, which add up to {total:g}")


def _deal(
    item_ids: Sequence[str], codes: NDArray[np.int64], table: NDArray[np.int64], parts: Sequence[str], seed: int
) -> list[str | None]:
    """Give each part the next items of each stratum, as many as the table says, in the order of the ids' hashes."""
    order = np.lexsort((order_ids(item_ids, seed=seed), codes))
    starts = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=len(table)))])[:-1]
    place = np.arange(len(order)) - starts[codes[order]]  # within its stratum
    stops = np.cumsum(table, axis=1)[codes[order]]  # [n, parts]
    chosen = np.empty(len(order), dtype=np.int64)
    chosen[order] = (place[:, None] >= stops).sum(axis=1)
    names: list[str | None] = [*parts, None]
    return [names[part] for part in chosen.tolist()]
