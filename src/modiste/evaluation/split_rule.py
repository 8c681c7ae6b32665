"""Splits that a protocol states as a rule, where no list of ids was published: by year, or drawn with a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from modiste.errors import UsageError
from modiste.manifest import Manifest
from modiste.splits import Drawing, draw_parts, make_year_parts, read_fingerprints, replace_parts

__all__ = ["SplitRule", "apply_rule", "hash_rows"]


@dataclass(frozen=True)
class SplitRule:
    """How the parts of a protocol come about.

    Args:
        rule: ``"years"``: items of even years train, those of odd years test (`make_year_parts`). ``"drawn"``: parts
            are drawn (`draw_parts`).
        by: The field whose commonest values are taken, or whose every value gives each part its share.
        commonest: Years: how many values are taken; None takes all.
        shares: Drawn: part -> share; together 1.
        groups: Drawn: what must not be torn apart: any of ``"product"``, ``"title"``, ``"picture"``.
        seed: Drawn: the same seed gives the same parts.

    Raises:
        UsageError: The rule is unknown, or settings of one rule are given to the other.
    """

    rule: Literal["years", "drawn"]
    by: str | None = None
    commonest: int | None = None
    shares: Mapping[str, float] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    seed: int = 1

    def __post_init__(self) -> None:
        if self.rule not in ("years", "drawn"):
            raise UsageError(f"there is no rule {self.rule!r} for a split; expected rule = 'years' or rule = 'drawn'")
        if self.rule == "years" and (self.shares or self.groups):
            raise UsageError("a split by years takes by and commonest; leave shares and groups out")
        if self.rule == "drawn" and (not self.shares or self.commonest is not None):
            raise UsageError("a drawn split needs shares, such as {train = 0.85, test = 0.15}, and no commonest")


def apply_rule(manifest: Manifest, rule: SplitRule) -> Manifest:
    """Return the manifest with the parts that a rule gives.

    Raises:
        UsageError: The rule does not fit the data.
        UnknownNameError: The data lacks a field or a column.
    """
    if rule.rule == "years":
        parts = make_year_parts(manifest, by=rule.by, commonest=rule.commonest)
    else:
        prints = read_fingerprints(manifest.items["image"], near=False) if "picture" in rule.groups else None
        drawing = Drawing(by=rule.by, groups=rule.groups, seed=rule.seed)
        parts = draw_parts(manifest, rule.shares, drawing, fingerprints=prints)
    return replace_parts(manifest, [parts.get(item) for item in manifest.items["item_id"]])


def hash_rows(manifest: Manifest) -> str:
    """Return the SHA-256 of the sorted ids, a line each, in hexadecimal: whether two people judged the same rows.

    Example:
        >>> rows = [{"item_id": item, "image": item, "source": "x"} for item in "ba"]
        >>> hash_rows(Manifest.from_rows(rows)) == hashlib.sha256(b"a\\nb\\n").hexdigest()
        True
    """
    text = "".join(f"{item}\n" for item in sorted(manifest.items["item_id"]))
    return hashlib.sha256(text.encode()).hexdigest()
