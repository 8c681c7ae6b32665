"""The public data sets of this field: how large they are, what they say, who may use them, how they are read."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

__all__ = ["PublicSet", "list_public_sets"]


@dataclass(frozen=True)
class PublicSet:
    """A public data set.

    Args:
        name: What it is called.
        pictures: How many pictures it has, in words.
        labels: What it says of them.
        licence: Under which terms it may be used; ``"not stated"`` where nobody could verify them.
        get: Where it is found, or what to type.
        reader: The reader that takes it, or "" where none takes it as it comes.
    """

    name: str
    pictures: str
    labels: str
    licence: str
    get: str
    reader: str


@cache
def list_public_sets() -> tuple[PublicSet, ...]:
    """Return the public sets that modiste knows of.

    Example:
        >>> [known.reader for known in list_public_sets() if known.name == "Fashion-MNIST"]
        ['fashion-mnist']
    """
    text = resources.files("modiste.readers").joinpath("public_sets.toml").read_text(encoding="utf-8")
    return tuple(PublicSet(**entry) for entry in tomllib.loads(text)["set"])
