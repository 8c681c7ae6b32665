"""Several pictures of one product, fused into one answer."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.errors import UsageError

__all__ = ["fuse_familiarity", "fuse_logits", "group_products", "order_by_product"]


def order_by_product(items: pl.DataFrame) -> pl.DataFrame:
    """Bring the pictures of each product together, products in the order of their first pictures.

    Raises:
        UsageError: Some pictures that may be readable have no product.
    """
    unknown = items.filter(pl.col("product_id").is_null() & pl.col("reason").is_null())
    if unknown.height:
        raise UsageError(
            f"nothing says which product {unknown['image'][0]!r} shows; give a "
            "table with a product column, or --product-pattern REGEX with one group, such as '^([0-9]+)'"
        )
    # What can't be read belongs to no product, but must not be taken for one product together.
    numbered = items.with_columns(pl.col("product_id").fill_null(pl.col("image"))).with_row_index("row")
    first = pl.col("row").min().over("product_id")
    return numbered.sort(first, "row").drop("row")


def group_products(items: pl.DataFrame) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Find the products of neighbouring pictures.

    Args:
        items: One row a picture, the pictures of a product next to each other.

    Returns:
        One row a product: ``product_id``, ``pictures`` (how many), ``image`` (the first); and the counts [products].
    """
    groups = items.group_by("product_id", maintain_order=True)
    products = groups.agg(pictures=pl.len().cast(pl.Int64), image=pl.col("image").first())
    return products, products["pictures"].to_numpy()


def fuse_logits(logits: NDArray[np.float32], sizes: NDArray[np.int64]) -> NDArray[np.float32]:
    """Average the logits of neighbouring rows.

    The softmax of averaged logits is the normalised geometric mean of the pictures' probabilities, that is the mean
    of their log probabilities; the sigmoid of averaged logits is the same for each value of a multi field.

    Args:
        logits: float32 [pictures, values].
        sizes: How many rows each product has, at least 1; they sum to the number of pictures.

    Returns:
        float32 [products, values].
    """
    if not len(sizes):
        return logits
    sums = np.add.reduceat(logits.astype(np.float64), _find_starts(sizes), axis=0)
    return np.asarray(sums / sizes[:, None], np.float32)


def fuse_familiarity(familiarity: NDArray[np.float32], sizes: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the familiarity of each product's most familiar picture: one that shows a product is enough.

    Args:
        familiarity: float32 [pictures].
        sizes: How many pictures each product has, as for `fuse_logits`.

    Returns:
        float32 [products].
    """
    return np.maximum.reduceat(familiarity, _find_starts(sizes)) if len(sizes) else familiarity


def _find_starts(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(sizes)[:-1]])
