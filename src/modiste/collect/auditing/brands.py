"""Brands that are rare among look-alikes which agree on another one."""

from __future__ import annotations

from collections import Counter

import numpy as np
import polars as pl

from modiste.collect.auditing.anomalies import Anomaly
from modiste.collect.checking.running import Evidence

__all__ = ["find_brand_anomalies"]

_FEWEST = 5  # look-alikes with a brand


def find_brand_anomalies(evidence: Evidence, column: str, *, min_share: float) -> list[Anomaly]:
    """Find brands that hardly any look-alike has, where most of them have one and the same other brand.

    Args:
        evidence: Of the items.
        column: The column of brands; compared without regard to capitals and blanks around.
        min_share: Share of the look-alikes with a brand that must agree on another one, above 0.5. The score is their
            share, less the share of those that have the stated brand.
    """
    stated = evidence.manifest.items[column].cast(pl.String).str.strip_chars()
    folded = [brand.casefold() if brand else None for brand in stated]
    names = {fold: brand for fold, brand in zip(folded, stated, strict=True) if fold}
    anomalies = []
    for row in np.flatnonzero(evidence.usable).tolist():
        own = folded[row]
        around = [folded[at] for at in evidence.neighbours.positions[row].tolist() if at >= 0 and folded[at]]
        if own is None or len(around) < _FEWEST:
            continue
        counts = Counter(around)
        rival, votes = counts.most_common(1)[0]
        if rival == own or rival is None or votes / len(around) < min_share:
            continue
        score = (votes - counts[own]) / len(around)
        if score < 0.5:
            continue
        text = f"{votes} of {len(around)} look-alikes are of {names[rival]!r}, {counts[own]} of {stated[row]!r}"
        # A product may well be the first of its brand that looks so; nothing is certain.
        anomalies.append(Anomaly(row, "brand", column, stated[row], names[rival], min(score, 0.95), text))
    return anomalies
