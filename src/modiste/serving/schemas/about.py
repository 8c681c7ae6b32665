"""What the server serves: the catalogue and the bundle."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from modiste.serving.schemas.shape import Shape

__all__ = ["BundleAnswer", "BundleField", "CatalogueAnswer", "Column", "ConfusionAnswer", "Health", "PriceRange"]


class Health(Shape):
    """Whether the server can answer."""

    status: Literal["ok"] = "ok"


class Column(Shape):
    """A name that filters may use."""

    name: str = Field(examples=["price"])
    kind: str = Field(description="number, word, words or variant", examples=["number"])


class PriceRange(Shape):
    """The least and the greatest price."""

    min: float = Field(examples=[99.0])
    max: float = Field(examples=[9999.0])


class CatalogueAnswer(Shape):
    """What the catalogue holds."""

    items: int = Field(examples=[240])
    bundle: str = Field(description="Fingerprint of the bundle it was made with.", examples=["3f6a…"])
    columns: list[Column]
    index: str = Field(examples=["exact over 240 items"])
    price: PriceRange | None
    currency: str | None = Field(description="The most frequent one.", examples=["INR"])
    can_write: bool = Field(description="Whether whoever asks may change things.", examples=[True])
    facets: list[str] = Field(description="Columns worth showing.", examples=[["articleType", "brand"]])


class BundleField(Shape):
    """One thing that the bundle says of a picture."""

    name: str = Field(examples=["articleType"])
    kind: Literal["single", "multi"]
    parent: str | None = Field(description="The field that it refines.", examples=["subCategory"])
    values: list[str] = Field(examples=[["Shirts", "Tops"]])
    allowed: dict[str, list[str]] = Field(
        description="Value -> the parent's values that it stands under; any where it is missing.",
        examples=[{"Shirts": ["Topwear"]}],
    )


class BundleAnswer(Shape):
    """The model in use."""

    name: str = Field(examples=["modiste-lite0"])
    fingerprint: str = Field(examples=["3f6a…"])
    fields: list[BundleField]
    card: str = Field(description="What it is for and how good it is, as Markdown.", examples=["# modiste-lite0"])
    metrics: dict[str, Any]
    preprocessing: dict[str, Any]
    confusion: list[str] = Field(description="Fields whose confusion matrix is known.", examples=[[]])


class ConfusionAnswer(Shape):
    """How often one value was taken for another."""

    field: str = Field(examples=["season"])
    measured_on: str = Field(description="Which items.", examples=["the validation part, 2,002 pictures"])
    values: list[str] = Field(examples=[["Summer", "Winter"]])
    matrix: list[list[float]] = Field(description="Row: the truth; column: the answer.", examples=[[[9, 1], [2, 8]]])
