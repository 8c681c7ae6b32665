"""Prices that are far from those of look-alikes."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from modiste.collect.auditing.anomalies import Anomaly
from modiste.collect.checking.running import Evidence
from modiste.errors import UsageError

__all__ = ["compare_prices", "find_price_anomalies"]

_NORMAL = 1.4826  # makes the median absolute deviation the standard deviation of a normal distribution
_LEAST = 0.15  # of a logarithm: prices that differ by 15 % are no anomaly, however equal the look-alikes' are
_FEWEST = 5  # look-alikes with a price


def compare_prices(
    prices: NDArray[np.float64], positions: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compare each price with its look-alikes': (log p - median of theirs) / (1.4826 MAD of theirs, at least 0.15).

    Args:
        prices: float64 [n]; not a number, or 0 and below, where there is none.
        positions: int64 [n, k]: the rows of the look-alikes; -1 for none.

    Returns:
        float64 [n] medians of the look-alikes' prices, and float64 [n] robust z-scores; not a number where the item or
        all but four of its look-alikes have no price.
    """
    logs = np.full(len(prices) + 1, np.nan)  # the last one stands for a missing look-alike
    logs[:-1] = np.log(np.where(prices > 0, prices, np.nan))
    around = logs[positions]  # [n, k]
    enough = (~np.isnan(around)).sum(axis=1) >= _FEWEST
    middle, z = np.full(len(prices), np.nan), np.full(len(prices), np.nan)
    middle[enough] = np.nanmedian(around[enough], axis=1)
    deviation = np.nanmedian(np.abs(around[enough] - middle[enough, None]), axis=1)
    z[enough] = (logs[:-1][enough] - middle[enough]) / np.maximum(_NORMAL * deviation, _LEAST)
    return np.exp(middle), z


def find_price_anomalies(evidence: Evidence, column: str, *, min_z: float) -> list[Anomaly]:
    """Find prices that are robust outliers among those of the items that look alike.

    Args:
        evidence: Of the items.
        column: The column of prices; texts that are numbers will do.
        min_z: Robust standard deviations of the log price (Iglewicz and Hoaglin, 1993, propose 3.5). The score is
            z² / (z² + min_z²): 0.5 at the limit.

    Raises:
        UsageError: The column has no number.
    """
    stated = evidence.manifest.items[column]
    prices = stated.cast(pl.String).cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy().astype(np.float64)
    if not (prices > 0).any():
        raise UsageError(f"the column {column!r} has no price above 0; name another one with --price")
    middle, z = compare_prices(prices, evidence.neighbours.positions)
    anomalies = []
    for row in np.flatnonzero((np.abs(z) >= min_z) & evidence.usable).tolist():
        ratio = prices[row] / middle[row]
        told = f"{ratio:.1f} times" if ratio >= 1 else f"1/{1 / ratio:.1f} of"
        text = f"the price {prices[row]:g} is {told} the median of its look-alikes ({middle[row]:g})"
        score = float(z[row] ** 2 / (z[row] ** 2 + min_z**2))
        anomalies.append(Anomaly(row, "price", column, f"{prices[row]:g}", f"{middle[row]:g}", score, text))
    return anomalies
