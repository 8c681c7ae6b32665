"""Searches, as requests and answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from modiste.serving.schemas.items import Item
from modiste.serving.schemas.shape import Given, ItemId, Number, Shape

__all__ = ["FacetValue", "Found", "Hit", "SearchAnswer", "SearchIn", "SearchParameters", "Sort"]

Sort = Literal["score", "price", "-price", "title"]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Filter = Annotated[str, Field(max_length=10_000)]


class _Query(Given):
    text: str | None = Field(default=None, max_length=2_000, description="Words.", examples=["mens blue shirt"])
    item: ItemId | None = Field(default=None, description="Items like this one.", examples=[None])
    k: int = Field(default=24, ge=1, le=200, description="Hits at most.")
    offset: int = Field(default=0, ge=0, le=10_000, description="Skip so many: the next page.")
    where: Filter = Field(default="", description="A filter.", examples=["price <= 1500 and stock > 0"])
    weight: Share = Field(default=0.5, description="With words beside a look: the words' share.")
    colour_weight: Share = Field(default=0.0, description="How much colours count beside the rest.")
    diversity: Share = Field(default=0.0, description="How much hits should differ.")
    fold: bool = Field(default=False, description="One hit a product.")
    min_score: Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)] | None = Field(
        default=None, description="No hit has a lower cosine.", examples=[None]
    )
    explain: bool = Field(default=False, description="Say what hits have in common with the query.")
    sort: Sort = Field(default="score", description="By another order: among the 500 best hits, or all if browsing.")


class SearchParameters(_Query):
    """A search as the parameters of an address."""

    facets: str = Field(default="", max_length=2_000, description="Columns whose values are counted: A,B,C.")


class SearchIn(_Query):
    """A search; without text, item, picture and vector it browses."""

    facets: list[Annotated[str, Field(max_length=200)]] = Field(
        default=[], max_length=50, description="Columns whose values are counted.", examples=[["articleType"]]
    )
    vector: list[Number] | None = Field(default=None, max_length=65_536, examples=[None])
    box: tuple[Number, Number, Number, Number] | None = Field(
        default=None, description="Of the picture: left, top, width, height in pixels.", examples=[None]
    )


class Found(Shape):
    """What is said of an item because it was found."""

    item_id: str = Field(examples=["10001"])
    score: float | None = Field(description="Cosine, -1 to 1, higher is better; null if browsing.", examples=[0.83])
    word_score: float | None = Field(default=None, description="How well the words fit: BM25.", examples=[7.1])
    colour_score: float | None = Field(default=None, examples=[None])
    folded: list[str] = Field(default=[], description="Items that this one stands for.", examples=[[]])
    reasons: dict[str, Any] | None = Field(default=None, examples=[None])


class Hit(Found):
    """An item that was found."""

    item: Item


class FacetValue(Shape):
    """A value of a column, or a range of numbers, and how many items have it."""

    value: str = Field(examples=["Shirts"])
    count: int = Field(examples=[17])
    low: float | None = Field(default=None, description="The least number of a range.", examples=[None])
    high: float | None = Field(default=None, description="The greatest number of a range.", examples=[None])


class SearchAnswer(Shape):
    """What was found, best first."""

    hits: list[Hit]
    total: int | None = Field(description="On all pages together; null where nobody counted.", examples=[None])
    reason: str = Field(description="Why nothing was found.", examples=[""])
    corrected: str | None = Field(description="The words as they were read.", examples=[None])
    unknown: list[str] = Field(description="Words that no item has.", examples=[[]])
    added: list[str] = Field(description="Words that were looked for, too.", examples=[[]])
    methods: list[str] = Field(examples=[["text vectors", "words"]])
    notes: list[str] = Field(examples=[[]])
    facets: dict[str, list[FacetValue]]
    seconds: float = Field(examples=[0.004])
