"""Rank fusion: one list out of several whose scores can't be compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from modiste.errors import UsageError

__all__ = ["FUSION_K", "fuse_ranks"]

FUSION_K: Final = 60  # how much the very first ranks stand out; the value of the paper


def fuse_ranks(
    lists: Sequence[Sequence[str]], *, weights: Sequence[float] | None = None, constant: int = FUSION_K
) -> list[tuple[str, float]]:
    """Fuse ranked lists: an item scores the sum of ``weight / (constant + rank)`` over the lists that have it.

    Args:
        lists: Item ids, best first, each list without doubles.
        weights: One a list, 0 or more; by default all 1.
        constant: 60 in the paper.

    Returns:
        Every item with its score, best first; of equal ones the one that an earlier list ranks higher.

    Raises:
        UsageError: There are more or fewer weights than lists, or one is negative.

    Reference:
        Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning
        Methods", SIGIR 2009.

    Example:
        >>> [item for item, score in fuse_ranks([["a", "b", "c"], ["c", "b"]])]
        ['c', 'b', 'a']
    """
    shares = [1.0] * len(lists) if weights is None else list(weights)
    if len(shares) != len(lists) or any(share < 0 for share in shares):
        raise UsageError(f"the weights are {shares} for {len(lists)} lists; expected one a list, each 0 or more")
    scores: dict[str, float] = {}
    for share, ranked in zip(shares, lists, strict=True):
        for rank, item in enumerate(ranked, start=1):
            scores[item] = scores.get(item, 0.0) + share / (constant + rank)
    return sorted(scores.items(), key=lambda pair: -pair[1])
