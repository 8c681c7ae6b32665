"""How each kind of FAISS index is made for a number of vectors, and how hard it looks.

The numbers were chosen by ``modiste bench search``; its table is in ``results/search-methods.md``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

__all__ = ["Family", "Plan", "count_lists", "plan_graph", "plan_lists", "plan_scan"]

Family = Literal["scan", "lists", "graph"]

_LEAST_LISTS, _MOST_LISTS = 16, 65536
_COMPONENTS = 64  # of 256 hold 97 % of the variance of the shipped bundle's vectors
_LINKS = 32


@dataclass(frozen=True)
class Plan:
    """How an index of one kind is made and searched.

    Args:
        factory: What `faiss.index_factory` makes it from.
        family: How it looks for neighbours: a scan of all codes, of some lists of them, or a walk along a graph.
        effort: Lists that are scanned, or nodes that a walk keeps in mind; of no matter for a scan.
        candidates: Rows that are fetched and scored again exactly, for each row that is asked for.
        reduced: Whether vectors are turned and cut first; distances are then Euclidean, since centring moves products.
        selects: Whether FAISS can leave rows out while it searches.
    """

    factory: str
    family: Family
    effort: int = 0
    candidates: float = 1.5
    reduced: bool = False
    selects: bool = True

    @property
    def is_serial(self) -> bool:
        """Whether FAISS takes a single query with one thread, whatever it may use."""
        return self.family != "scan" and not self.reduced


def plan_scan(code: str, dimension: int, *, candidates: float = 1.5) -> Plan:
    """Plan a scan of all codes: ``SQ8``, ``PQ`` or ``PCA``."""
    if code == "PCA":
        return Plan(f"{_reduce(dimension)},Flat", "scan", candidates=candidates, reduced=True)
    if code == "PQ":
        return Plan(_name_products(dimension), "scan", candidates=candidates, selects=False)
    return Plan(code, "scan", candidates=candidates)


def plan_lists(code: str, n: int, dimension: int, *, effort: int, candidates: float = 1.5) -> Plan:
    """Plan lists of codes around the centres of k-means: ``Flat``, ``SQ8``, ``PQ`` or ``PCA``."""
    lists = f"IVF{count_lists(n)}"
    if code == "PCA":
        return Plan(f"{_reduce(dimension)},{lists},Flat", "lists", effort, candidates, reduced=True)
    if code == "PQ":
        return Plan(f"{lists},{_name_products(dimension)}", "lists", effort, candidates, selects=False)
    return Plan(f"{lists},{code}", "lists", effort, candidates)


def plan_graph(code: str, *, effort: int, candidates: float = 1.5) -> Plan:
    """Plan a graph over codes: ``Flat``, ``SQ8`` or ``SQfp16``."""
    return Plan(f"HNSW{_LINKS},{code}", "graph", effort, candidates)


def count_lists(n: int) -> int:
    """Return how many lists suit n vectors: the power of two next to 3 sqrt(n).

    Example:
        >>> count_lists(40_000), count_lists(1_000_000)
        (512, 4096)
    """
    wanted = 1 << max(0, round(math.log2(3 * math.sqrt(max(1, n)))))
    return min(_MOST_LISTS, max(_LEAST_LISTS, wanted))


def _reduce(dimension: int) -> str:
    return f"PCA{min(_COMPONENTS, dimension)}"


def _name_products(dimension: int) -> str:
    """Name codes of half a byte for each two dimensions, which are scanned in registers."""
    return f"PQ{dimension // 2 if dimension % 2 == 0 else dimension}x4fs"
