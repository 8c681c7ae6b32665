"""What may be asked of an adaptation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from modiste.errors import UsageError

__all__ = ["AdaptSettings", "ClassWeights"]

ClassWeights = Literal["none", "sqrt", "inverse"]


@dataclass(frozen=True)
class AdaptSettings:
    """How a bundle is adapted to other labels.

    Args:
        fields: The fields of the data to learn; none named: all that have labels.
        keep: The bundle's own fields that stay beside them; None: all that the data does not redefine.
        held_out: Share of the items that only judges, where the data names no validation part; in (0, 0.9].
        folds: Parts of the other items, of which each in turn chooses and calibrates; 2 or more.
        min_count: A value with fewer items to learn from is not learnt.
        rare_as: Instead, such values become one of this name; None: their labels are masked.
        class_weights: ``"inverse"`` makes every value of a single field count alike, ``"sqrt"`` goes half the way.
        seed: Of the parts; the same seed gives the same bundle on one machine.
        threads: Cores to use; None: all.

    Raises:
        UsageError: A number is out of its range.

    Example:
        >>> AdaptSettings(keep=("gender",)).held_out
        0.2
    """

    fields: tuple[str, ...] = ()
    keep: tuple[str, ...] | None = None
    held_out: float = 0.2
    folds: int = 4
    min_count: int = 8
    rare_as: str | None = None
    class_weights: ClassWeights = "none"
    seed: int = 1
    threads: int | None = None

    def __post_init__(self) -> None:
        if not 0 < self.held_out <= 0.9:
            raise UsageError(f"--held-out {self.held_out}: expected a share above 0 and at most 0.9, such as 0.2")
        if self.folds < 2 or self.min_count < self.folds:
            raise UsageError(
                f"--min-count {self.min_count} with {self.folds} folds: each fold needs an item of a value; "
                f"expected 2 folds or more, and --min-count {max(2, self.folds)} or more"
            )
        if self.rare_as is not None and not self.rare_as.strip():
            raise UsageError("--rare-as is empty; give the name that rare values get, such as Other")
