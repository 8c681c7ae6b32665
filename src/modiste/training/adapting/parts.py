"""Who teaches and who judges: held-out items and folds, with a product, a title or a picture never in two of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.errors import UsageError
from modiste.manifest import Manifest
from modiste.splits import connect_rows, list_label_pairs, make_equal_shares, make_iterative_parts
from modiste.training.adapting.settings import AdaptSettings

__all__ = ["draw_folds", "draw_held_out", "group_items", "take"]

_LEARN, _HELD = "learn", "held out"


def group_items(manifest: Manifest, pixels: Sequence[NDArray[np.uint8]]) -> NDArray[np.int64]:
    """Number the items so that those of one product, one title or one picture share a number: int64 [n].

    Args:
        manifest: The items.
        pixels: Their prepared pictures, which are compared bit by bit.
    """
    digests = [hashlib.sha256(picture.tobytes()).hexdigest() for picture in pixels]
    columns = [manifest.items[name].to_list() for name in ("title", "product_id")]
    return connect_rows([*columns, digests])


def draw_held_out(
    manifest: Manifest, names: Sequence[str], groups: NDArray[np.int64], settings: AdaptSettings
) -> NDArray[np.bool_]:
    """Say which items only judge: those that the data calls ``validation``, else a share of every label.

    Args:
        manifest: The items.
        names: The fields whose labels each part gets its share of.
        groups: int64 [n]; items of one number stay together.
        settings: The share and the seed.

    Raises:
        UsageError: One side would be empty.
    """
    held = (manifest.items["split"] == "validation").fill_null(False).to_numpy()
    if not held.any():
        shares = {_LEARN: 1 - settings.held_out, _HELD: settings.held_out}
        held = _draw(manifest, names, groups, shares, settings.seed) == _HELD
    if held.all() or not held.any():
        raise UsageError(
            f"{int(held.sum())} of {len(held)} items are held out to judge; expected some of both. The items of one "
            "product, title or picture stay together: are they all one product? Type: modiste data inspect SOURCE"
        )
    return np.asarray(held, np.bool_)


def draw_folds(
    manifest: Manifest, names: Sequence[str], groups: NDArray[np.int64], settings: AdaptSettings
) -> NDArray[np.int64]:
    """Divide the items that teach into folds of equal size, int64 [n]; as `draw_held_out`.

    Raises:
        UsageError: There are too few products for as many folds.
    """
    parts = _draw(manifest, names, groups, make_equal_shares("fold-", settings.folds), settings.seed + 1)
    found, numbers = np.unique(parts, return_inverse=True)
    if len(found) < settings.folds:
        raise UsageError(
            f"the {len(manifest)} items to learn from are {len(np.unique(groups))} products, titles or pictures: too "
            f"few for {settings.folds} folds. Label more of them"
        )
    return np.asarray(numbers, np.int64)


def _draw(
    manifest: Manifest, names: Sequence[str], groups: NDArray[np.int64], shares: dict[str, float], seed: int
) -> NDArray[np.str_]:
    pairs = list_label_pairs(manifest, list(names))
    ids = manifest.items["item_id"].to_list()
    return np.array(make_iterative_parts(ids, pairs.rows, pairs.labels, shares, seed=seed, groups=groups))


def take(manifest: Manifest, rows: NDArray[np.bool_]) -> Manifest:
    """Return some items of a manifest."""
    return manifest.where(pl.lit(pl.Series(rows)))
