"""What an item is called: the path of its picture without the suffix; and what a part of a data set is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

__all__ = ["cut_suffix", "make_item_ids", "standardise_split"]

_SPLITS = {
    "train": "train",
    "training": "train",
    "valid": "validation",
    "val": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
    "control": "control",
}


def make_item_ids(names: Sequence[str]) -> list[str]:
    """Make ids from the paths of pictures: the path without its suffix; where two would be equal both keep theirs.

    Args:
        names: Paths below the root of a source, with ``/``, all different.

    Returns:
        One id a name, all different.

    Example:
        >>> make_item_ids(["a.jpg", "b/a.jpg", "b/c.jpg", "b/c.png"])
        ['a', 'b/a', 'b/c.jpg', 'b/c.png']
    """
    stems = [cut_suffix(name) for name in names]
    distinct = set(stems)
    if len(distinct) == len(stems) and distinct.isdisjoint(names):
        return stems
    counts = Counter(stems)
    counts.update(set(names))  # a file without a suffix may be called as another one is without its own
    return [stem if counts[stem] == 1 + (stem == name) else name for name, stem in zip(names, stems, strict=True)]


def cut_suffix(name: str) -> str:
    """Return a path without its suffix, as `posixpath.splitext` does but in a fraction of the time.

    Example:
        >>> cut_suffix("a.b/c.tar.gz"), cut_suffix("a.b/c"), cut_suffix("a/.hidden")
        ('a.b/c.tar', 'a.b/c', 'a/.hidden')
    """
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and "/" not in suffix and stem.rpartition("/")[2].strip(".") else name


def standardise_split(name: str) -> str | None:
    """Return the usual name of a part of a data set, or None if the name is no such part.

    Example:
        >>> standardise_split("Valid"), standardise_split("shirts")
        ('validation', None)
    """
    return _SPLITS.get(name.strip().casefold())
