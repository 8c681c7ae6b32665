"""The rows that ``modiste evaluate`` and ``modiste compare`` judge on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from modiste.cli.judged_systems import System
from modiste.errors import UsageError

if TYPE_CHECKING:
    from modiste.evaluation import Part, Protocol
    from modiste.manifest import Manifest

__all__ = ["CHOSEN_BY", "read_data", "select_rows"]

CHOSEN_BY: Final = "validation"  # the part of a run that chose its epochs, temperatures and thresholds


def read_data(data: Path | None, reader: str | None, system: System) -> tuple[Manifest, str]:
    """Return the labelled data and its name; where none is given, what the run learnt from and was chosen by.

    Args:
        data: Where the labelled pictures are.
        reader: How to read them; by default that is recognised.
        system: What is judged.

    Raises:
        UsageError: No data is given, and the system is no run.
    """
    from modiste.readers import read_source

    if data is not None:
        return read_source(data, reader=reader), data.name
    if system.run is None:
        raise UsageError(f"{system.name} is judged on --data SOURCE, the labelled pictures; add it")
    return system.run.read_parts(), f"{system.name}'s own; its part 'validation' chose temperatures and thresholds"


def select_rows(
    manifest: Manifest, split_file: Path | None, split: str | None, rules: Protocol | None, beside: Path | None
) -> tuple[Part, Mapping[str, str]]:
    """Return the rows to judge, and the digests of the pictures where they had to be read.

    Args:
        manifest: The data.
        split_file: Which item is in which part; by default what the protocol or the data says.
        split: The part to judge; by default the protocol's, or every item.
        rules: The protocol.
        beside: Where a protocol's split file is looked for.
    """
    from modiste.evaluation import apply_rule, apply_split, digest_pictures, find_split_file, select_part

    if split_file is None and rules is not None and rules.split_file:
        split_file = find_split_file(rules.split_file, beside=beside)
    if split_file is not None:
        manifest = apply_split(manifest, split_file)
    elif rules is not None and rules.split is not None:
        manifest = apply_rule(manifest, rules.split)
    name = split or (rules.part if rules else None)
    known = {str(part) for part in manifest.items["split"].drop_nulls()}
    digests = digest_pictures(manifest.items["image"]) if name in known else {}
    return select_part(manifest, name, digests=digests), digests
