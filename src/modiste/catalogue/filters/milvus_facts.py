"""What a row in Milvus holds of an item for filters: its facts, folded, under names that need no escaping."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from modiste.catalogue.filters.literals import to_word
from modiste.catalogue.filters.tabulating import NUMBER_NAMES, WORD_NAMES
from modiste.catalogue.item import CatalogueItem, Variant

__all__ = ["COLUMNS", "FACTS", "build_facts", "encode_name", "encode_text", "list_slots"]

FACTS: Final = "facts"  # the JSON field
COLUMNS: Final = ("brand", *NUMBER_NAMES)  # what has a field of its own, with an index

# Milvus resolves escapes in patterns once or twice, as the version goes: the characters that would need one are kept
# as noncharacters, which Unicode sets aside for a program's own use, one for one, so that _ still stands for each.
_SPECIAL: Final = {ord(letter): 0xFDD0 + place for place, letter in enumerate('%_\\"\n\r')}
_PLAIN: Final = re.compile(r"[A-Za-z0-9]")


def encode_text(folded: str) -> str:
    r"""Write a folded text as rows hold it: without %, _, \, quotes and line ends.

    Example:
        >>> encode_text("navy"), encode_text("50%") == "50\ufdd0"
        ('navy', True)
    """
    return folded.translate(_SPECIAL)


def encode_name(name: str) -> str:
    """Write a column's name as a key of letters, digits and _.

    Example:
        >>> encode_name("Sleeve Length"), encode_name("a_b")
        ('Sleeve_20_Length', 'a_5f_b')
    """
    return "".join(letter if _PLAIN.fullmatch(letter) else f"_{ord(letter):x}_" for letter in name)


def list_slots(variants: Iterable[Variant]) -> dict[str, Variant]:
    """Give each size of an item a key of its own, the second of the same name another one than the first.

    Example:
        >>> list(list_slots([Variant("M"), Variant("L"), Variant("m", 3)]))
        ['0_m', '0_l', '1_m']
    """
    slots: dict[str, Variant] = {}
    for variant in variants:
        size, number = encode_name(variant.size.casefold()), 0
        while (slot := f"{number}_{size}") in slots:
            number += 1
        slots[slot] = variant
    return slots


def build_facts(item: CatalogueItem) -> dict[str, Any]:
    """Build what filters compare of an item, but for the columns of `COLUMNS`.

    Returns:
        Of words, encoded: ``s`` the item's own, ``d`` those of details, ``w`` lists of fields' effective values, ``t``
        lists in details; ``o`` the words as they are where they are encoded otherwise, for what compares their order;
        ``n`` numbers in details; ``v`` the item's slots, and ``k`` the counted stock by slot.
    """
    own = {name: getattr(item, name) for name in WORD_NAMES}
    said = {name: value for name, value in item.details.items() if value is not None and not isinstance(value, tuple)}
    folded = {("s", name): value.casefold() for name, value in own.items() if value is not None}
    folded |= {("d", name): to_word(_plain(value)).casefold() for name, value in said.items()}
    lists = {("w", name): values for name, values in item.labels.items() if values}
    lists |= {("t", name): value for name, value in item.details.items() if isinstance(value, tuple) and value}
    slots = list_slots(item.variants)
    facts: dict[str, Any] = {space: {} for space in "sdwtokn"}
    for (space, name), word in folded.items():
        if (space, name) != ("s", "brand"):
            facts[space][encode_name(name)] = encode_text(word)
        if word != encode_text(word):
            facts["o"][f"{space}_{encode_name(name)}"] = word
    for (space, name), words in lists.items():
        facts[space][encode_name(name)] = list(dict.fromkeys(encode_text(word.casefold()) for word in words))
    facts["n"] = {encode_name(name): float(value) for name, value in said.items() if not isinstance(value, str)}
    facts["k"] = {slot: float(one.stock) for slot, one in slots.items() if one.stock is not None}
    facts["v"] = list(slots)
    return {space: held for space, held in facts.items() if held}


def _plain(value: str | float | bool) -> str | float | bool:
    return value if isinstance(value, str | bool) else float(value)
