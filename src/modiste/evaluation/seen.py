"""Which rows a bundle was trained on: a bundle carries hashes of its training items, and evaluation counts them.

Two marks an item, 64 bits each, go into the bundle's ``training-items.npy``. One is of the picture file's SHA-256. The
other is of the id together with the title, or, where there is no title, with the picture: ids alone say little, since
every shop has an item called 1163. The marks name nothing to somebody who has not got the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modiste.errors import UsageError
from modiste.manifest import Manifest
from modiste.splits import find_sources, hash_id

__all__ = ["Seen", "check_unseen", "find_seen", "mark_items"]

_ITEM, _PICTURE = "training item:", "training picture:"
_COPIES = 0.1  # of a shop's rows 2 or 3 % show a picture of another row's, byte for byte; a tenth is no accident


@dataclass(frozen=True)
class Seen:
    """Which rows a bundle was trained on.

    Args:
        items: bool [n]; the very item was trained on: its id with its title, or with its picture.
        pictures: bool [n]; its picture was trained on, be it under another id.
    """

    items: NDArray[np.bool_]
    pictures: NDArray[np.bool_]

    def describe(self) -> str:
        """Say how many rows were seen.

        Example:
            >>> Seen(np.array([True, False]), np.array([True, True])).describe()
            '1 of 2 rows; 1 more show a picture that was trained on under another id'
        """
        copies = int((self.pictures & ~self.items).sum())
        more = f"; {copies} more show a picture that was trained on under another id" if copies else ""
        return f"{int(self.items.sum())} of {len(self.items)} rows{more}"


def mark_items(manifest: Manifest, digests: Mapping[str, str], *, further: Iterable[str] = ()) -> NDArray[np.uint64]:
    """Return the marks of the items of a training part.

    Args:
        manifest: The items that were trained on; a copy is marked by the id of its source.
        digests: Picture reference -> digest (`digest_pictures`).
        further: References of other pictures of the same items that were trained on too.

    Returns:
        uint64 [m], ascending, without doubles.
    """
    marks = {mark for pair in _list_marks(manifest, digests) for mark in pair if mark is not None}
    marks |= {_mark(digests[reference], _PICTURE) for reference in further if reference in digests}
    return np.array(sorted(marks), dtype=np.uint64)


def find_seen(manifest: Manifest, marks: NDArray[np.uint64], digests: Mapping[str, str]) -> Seen:
    """Find the rows that a bundle was trained on.

    Args:
        manifest: The rows that it is asked to judge.
        marks: What `mark_items` returned for its training part.
        digests: Picture reference -> digest of the rows' pictures.
    """
    known = set(marks.tolist())
    pairs = list(_list_marks(manifest, digests))
    items, pictures = (np.array([pair[at] in known for pair in pairs], dtype=np.bool_) for at in (0, 1))
    return Seen(items, pictures)


def check_unseen(seen: Seen, bundle: str) -> None:
    """Refuse rows that a bundle was trained on.

    Single pictures that were trained on under another id do not count: shops upload one picture twice, and the table
    of unseen rows leaves them out. Where more than a tenth of the rows are such, they are the training data renamed.

    Args:
        seen: From `find_seen`.
        bundle: Its name, for the error.

    Raises:
        UsageError: A row was trained on; the text says what to type.
    """
    if seen.items.any() or seen.pictures.mean() > _COPIES:
        raise UsageError(
            f"{bundle} was trained on rows it is to be judged on: {seen.describe()}. Figures on them would flatter it. "
            "Judge it on a part that it has not seen, such as --split test, or type --allow-seen to count them as well"
        )


def _list_marks(manifest: Manifest, digests: Mapping[str, str]) -> Iterator[tuple[int | None, int | None]]:
    """Yield the mark of each row's item and of its picture; None where there is nothing to tell it by."""
    columns = (find_sources(manifest), manifest.items["title"], manifest.items["image"])
    for item, title, image in zip(*columns, strict=True):
        digest = digests.get(image)
        told = digest if title is None else title.strip()
        yield (
            None if told is None else _mark(f"{item}\n{told}", _ITEM),
            None if digest is None else _mark(digest, _PICTURE),
        )


def _mark(text: str, salt: str) -> int:
    return int(hash_id(text, salt=salt), 16)
