"""Colours beside deep features: those that an item shows, those that its labels name, those that words speak of."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.item import CatalogueItem
from modiste.catalogue.words.normalising import list_tokens
from modiste.imaging.colour_shares import ANCHORS, share_out

__all__ = ["find_item_colours", "find_named_colours", "find_seen_colours", "find_spoken_colours"]


def find_named_colours(names: Iterable[str]) -> NDArray[np.uint8] | None:
    """Describe the colours that some names mean, as `describe_colours` would; None if no name means one.

    Example:
        >>> find_named_colours(["Multi"]) is None
        True
    """
    table = _read_colours()
    known = [colour for name in names for colour in table.get(name.casefold(), [])]
    if not known:
        return None
    return share_out(np.array(known, np.uint8))


def find_item_colours(item: CatalogueItem) -> NDArray[np.uint8] | None:
    """Describe the colours that an item's labels name.

    Returns:
        uint8 [64], or None where nothing is known.
    """
    return find_named_colours(
        value for name, values in item.labels.items() if "colo" in name.casefold() for value in values
    )


def find_seen_colours(item: CatalogueItem) -> NDArray[np.uint8] | None:
    """Describe the colours that an item's picture shows, or where that is not known, those that its labels name.

    Returns:
        uint8 [64], or None where nothing is known.
    """
    if item.colours is None or len(item.colours) != ANCHORS:
        return find_item_colours(item)
    return np.frombuffer(item.colours, np.uint8)


def find_spoken_colours(text: str) -> NDArray[np.uint8] | None:
    """Describe the colours that a text names; None if it names none.

    Example:
        >>> bool((find_spoken_colours("a navy blue dress") == find_named_colours(["Navy Blue"])).all())
        True
    """
    words = [token.written for token in list_tokens(text)]
    names: list[str] = []
    at = 0
    while at < len(words):
        pair = " ".join(words[at : at + 2])
        names.append(pair if pair in _read_colours() else words[at])
        at += 2 if pair in _read_colours() and " " in pair else 1
    return find_named_colours(names)


@lru_cache(maxsize=1)
def _read_colours() -> dict[str, Sequence[Sequence[int]]]:
    text = resources.files("modiste.catalogue.search").joinpath("colours.toml").read_text(encoding="utf-8")
    colours: dict[str, Sequence[Sequence[int]]] = tomllib.loads(text)["colours"]
    return colours
