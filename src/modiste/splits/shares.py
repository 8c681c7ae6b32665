"""Shares as people write them: ``train=0.7,validation=0.1,test=0.1,control=0.1``."""

from __future__ import annotations

import re

from modiste.errors import UsageError
from modiste.splits.stratified import check_shares

__all__ = ["make_equal_shares", "parse_shares"]

_NAME = re.compile(r"[\w.-]+")


def parse_shares(text: str) -> dict[str, float]:
    """Read named shares.

    Args:
        text: ``NAME=SHARE`` separated by commas; the shares add up to 1.

    Returns:
        Part -> share, in the order given.

    Raises:
        UsageError: It says what was expected.

    Example:
        >>> parse_shares("train=0.8,test=0.2")
        {'train': 0.8, 'test': 0.2}
    """
    shares: dict[str, float] = {}
    try:
        for entry in text.split(","):
            name, _, share = (word.strip() for word in entry.partition("="))
            if not _NAME.fullmatch(name) or name in shares:
                raise ValueError(f"{entry.strip()!r} doubles a part or is no NAME=SHARE")
            shares[name] = float(share)
        check_shares(shares)
    except ValueError as error:
        raise UsageError(
            f"can't read the shares {text!r}: {error}. Type such as train=0.7,validation=0.1,test=0.2"
        ) from error
    return shares


def make_equal_shares(prefix: str, count: int) -> dict[str, float]:
    """Return equal shares with numbered names.

    Args:
        prefix: What stands before the number.
        count: How many, 2 or more.

    Raises:
        UsageError: There are fewer than 2.

    Example:
        >>> make_equal_shares("half-", 2)
        {'half-1': 0.5, 'half-2': 0.5}
    """
    if count < 2:
        raise UsageError(f"{count} parts were asked for; expected 2 or more, such as --folds 5")
    return {f"{prefix}{number}": 1 / count for number in range(1, count + 1)}
