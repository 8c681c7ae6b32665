"""Items of the catalogue, as answers and as requests."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from modiste.serving.schemas.problem import Problem
from modiste.serving.schemas.shape import FieldName, Given, ItemId, Number, Shape, Text, Value

__all__ = [
    "BulkAnswer",
    "BulkIn",
    "BulkProblem",
    "Item",
    "ItemIn",
    "ItemList",
    "ItemPage",
    "ItemPatch",
    "ItemTag",
    "Variant",
]

_MOST = 1_000

Price = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Stock = Annotated[int, Field(ge=0, le=2**53)]
Detail = Annotated[str, Field(max_length=10_000)] | bool | int | Number | list[Value] | None
Details = Annotated[dict[FieldName, Detail], Field(max_length=200)]


class Variant(Given):
    """A size of an item."""

    size: Annotated[str, Field(max_length=100)] = Field(examples=["M"])
    stock: Stock | None = Field(default=None, description="Pieces left; null where nobody counts.", examples=[3])


class ItemTag(Shape):
    """One value of one field, and who says so."""

    field: str = Field(examples=["articleType"])
    value: str = Field(examples=["Shirts"])
    confidence: float = Field(ge=0, le=1, examples=[0.97])
    origin: Literal["corrected", "source", "predicted"] = Field(examples=["predicted"])


class Item(Shape):
    """One picture of one product, with all that is known of it."""

    item_id: str = Field(examples=["10001"])
    product_id: str = Field(examples=["10001"])
    title: str | None = Field(examples=["Corvina navy shirt"])
    brand: str | None = Field(examples=["Corvina"])
    price: float | None = Field(examples=[1299.0])
    list_price: float | None = Field(examples=[None])
    currency: str | None = Field(examples=["INR"])
    variants: list[Variant]
    labels: dict[str, list[str]] = Field(
        description="Field -> the values that count.", examples=[{"articleType": ["Shirts"]}]
    )
    tags: list[ItemTag] = Field(description="What everybody says: the bundle, the shop's table, people.")
    details: dict[str, Any] = Field(examples=[{"Fabric": "Cotton"}])
    picture: str | None = Field(description="Where its picture is.", examples=["/v1/items/10001/picture"])


class ItemPage(Shape):
    """Some items, in the order in which they were added."""

    items: list[Item]
    next: str | None = Field(description="What `after` is for the next page.", examples=["10024"])


class ItemList(Shape):
    """Some items."""

    items: list[Item]


class ItemIn(Given):
    """What a shop says of an item; a new one needs a picture."""

    item_id: ItemId | None = Field(default=None, description="By default the address's.", examples=["10001"])
    product_id: ItemId | None = Field(default=None, examples=["10001"])
    title: Text | None = Field(default=None, examples=["Corvina navy shirt"])
    brand: Value | None = Field(default=None, examples=["Corvina"])
    price: Price | None = Field(default=None, examples=[1299.0])
    list_price: Price | None = Field(default=None, examples=[1599.0])
    currency: Annotated[str, Field(max_length=20)] | None = Field(default=None, examples=["INR"])
    variants: list[Variant] = Field(default=[], max_length=500)
    labels: dict[FieldName, list[Value]] = Field(
        default={},
        max_length=200,
        description="Field -> what the shop's own table says.",
        examples=[{"articleType": ["Shirts"]}],
    )
    details: Details = Field(default={}, examples=[{"Fabric": "Cotton"}])
    picture_base64: str | None = Field(
        default=None, description="The picture's file, where it is not sent beside.", examples=[None]
    )


class ItemPatch(Given):
    """What changes of an item; what is left out or null stays. In `details`, null removes one."""

    item_id: ItemId | None = Field(default=None, description="Only in bulk.", examples=[None])
    price: Price | None = Field(default=None, examples=[999.0])
    list_price: Price | None = Field(default=None, examples=[None])
    variants: list[Variant] | None = Field(default=None, max_length=500)
    title: Text | None = Field(default=None, examples=[None])
    brand: Value | None = Field(default=None, examples=[None])
    details: Details | None = Field(default=None, examples=[None])


class BulkIn(Given):
    """Many changes at once, at most 1,000."""

    put: list[ItemIn] = Field(default=[], max_length=_MOST)
    patch: list[ItemPatch] = Field(default=[], max_length=_MOST)
    delete: list[ItemId] = Field(default=[], max_length=_MOST, examples=[[]])


class BulkProblem(Shape):
    """An item that was left as it was, and why."""

    item_id: str
    problem: Problem


class BulkAnswer(Shape):
    """What was done."""

    put: int = Field(examples=[1])
    patched: int = Field(examples=[0])
    deleted: int = Field(examples=[0])
    missing: list[str] = Field(description="Ids that are not there.", examples=[[]])
    problems: list[BulkProblem]
