"""Which part of a data set a shard holds, by its name."""

from __future__ import annotations

import re

from modiste.readers.identifiers import standardise_split

__all__ = ["find_split"]

_NO_LETTERS = re.compile(r"[^A-Za-z]+")


def find_split(name: str) -> str | None:
    """Return the part of a data set that a file holds: the first word of its name that stands for one, or a folder's.

    Args:
        name: The path below the root, with ``/``.

    Example:
        >>> find_split("data/train-00000-of-00001.parquet"), find_split("dev/0000.tar"), find_split("shop-1.tar")
        ('train', 'validation', None)
    """
    words = [word for part in reversed(name.split("/")) for word in _NO_LETTERS.split(part)]
    return next((split for word in words if (split := standardise_split(word))), None)
