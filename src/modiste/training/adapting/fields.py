"""The fields of an adapted bundle: the data's own, and those of the bundle that stay beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from modiste.errors import UsageError
from modiste.taxonomy import Field, Taxonomy

__all__ = ["choose_kept", "find_parents", "merge_fields"]


def choose_kept(before: Taxonomy, learnt: Sequence[str], keep: Sequence[str] | None) -> tuple[str, ...]:
    """Return the bundle's own fields that stay.

    Args:
        before: The bundle's fields.
        learnt: The fields that the data teaches.
        keep: The fields asked for; None: all that the data does not teach.

    Raises:
        UnknownNameError: The bundle has no such field.
        UsageError: A field is to be kept and to be learnt.

    Example:
        >>> fields = Taxonomy((Field("hue", "single", ("red",)), Field("sex", "single", ("m", "f"))))
        >>> choose_kept(fields, ["hue"], None)
        ('sex',)
    """
    if keep is None:
        return tuple(name for name in before.names if name not in learnt)
    wanted = {before[name].name for name in keep}
    both = sorted(wanted & set(learnt))
    if both:
        raise UsageError(
            f"{', '.join(both)}: the data teaches what --keep wants to keep; leave it out of --keep, or name with "
            "--fields what is to be learnt"
        )
    return tuple(name for name in before.names if name in wanted)


def find_parents(before: Taxonomy, data: Taxonomy, learnt: Sequence[str], kept: Sequence[str]) -> dict[str, str]:
    """Say which learnt field refines which: as the data says, or else as the bundle did.

    Args:
        before: The bundle's fields.
        data: The data's fields.
        learnt: The names of those that are learnt.
        kept: The names of the bundle's fields that stay.

    Returns:
        Learnt field -> its parent, which the data has labels of, and which is learnt or kept.
    """
    found = {}
    for name in learnt:
        own = data[name].parent or (before[name].parent if name in before else None)
        if own is None or own not in data or data[name].kind != "single" or data[own].kind != "single":
            continue
        if own in learnt or own in kept:
            found[name] = own
    return found


def merge_fields(before: Taxonomy, learnt: Mapping[str, Field], kept: Sequence[str]) -> tuple[Taxonomy, list[str]]:
    """Put learnt and kept fields into one taxonomy.

    Args:
        before: The bundle's fields.
        learnt: The learnt fields.
        kept: The names of the bundle's fields that stay.

    Returns:
        The taxonomy, a learnt field in the place of the one that it replaces, new ones last, parents before their
        children; and a sentence for each kept field that had to give up its parent.
    """
    names = [name for name in before.names if name in learnt or name in kept]
    names += [name for name in learnt if name not in before]
    fields = {name: learnt[name] if name in learnt else before[name] for name in names}
    notes = []
    for name in kept:
        parent = fields[name].parent
        if parent is not None and not _fits(fields[name], fields.get(parent)):
            fields[name] = replace(fields[name], parent=None, allowed={})
            why = "has other values now" if parent in fields else "is gone"
            notes.append(f"{name} stands alone: its parent {parent} {why}")
    ordered = dict.fromkeys(ancestor for name in names for ancestor in _list_lineage(name, fields))
    return Taxonomy(tuple(fields[name] for name in ordered)), notes


def _fits(child: Field, parent: Field | None) -> bool:
    if parent is None or parent.kind != "single":
        return False
    return {value for values in child.allowed.values() for value in values} <= set(parent.values)


def _list_lineage(name: str, fields: Mapping[str, Field]) -> list[str]:
    lineage = [name]
    while (parent := fields[lineage[0]].parent) is not None:
        lineage.insert(0, parent)
    return lineage
