"""The shop that the load test plays with: what each change does, so that every state can be told from a journal."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from modiste.catalogue import CatalogueHead, CatalogueItem
from modiste.taxonomy import Field, Taxonomy

__all__ = ["Change", "Shop", "build_item", "build_load_head", "draw_change", "draw_vector"]

WIDTH: Final = 64
_CLUSTERS: Final = 40
_SPREAD: Final = 0.35
_PRICES: Final = (200, 5000)
_MOST: Final = 12  # items of a change

Kind = Literal["put", "patch", "remove"]


@dataclass(frozen=True)
class Change:
    """One transaction of the writer.

    Args:
        number: Its place in the journal, from 1.
        kind: What it does.
        items: Pairs of id and version; the version says what vector and price the item gets.
    """

    number: int
    kind: Kind
    items: tuple[tuple[str, int], ...]

    def to_json(self) -> dict[str, Any]:
        """Return the change as plain JSON types."""
        return {"number": self.number, "kind": self.kind, "items": [list(pair) for pair in self.items]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Change:
        """Read what `to_json` gave."""
        return cls(data["number"], data["kind"], tuple((name, version) for name, version in data["items"]))


@dataclass
class Shop:
    """The state after some changes: id -> version of its vector, and version of its price."""

    vectors: dict[str, int] = field(default_factory=dict)
    prices: dict[str, int] = field(default_factory=dict)

    def apply(self, change: Change) -> None:
        """Carry out a change."""
        for name, version in change.items:
            if change.kind == "remove":
                self.vectors.pop(name, None)
                self.prices.pop(name, None)
                continue
            self.prices[name] = version
            if change.kind == "put":
                self.vectors[name] = version

    def holds(self, change: Change) -> bool:
        """Whether a change has been carried out, and nothing after it."""
        if change.kind == "remove":
            return not any(name in self.prices for name, _ in change.items)
        return all(self.prices.get(name) == version for name, version in change.items)


def build_load_head() -> CatalogueHead:
    """Return the head of the shop's catalogue; no real bundle made it."""
    kind = Field("kind", "single", tuple(f"kind {number}" for number in range(_CLUSTERS)))
    return CatalogueHead("0" * 64, "load test", WIDTH, Taxonomy((kind,)))


def draw_change(number: int, shop: Shop, seed: int) -> Change:
    """Return the next change of a shop: it depends on the seed, its number and the state alone."""
    rng = random.Random(f"{seed} {number}")  # noqa: S311  (nothing secret)
    known = sorted(shop.vectors)
    kind: Kind = rng.choices(("put", "patch", "remove"), (5, 3, 1))[0] if len(known) > _MOST else "put"
    size = rng.randint(1, _MOST)
    if kind == "put":
        old = rng.sample(known, min(len(known), size // 3))
        names = [*old, *(f"{number}-{place}" for place in range(size - len(old)))]
    else:
        names = rng.sample(known, size)
    return Change(number, kind, tuple((name, number) for name in names))


@lru_cache(maxsize=200_000)
def draw_vector(name: str, version: int) -> NDArray[np.float32]:
    """Return the vector of a version of an item: float32 [WIDTH] of unit length, near one of some centres."""
    rng = np.random.default_rng(_number(f"{name} {version}"))
    centre = np.random.default_rng(_choose_cluster(name)).normal(size=WIDTH)
    vector = centre / np.linalg.norm(centre) + _SPREAD * rng.normal(size=WIDTH) / np.sqrt(WIDTH) * 3
    unit: NDArray[np.float32] = (vector / np.linalg.norm(vector)).astype(np.float32)
    return unit


def draw_price(name: str, version: int) -> float:
    """Return the price of a version of an item."""
    low, high = _PRICES
    return float(low + _number(f"price {name} {version}") % (high - low))


def build_item(name: str, version: int) -> CatalogueItem:
    """Return an item as the writer puts it."""
    return CatalogueItem(
        name,
        title=f"kind {_choose_cluster(name)} number {_number(name) % 1000}",
        price=draw_price(name, version),
        details={"version": version},
    )


def stack_vectors(items: Iterable[tuple[str, int]]) -> NDArray[np.float32]:
    """Return the vectors of some versions of items: float32 [n, WIDTH]."""
    return np.stack([draw_vector(name, version) for name, version in items])


def _choose_cluster(name: str) -> int:
    return _number(f"cluster {name}") % _CLUSTERS


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")
