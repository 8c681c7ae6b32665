"""Small catalogues: their head, their items and their vectors, drawn by hypothesis or by a generator."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from modiste.catalogue import CatalogueHead, CatalogueItem, ItemChange, ItemTag, Variant
from modiste.taxonomy import Field, Taxonomy

SIZE = 4
TAXONOMY = Taxonomy((
    Field("gender", "single", ("Men", "Women", "Unisex")),
    Field("colours", "multi", ("Navy Blue", "Red", "Été")),
))  # fmt: skip
HEAD = CatalogueHead("a" * 64, "old", SIZE, TAXONOMY)
NEXT_TAXONOMY = Taxonomy((Field("gender", "single", ("Men", "Women")), Field("season", "single", ("Summer", "Winter"))))
NEXT_HEAD = CatalogueHead("b" * 64, "new", SIZE + 2, NEXT_TAXONOMY)

IDS = tuple("abcdefgh")
FILTERS = (
    "price <= 10",
    "gender = 'women' and size = 'M' and stock > 0",
    "not (colours = 'red')",
    "year > 2000 or title like '%shirt%'",
    "shop is missing",
    "materials = 'wool'",
    "stock is missing",
    "brand in ('puma', 'Été')",
)

_words = st.sampled_from(["Blue shirt", "Men's Été", "red t-shirt", "x\ny", 'quote " quote', "1"])
_prices = st.sampled_from([0.0, 9.5, 10.0, 1e6])
_variants = st.lists(
    st.builds(Variant, st.sampled_from(["S", "M", "42"]), st.sampled_from([None, 0, 3])), max_size=3
).map(tuple)
_tags = st.lists(
    st.one_of(
        *(
            st.builds(ItemTag, st.just(field.name), st.sampled_from(field.values), st.just(0.5), st.just(origin))
            for field in TAXONOMY
            for origin in ("source", "predicted", "corrected")
        )
    ),
    max_size=5,
    unique_by=lambda tag: (tag.field, tag.value, tag.origin),
).map(tuple)
_details = st.fixed_dictionaries(
    {},
    optional={
        "year": st.sampled_from([1999, 2012.5, True, None]),
        "shop": st.sampled_from(["Myntra", "", None]),
        "materials": st.sampled_from([("wool",), ("wool", "cotton"), ()]),
    },
)


def draw_item(item_id: str) -> st.SearchStrategy[CatalogueItem]:
    return st.builds(
        CatalogueItem,
        st.just(item_id),
        product_id=st.sampled_from(["", "p1"]),
        image=st.sampled_from([None, "pictures.zip::1.jpg"]),
        box=st.sampled_from([None, (0.0, 1.5, 20.0, 30.0)]),
        title=st.none() | _words,
        brand=st.sampled_from([None, "Puma", "PUMA", "Été"]),
        price=st.none() | _prices,
        list_price=st.none() | _prices,
        currency=st.sampled_from([None, "INR"]),
        variants=_variants,
        tags=_tags,
        details=_details,
        picture_hash=st.sampled_from([None, "0" * 64]),
        look=st.sampled_from([None, 0, 2**64 - 1]),
        colours=st.sampled_from([None, bytes(64), bytes(range(64))]),
    )


def draw_items() -> st.SearchStrategy[list[CatalogueItem]]:
    return st.lists(st.sampled_from(IDS), max_size=4, unique=True).flatmap(
        lambda ids: st.tuples(*map(draw_item, ids)).map(list)
    )


def draw_changes() -> st.SearchStrategy[list[ItemChange]]:
    values = {
        field.name: st.lists(st.sampled_from(field.values), max_size=2, unique=True).map(tuple) for field in TAXONOMY
    }
    corrections = st.fixed_dictionaries({}, optional=values)
    change = st.builds(
        ItemChange,
        st.sampled_from((*IDS, "zz")),
        price=st.none() | _prices,
        list_price=st.none() | _prices,
        variants=st.none() | _variants,
        title=st.none() | _words,
        brand=st.sampled_from([None, "Puma", "Nike"]),
        details=st.none() | _details,
        corrections=st.none() | corrections,
    )
    return st.lists(change, max_size=3)


def draw_vectors(count: int, seed: int, size: int = SIZE) -> np.ndarray:
    """Return unit vectors [count, size]; few different ones, so that there are ties."""
    vectors = np.random.default_rng(seed).integers(-2, 3, (count, size)).astype(np.float64)
    vectors[:, 0] += np.where(np.abs(vectors).sum(axis=1) == 0, 1, 0)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def make_items(count: int, start: int = 0) -> list[CatalogueItem]:
    """Return items that all differ."""
    return [
        CatalogueItem(
            str(number),
            title=f"Shirt {number}",
            brand=f"Brand {number % 7}",
            price=float(number % 100),
            variants=(Variant("M", number % 3), Variant("L")),
            tags=(ItemTag("gender", ("Men", "Women")[number % 2], 0.9, "predicted"),),
            details={"year": 2000 + number % 10},
        )
        for number in range(start, start + count)
    ]


def make_vectors(count: int, seed: int = 0, size: int = SIZE) -> np.ndarray:
    """Return unit vectors [count, size] that all differ."""
    vectors = np.random.default_rng(seed).standard_normal((count, size))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
