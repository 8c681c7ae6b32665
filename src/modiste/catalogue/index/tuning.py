"""How hard an index must look is measured on its own vectors when it is built: shops differ, and their sizes too."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue.index.approximate import FaissIndex
from modiste.catalogue.index.exact import ExactIndex

__all__ = ["TUNED_RECALL", "draw_strangers", "tune_effort"]

TUNED_RECALL: Final = 0.995
_K: Final = 10
_ASKED: Final = 400  # the share found is then known within .001 where it is .995 (one standard error)
_EFFORTS: Final = {
    "lists": (6, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048),
    "graph": (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768),
}


def tune_effort(index: FaissIndex, *, seed: int, recall: float = TUNED_RECALL) -> FaissIndex:
    """Return an index that looks as hard as it must, and no harder.

    Vectors that it does not have are searched for, by one effort after the other, until the share of the true ten
    nearest that is found reaches a target.

    Args:
        index: A new one; a scan has no effort and stays as it is.
        seed: Of the draw.
        recall: The target. Where no effort reaches it, the largest one is taken, which scans all lists.

    Returns:
        The same index with its effort, which depends on vectors and seed only.
    """
    efforts = _EFFORTS.get(index.plan.family, ())
    if not efforts or index.size <= _K:
        return index
    queries = draw_strangers(index, _ASKED, seed=seed)
    bounds = ExactIndex(index.vectors, index.threads).search(queries, _K).scores[:, -1:]
    lists = getattr(index.native, "nlist", efforts[-1])  # reduced, they lie deeper, and are not asked for their number
    tuned = index
    for effort in (*(one for one in efforts if one < lists), lists):
        tuned = index.with_effort(effort)
        if (tuned.search(queries, _K).scores >= bounds).mean() >= recall:  # equal vectors may stand for each other
            break
    return tuned


def draw_strangers(index: FaissIndex, count: int, *, seed: int) -> NDArray[np.float32]:
    """Draw vectors that lie where those of an index lie, yet as far from them as those of new pictures do.

    Each is one of its vectors, moved by the difference of two of that one's neighbours. An index finds the neighbours
    of its own vectors more easily; of pictures that it does not have, it finds about the same share as of these
    (`docs/search.md`).

    Args:
        index: It has at least two vectors.
        count: How many, at most as many as it has.
        seed: Of the draw.

    Returns:
        float32 [count, d] of unit length.
    """
    vectors = index.vectors
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(index.size, min(count, index.size), replace=False))
    own = vectors[rows]
    near = index.search(own, min(_K + 1, index.size)).rows
    # The first is the vector itself; any two of the others.
    pairs = np.stack([rng.permutation(np.arange(1, near.shape[1]))[[0, -1]] for _ in rows])
    chosen = np.maximum(np.take_along_axis(near, pairs, axis=1), 0)
    moved = own + vectors[chosen[:, 0]] - vectors[chosen[:, 1]]
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    return np.where(lengths > 0, moved / np.where(lengths > 0, lengths, 1), own).astype(np.float32)
