"""Conditions that end a stage or a training: two operands, each a quantity or a number, and a comparison."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

__all__ = ["QUANTITIES", "Condition"]

QUANTITIES = {
    "train_loss": "mean training loss of the epoch",
    "val_loss": "validation loss after the epoch",
    "val_accuracy": "validation accuracy, averaged over the fields",
    "epoch": "epochs finished in this stage",
    "epochs_without_improvement": "epochs since the best validation loss of this stage",
}
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_PATTERN = re.compile(r"\s*(\S+?)\s*(>=|<=|>|<)\s*(\S+)\s*")


@dataclass(frozen=True)
class Condition:
    """A comparison of two quantities, such as ``val_loss > train_loss``.

    Example:
        >>> Condition.parse("val_loss > train_loss").holds({"val_loss": 1.2, "train_loss": 1.1})
        True
    """

    left: str | float
    comparison: str
    right: str | float

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read a condition; ValueError says what is wrong and lists the quantities."""
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is no condition; expected such as 'val_loss > train_loss' or 'epoch >= 3'")
        return cls(_parse_operand(match[1]), match[2], _parse_operand(match[3]))

    def holds(self, values: Mapping[str, float]) -> bool:
        """Return whether the condition is met; a quantity that is not known yet never meets one."""
        left, right = self._value(self.left, values), self._value(self.right, values)
        return _COMPARISONS[self.comparison](left, right)

    @staticmethod
    def _value(operand: str | float, values: Mapping[str, float]) -> float:
        # Not a number compares as false with everything, which is what an unknown quantity should do.
        return values.get(operand, float("nan")) if isinstance(operand, str) else operand


def _parse_operand(text: str) -> str | float:
    if text in QUANTITIES:
        return text
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither a number nor one of {', '.join(QUANTITIES)}") from None
