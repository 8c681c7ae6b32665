"""From folds to trainings: which part of a division trains, and which judges."""

from __future__ import annotations

from collections.abc import Mapping

from modiste.errors import UsageError

__all__ = ["hold_out", "select_run"]

_HALVES = ("half-1", "half-2")


def hold_out(folds: Mapping[str, str], fold: str) -> dict[str, str]:
    """Return the split in which one fold judges and the others train.

    Args:
        folds: Item id -> fold.
        fold: The one that judges.

    Returns:
        Item id -> ``"train"`` or ``"test"``.

    Raises:
        UsageError: No item belongs to the fold.

    Example:
        >>> hold_out({"a": "fold-1", "b": "fold-2"}, "fold-2")
        {'a': 'train', 'b': 'test'}
    """
    if fold not in folds.values():
        raise UsageError(f"no item belongs to {fold!r}; expected one of {', '.join(sorted(set(folds.values())))}")
    return {item: "test" if part == fold else "train" for item, part in folds.items()}


def select_run(replicates: Mapping[str, Mapping[str, str]], number: int) -> dict[str, str]:
    """Return one of the ten trainings of five times two halves; of each replicate, either half judges once.

    Args:
        replicates: What `draw_five_by_two` returns.
        number: 1 to 10; runs 1 and 2 are of the first replicate.

    Returns:
        Item id -> ``"train"`` or ``"test"``.

    Raises:
        UsageError: There is no such run.
    """
    runs = [(parts, half) for parts in replicates.values() for half in _HALVES]
    if not 1 <= number <= len(runs):
        raise UsageError(f"there is no run {number}; expected 1 to {len(runs)}")
    return hold_out(*runs[number - 1])
