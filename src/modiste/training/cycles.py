"""The cycles of warm restarts: how long each is, and which numbers of epochs are whole cycles."""

from __future__ import annotations

__all__ = ["check_cycles", "find_place", "list_cycles"]

_ROUNDING = 1e-9  # of an epoch: a step at a restart must not count as the end of the cycle before


def list_cycles(epochs: int, length: int, mult: int) -> list[int]:
    """Return the lengths of the cycles, the last of which is the one that holds the last epoch.

    Args:
        epochs: At least 1.
        length: Epochs of the first cycle.
        mult: A cycle is so many times as long as the one before.

    Returns:
        Epochs a cycle; they sum to ``epochs`` or, where these are not whole cycles, to more.

    Example:
        >>> list_cycles(14, 2, 2), sum(list_cycles(10, 2, 2))
        ([2, 4, 8], 14)
    """
    cycles = [length]
    while sum(cycles) < epochs:
        cycles.append(cycles[-1] * mult)
    return cycles


def find_place(done: float, length: int, mult: int) -> float:
    """Return how much of its cycle is done, in [0, 1).

    Args:
        done: Epochs done, 0 or above, not rounded.
        length: Epochs of the first cycle.
        mult: A cycle is so many times as long as the one before.

    Example:
        >>> find_place(1.0, 2, 2), find_place(4.0, 2, 2)
        (0.5, 0.5)
    """
    cycle = float(length)
    while done >= cycle - _ROUNDING:
        done -= cycle
        cycle *= mult
    return max(0.0, done) / cycle


def check_cycles(schedule: str, epochs: int, length: int | None, mult: int | None) -> None:
    """Check that cycles are named for restarts alone, and that the epochs are whole cycles.

    Raises:
        ValueError: They are not; the text names the numbers of epochs that fit.
    """
    if schedule != "restarts":
        if length is not None or mult is not None:
            raise ValueError("cycle_length and cycle_mult are of schedule = 'restarts'; leave them out, or add it")
        return
    cycles = list_cycles(epochs, length or 1, mult or 1)
    above, below = sum(cycles), sum(cycles[:-1])
    if above != epochs:
        fitting = " or ".join(str(count) for count in (below, above) if count)
        raise ValueError(
            f"epochs = {epochs} ends within a cycle of {cycles[-1]}; write epochs = {fitting}, or change "
            f"cycle_length = {cycles[0]} or cycle_mult = {mult or 1}"
        )
