"""A cleaned manifest, and the list of what was done to it; the source is never touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import polars as pl

from modiste.collect.checking.findings import find_check
from modiste.collect.checking.groups import list_members
from modiste.collect.checking.label_conflicts import count_votes
from modiste.collect.checking.running import CheckResult
from modiste.errors import UsageError
from modiste.manifest import Manifest

__all__ = ["CHANGE_SCHEMA", "CleanOptions", "Cleaned", "clean_manifest"]

_DROPPED = ("unreadable", "not-a-picture", "blank", "tiny", "exact-copy", "pixel-copy", "near-copy")
CHANGE_SCHEMA: dict[str, pl.DataType] = {
    "item_id": pl.String(),
    "action": pl.String(),  # "dropped", "label changed" or "label blanked"
    "check": pl.String(),
    "field": pl.String(),
    "before": pl.String(),
    "after": pl.String(),
    "partner": pl.String(),
    "reason": pl.String(),
}


@dataclass(frozen=True)
class CleanOptions:
    """What is done about each kind of finding.

    Args:
        drop: The checks whose items are left out. By default those that can't be used and all copies but one; of
            suspicions none, they are for a person to judge.
        conflicts: What becomes of a field of which the copies of a picture say different things: ``"majority"``: all
            get what most say, and nothing where there is a tie; ``"blank"``: nothing; ``"keep"``: what they have.
        suspects: What becomes of a label that is likely wrong: ``"keep"`` or ``"blank"``.

    Raises:
        UsageError: There is no such check or choice.
    """

    drop: tuple[str, ...] = _DROPPED
    conflicts: Literal["majority", "blank", "keep"] = "majority"
    suspects: Literal["keep", "blank"] = "keep"

    def __post_init__(self) -> None:
        for name in self.drop:
            if find_check(name).name == "label-conflict":
                raise UsageError(f"{name!r} is about labels, which 'conflicts' decides (majority, blank or keep)")
        if self.conflicts not in ("majority", "blank", "keep"):
            raise UsageError(f"conflicts is {self.conflicts!r}; expected majority, blank or keep")
        if self.suspects not in ("keep", "blank"):
            raise UsageError(f"suspects is {self.suspects!r}; expected keep or blank")


@dataclass(frozen=True)
class Cleaned:
    """A cleaned data set.

    Args:
        manifest: The items that are left, with the labels that are left.
        changes: One row for each thing that was done, with the columns of `CHANGE_SCHEMA`.
    """

    manifest: Manifest
    changes: pl.DataFrame

    @property
    def dropped(self) -> int:
        """How many items were left out."""
        return int(self.changes.filter(action="dropped")["item_id"].n_unique())

    @property
    def relabelled(self) -> int:
        """How many labels were changed or blanked."""
        return self.changes.filter(pl.col("action") != "dropped").height


def clean_manifest(result: CheckResult, options: CleanOptions = CleanOptions()) -> Cleaned:
    """Leave out and correct what checks found.

    Of each group of copies the largest picture stays, of equally large ones that with the most labels, then the first.
    With ``conflicts="majority"`` it also gets the labels that it lacks and most of its dropped copies have.

    Args:
        result: What `modiste.collect.checking.check_manifest` found.
        options: What is done about it.

    Raises:
        UsageError: Nothing would be left.
    """
    dropped = [*_list_dropped(result, options)]
    gone = {str(change["item_id"]) for change in dropped}
    manifest = result.evidence.manifest
    kept = [item not in gone for item in manifest.items["item_id"]]
    if not any(kept):
        raise UsageError("nothing would be left of the data set; look at it with modiste data check, and drop less")
    corrections = [
        change
        for change in (*_settle_conflicts(result, options), *_blank_suspects(result, options))
        if change.item_id not in gone
    ]
    table = pl.DataFrame([*dropped, *(change.describe() for change in corrections)], schema=CHANGE_SCHEMA)
    return Cleaned(_apply(manifest.where(pl.lit(pl.Series(kept))), corrections), table)


class _Correction(NamedTuple):
    """A label to be replaced; ``before`` and ``after`` as they stand in the manifest."""

    item_id: str
    check: str
    field: str
    before: Any
    after: Any
    partner: str | None
    reason: str

    def describe(self) -> dict[str, Any]:
        """Return the row of the table of changes."""
        action = "label blanked" if self.after is None else "label changed"
        texts = {"before": _to_text(self.before), "after": _to_text(self.after)}
        return self._asdict() | texts | {"action": action}


def _list_dropped(result: CheckResult, options: CleanOptions) -> Iterator[dict[str, Any]]:
    """Yield one change an item, for the first of the checks that drops it."""
    found = result.findings.filter(pl.col("check").is_in(options.drop)).unique(
        "item_id", keep="first", maintain_order=True
    )
    for row in found.iter_rows(named=True):
        yield {
            "item_id": row["item_id"],
            "action": "dropped",
            "check": row["check"],
            "field": row["field"],
            "before": row["stated"],
            "after": None,
            "partner": row["partner"],
            "reason": row["explanation"],
        }


def _settle_conflicts(result: CheckResult, options: CleanOptions) -> Iterator[_Correction]:
    if options.conflicts == "keep":
        return
    evidence = result.evidence
    ids = evidence.manifest.items["item_id"]
    together = list_members(evidence.copies)
    for name in evidence.fields:
        labels = evidence.manifest.labels(name).to_list()
        texts = [_to_text(label) for label in labels]
        for rows in together:
            vote = count_votes([texts[row] for row in rows])
            if not vote.divided and options.conflicts == "blank":
                continue
            wanted = vote.majority if options.conflicts == "majority" else None
            source = next((row for row in rows if texts[row] == wanted), rows[0])
            after = None if wanted is None else labels[source]
            reason = f"{len(rows)} copies of this picture say " + ", ".join(
                f"{label!r} {n}" for label, n in vote.counts
            )
            for row in rows:
                if texts[row] != wanted:
                    partner = ids[source] if source != row else None
                    yield _Correction(ids[row], "label-conflict", name, labels[row], after, partner, reason)


def _blank_suspects(result: CheckResult, options: CleanOptions) -> Iterator[_Correction]:
    if options.suspects == "keep":
        return
    for row in result.findings.filter(check="wrong-label").iter_rows(named=True):
        yield _Correction(
            row["item_id"], row["check"], row["field"], row["stated"], None, row["partner"], row["explanation"]
        )


def _to_text(label: Any) -> str | None:
    return "; ".join(sorted(label)) if isinstance(label, list) else label


def _apply(manifest: Manifest, corrections: list[_Correction]) -> Manifest:
    """Return the manifest with some labels replaced, in their order."""
    columns = []
    for name in manifest.taxonomy.names:
        wanted = {change.item_id: change.after for change in corrections if change.field == name}
        if wanted:
            column = manifest.labels(name)
            pairs = zip(manifest.items["item_id"], column.to_list(), strict=True)
            columns.append(pl.Series(column.name, [wanted.get(item, label) for item, label in pairs], column.dtype))
    items = manifest.items.with_columns(columns)
    return Manifest(manifest.taxonomy, items, manifest.problems, manifest.opinions)
