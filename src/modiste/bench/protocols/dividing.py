"""The parts of each protocol: which items train, choose and judge, and which have no part in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from modiste.evaluation import Protocol, apply_rule, apply_split, find_split_file, load_protocol
from modiste.manifest import Manifest
from modiste.splits import SEALED, Drawing, draw_parts, read_fingerprints, replace_parts

__all__ = ["PROTOCOLS", "SEED", "VALIDATION", "Division", "divide"]

PROTOCOLS: Final = ("condition-cnn", "autocatalog", "year-shift", "grouped")
VALIDATION: Final = 0.06  # of what a protocol does not judge: temperatures and thresholds need no more
SEED: Final = 1
_BY: Final = "articleType"
_LEARNING: Final = ("train", "validation")


@dataclass(frozen=True)
class Division:
    """The items of one protocol.

    Args:
        protocol: The protocol.
        working: The items while anything is decided: those that are judged are called ``sealed``.
        opened: The items at the end, with the part that is judged under its name.
    """

    protocol: Protocol
    working: Manifest
    opened: Manifest

    @property
    def name(self) -> str:
        """The name of the protocol."""
        return self.protocol.name

    def count(self, part: str) -> int:
        """Return how many items a part has."""
        return len(self.opened.of_split(part))


def divide(manifest: Manifest, name: str, *, beside: Path | None = None, share: float = VALIDATION) -> Division:
    """Give every item its part under a protocol.

    What the protocol calls ``train`` and ``validation`` is put together, since a network is finished with as many items
    as there are, and a share of it chooses temperatures and thresholds: drawn by article type, and with the titles and
    pictures that the protocol keeps together kept together. The part that is judged has no say in it.

    Args:
        manifest: All items.
        name: One of `modiste.evaluation.list_protocols`.
        beside: The data, where a published split file is looked for first.
        share: The share that chooses, in (0, 1).

    Raises:
        SourceError: A published split file is missing.
        UsageError: The protocol's rule does not fit the data.
    """
    protocol = load_protocol(name)
    if protocol.split is not None:
        opened = apply_rule(manifest, protocol.split)
    else:
        opened = apply_split(manifest, find_split_file(protocol.split_file, beside=beside))
    parts = dict(opened.items.select("item_id", pl.col("split").fill_null("outside")).rows())
    parts.update(_draw_choosing(opened, protocol, share))
    sealed = {item: SEALED if part == protocol.part else part for item, part in parts.items()}
    return Division(protocol, _apply(opened, sealed), _apply(opened, parts))


def _draw_choosing(manifest: Manifest, protocol: Protocol, share: float) -> dict[str, str]:
    learning = manifest.of_split(*_LEARNING)
    groups = () if protocol.split is None else protocol.split.groups
    prints = read_fingerprints(learning.items["image"], near=False) if "picture" in groups else None
    shares = {"train": 1 - share, "validation": share}
    return draw_parts(learning, shares, Drawing(by=_BY, groups=groups, seed=SEED), fingerprints=prints)


def _apply(manifest: Manifest, parts: Mapping[str, str]) -> Manifest:
    return replace_parts(manifest, [parts[item] for item in manifest.items["item_id"]])
