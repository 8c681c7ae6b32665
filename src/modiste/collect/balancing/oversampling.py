"""Rows of small classes again and again: copies that share the picture of the item they were made from."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import polars as pl

from modiste.collect.balancing.classes import count_classes, leave_out, list_members
from modiste.errors import UsageError
from modiste.manifest import COPY_OF, Manifest

__all__ = ["append_copies", "choose_part", "over_sample", "plan_copies"]


def over_sample(
    manifest: Manifest, field: str, *, count: int | None = None, part: str | None = None, seed: int = 1
) -> Manifest:
    """Repeat the items of small classes until each has so many.

    Args:
        manifest: The items.
        field: A single field; items without a value are not repeated.
        count: Items a class; by default those of the commonest.
        part: Only this part is counted and repeated; by default ``train`` where there is such a part, else all.
        seed: Another seed repeats other items first.

    Returns:
        The items, and behind them the copies: ``item_id`` is ``ID~1`` and so on, ``meta.copy_of`` the id they were
        made from. Everything else is the source's, so a copy stays in its part; it is never judged.

    Raises:
        UsageError: The count is below 1, no item is in the part, or the items have several values.

    Example:
        >>> rows = [{"item_id": i, "image": "x", "source": "x", "label.hue": h} for i, h in ("1a", "2b", "3b")]
        >>> over_sample(Manifest.from_rows(rows), "hue").items["item_id"].to_list()
        ['1', '2', '3', '1~1']
    """
    plan = plan_copies(manifest, field, count=count, part=part, seed=seed)
    rows = [row for rows in plan.values() for row in rows]
    return append_copies(manifest, manifest.items[rows])


def choose_part(manifest: Manifest, part: str | None) -> Manifest:
    """Return the items that copies are made from: those of a part, by default of ``train`` where there is one.

    Raises:
        UsageError: No item belongs to the part.
    """
    parts = sorted({name for name in manifest.items["split"] if name is not None})
    if part is None and "train" not in parts:
        return manifest
    chosen = manifest.of_split(part or "train")
    if not len(chosen):
        raise UsageError(f"no item belongs to the part {part!r}; the data has {', '.join(parts) or 'no parts'}")
    return chosen


def plan_copies(
    manifest: Manifest, field: str, *, count: int | None, part: str | None, seed: int, without: Collection[str] = ()
) -> dict[str, list[int]]:
    """Say which rows are copied, and how often, so that each class has its number.

    Args:
        manifest: The items, those made earlier by copying among them.
        field: A single field.
        count: Items a class, by default those of the commonest.
        part: As `over_sample`.
        seed: As `over_sample`.
        without: Ids of items that are not copied.

    Returns:
        Value -> rows of ``manifest.items``, in the order of their ids' hashes, from the beginning again where all
        were taken. Only originals are copied; a value that has none gets nothing.

    Raises:
        UsageError: The count is below 1.
    """
    if count is not None and count < 1:
        raise UsageError(f"{count} items a class were asked for; expected 1 or more")
    chosen = choose_part(manifest, part)
    sizes = count_classes(chosen, field)
    wanted = count or max(sizes.values(), default=0)
    places = {item: row for row, item in enumerate(manifest.items["item_id"])}
    originals = leave_out(chosen.without_copies(), without)
    ids = originals.items["item_id"].to_list()
    plan = {}
    for value, members in sorted(list_members(originals, field, seed=seed).items()):
        missing = max(wanted - sizes[value], 0)
        plan[value] = [places[ids[members[number % len(members)]]] for number in range(missing)]
    return plan


def append_copies(manifest: Manifest, copies: pl.DataFrame) -> Manifest:
    """Put copies behind the items, each under an id of its own.

    Args:
        manifest: The items.
        copies: Rows like those of the items, whose ``item_id`` is still the source's.

    Returns:
        The items and the copies.
    """
    if COPY_OF not in manifest.items.columns:
        items = manifest.items.with_columns(pl.lit(None, dtype=pl.String).alias(COPY_OF))
    else:
        items = manifest.items
    named = copies.with_columns(pl.col("item_id").alias(COPY_OF))
    ids = list(_name_copies(named[COPY_OF].to_list(), set(items["item_id"])))
    named = named.with_columns(pl.Series("item_id", ids, dtype=pl.String))
    joined = pl.concat([items, named], how="diagonal")
    return Manifest(manifest.taxonomy, joined, manifest.problems, manifest.opinions, manifest.rows)


def _name_copies(sources: list[str], taken: set[str]) -> Iterator[str]:
    """Yield an id for each copy: that of its source, a tilde and a number that is free."""
    numbers: dict[str, int] = {}
    for source in sources:
        number = numbers.get(source, 0) + 1
        while f"{source}~{number}" in taken:
            number += 1
        numbers[source] = number
        yield f"{source}~{number}"
