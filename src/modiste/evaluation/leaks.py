"""Which rows a system may have seen under another id: rows that share a title or a picture with rows outside.

A third of the products of a shop share their title with another one (colours, sizes), and some pictures are byte for
byte copies, so a split by row measures memory too. The figure on the unseen rows stands beside the usual one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["find_unseen"]


def find_unseen(
    titles: Sequence[str | None],
    pictures: Sequence[str | None],
    outside_titles: Iterable[str | None],
    outside_pictures: Iterable[str | None],
) -> NDArray[np.bool_]:
    """Say of each row whether neither its title nor its picture occurs outside.

    Args:
        titles: [n]; null where a row has none, which is like no other title.
        pictures: [n]; digests of the pictures (`digest_pictures`), null where unknown.
        outside_titles: The titles of the rows that a system may have learnt from.
        outside_pictures: Their pictures' digests.

    Returns:
        bool [n]; titles are compared exactly, less the blanks around them.

    Raises:
        ValueError: Titles and pictures differ in number.

    Example:
        >>> find_unseen(["Blue Shirt", "Red Shirt"], ["a", "b"], ["Red Shirt"], ["c"]).tolist()
        [True, False]
    """
    known_titles = {title.strip() for title in outside_titles if title is not None}
    known_pictures = {digest for digest in outside_pictures if digest is not None}
    return np.array(
        [
            (title is None or title.strip() not in known_titles) and picture not in known_pictures
            for title, picture in zip(titles, pictures, strict=True)
        ],
        dtype=np.bool_,
    )
