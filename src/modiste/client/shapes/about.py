"""What the server serves: the catalogue and the bundle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["BundleAnswer", "BundleField", "CatalogueAnswer", "Column", "ConfusionAnswer", "Health", "PriceRange"]


@dataclass(frozen=True, slots=True)
class Health:
    """The server lives, or can answer."""

    status: Literal["ok"] = "ok"


@dataclass(frozen=True, slots=True)
class Column:
    """A name that filters may use: a number, a word, words, or a variant."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class PriceRange:
    """The least and the greatest price."""

    min: float
    max: float


@dataclass(frozen=True, slots=True)
class CatalogueAnswer:
    """What the catalogue holds.

    Args:
        items: How many.
        bundle: Fingerprint of the bundle it was made with.
        columns: Names that filters may use.
        index: How it is searched.
        price: The least and the greatest.
        currency: The most frequent one.
        can_write: Whether this client may change things.
        facets: Columns worth showing.
    """

    items: int
    bundle: str
    columns: tuple[Column, ...]
    index: str
    price: PriceRange | None
    currency: str | None
    can_write: bool
    facets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BundleField:
    """One thing that the bundle says of a picture.

    Args:
        name: Of the field.
        kind: ``"single"`` or ``"multi"``.
        parent: The field that it refines.
        values: What it may be.
        allowed: Value -> the parent's values that it stands under; any where it is missing.
    """

    name: str
    kind: Literal["single", "multi"]
    parent: str | None
    values: tuple[str, ...]
    allowed: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class BundleAnswer:
    """The model in use.

    Args:
        name: Its name.
        fingerprint: What tells it from all others.
        fields: What it says of a picture.
        card: What it is for and how good it is, as Markdown.
        metrics: What was measured.
        preprocessing: How pictures are prepared.
        confusion: Fields whose confusion matrix is known.
    """

    name: str
    fingerprint: str
    fields: tuple[BundleField, ...]
    card: str
    metrics: dict[str, Any]
    preprocessing: dict[str, Any]
    confusion: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConfusionAnswer:
    """How often one value was taken for another; a row is the truth, a column the answer."""

    field: str
    measured_on: str
    values: tuple[str, ...]
    matrix: tuple[tuple[float, ...], ...]
