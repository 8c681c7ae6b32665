"""What the directory of an archive says of one file in it."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from modiste.imaging.references import encode_part

__all__ = ["DEFLATED", "RAW_PIXELS", "STORED", "Member", "name_members"]

STORED, DEFLATED = 0, 8
RAW_PIXELS = -1  # grey pixels of which a picture file is made on reading; no number of the zip format


class Member(NamedTuple):
    """A file within an archive.

    Args:
        name: As the archive's directory gives it, however odd: nothing is ever written under it.
        position: Of the content in a tar; of the local header before the content in a zip. In bytes.
        packed: Length within the archive, in bytes.
        size: Length once unpacked, in bytes, as declared.
        checksum: CRC-32 of the unpacked content, or None where the archive keeps none.
        method: ``STORED``, ``DEFLATED``, another number that the zip format knows, or ``RAW_PIXELS``.
        refusal: Why it can't be read, or None.
    """

    name: str
    position: int
    packed: int
    size: int
    checksum: int | None = None
    method: int = STORED
    refusal: str | None = None


def name_members(members: Iterable[Member]) -> dict[str, Member]:
    """Give every member a name of its own, as it is written in references.

    A leading ``./``, which tars often have, is left out. The second of two members of one name ``a/x.jpg`` becomes
    ``a/x#2.jpg``, the third ``a/x#3.jpg``; a member without a name becomes ``#2``.

    Example:
        >>> list(name_members([Member("x.jpg", 0, 1, 1), Member("x.jpg", 9, 1, 1)]))
        ['x.jpg', 'x#2.jpg']
    """
    members = [_without_here(member) if member.name.startswith("./") else member for member in members]
    taken = {member.name for member in members} | {""}
    if len(taken) > len(members):  # as it nearly always is: all have names, and no two have the same
        return {encode_part(member.name): member for member in members}
    # One count for each name: a hostile archive has the same name a million times.
    numbers: dict[str, Iterator[int]] = defaultdict(lambda: itertools.count(2))
    named: dict[str, Member] = {}
    seen: set[str] = {""}
    for member in members:
        name = member.name
        if name in seen:
            name = _find_free_name(name, taken, numbers[name])
            taken.add(name)
        seen.add(name)
        named[encode_part(name)] = member
    return named


def _without_here(member: Member) -> Member:
    name = member.name
    while name.startswith("./"):
        name = name[2:].lstrip("/")
    return member._replace(name=name)


def _find_free_name(name: str, taken: set[str], numbers: Iterator[int]) -> str:
    path = PurePosixPath(name)
    base = name.removesuffix(path.suffix)
    return next(free for number in numbers if (free := f"{base}#{number}{path.suffix}") not in taken)
