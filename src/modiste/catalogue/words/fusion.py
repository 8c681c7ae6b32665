"""Rank fusion: one list out of several whose scores can't be compared."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Final

from modiste.errors import UsageError

__all__ = ["FUSION_K", "fuse_ranks", "sum_ranks"]

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
    scores = sum_ranks(lists, [1.0] * len(lists) if weights is None else weights, constant=constant)
    return sorted(scores.items(), key=itemgetter(1), reverse=True)


def sum_ranks(
    lists: Sequence[Sequence[str]], weights: Sequence[float], *, constant: int = FUSION_K
) -> dict[str, float]:
    """Return the scores that `fuse_ranks` orders by, those of an earlier list first, and takes the same.

    Example:
        >>> sum_ranks([["a", "b"], ["b"]], [1, 1], constant=0)
        {'a': 1.0, 'b': 1.5}
    """
    if len(weights) != len(lists) or any(weight < 0 for weight in weights):
        raise UsageError(f"the weights are {list(weights)} for {len(lists)} lists; expected one a list, each 0 or more")
    scores: dict[str, float] = {}
    for weight, ranked in zip(weights, lists, strict=True):
        for rank, item in enumerate(ranked, start=1):
            scores[item] = scores.get(item, 0.0) + weight / (constant + rank)
    return scores
