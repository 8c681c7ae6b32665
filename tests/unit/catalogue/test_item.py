"""Items: whose word counts, and what an item can't be."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.catalogue import ORIGINS, CatalogueItem, ItemTag
from modiste.errors import UsageError

_TAGS = st.lists(
    st.builds(
        ItemTag,
        st.sampled_from(("colour", "kind")),
        st.sampled_from("abcd"),
        st.just(1.0),
        st.sampled_from(("predicted", "source", "corrected")),
    ),
    max_size=12,
)


@given(_TAGS)
def test_the_best_origin_that_says_anything_counts(tags: list[ItemTag]) -> None:
    item = CatalogueItem("1", tags=tuple(tags))
    for name in ("colour", "kind"):
        expected: tuple[str, ...] = ()
        for origin in ("corrected", "source", "predicted"):
            said = tuple(tag.value for tag in tags if tag.field == name and tag.origin == origin)
            if said:
                expected = said
                break
        assert item.values(name) == expected
    assert set(item.labels) == {tag.field for tag in tags}


def test_corrections_come_before_the_source_and_the_source_before_the_bundle() -> None:
    assert ORIGINS == ("corrected", "source", "predicted")


def test_an_item_shows_itself_unless_a_product_is_named() -> None:
    assert CatalogueItem("7").product_id == "7"
    assert CatalogueItem("7", product_id="shirt").product_id == "shirt"


@pytest.mark.parametrize("item_id", ["", "x" * 513])
def test_ids_are_bounded(item_id: str) -> None:
    with pytest.raises(UsageError, match=f"has {len(item_id)} characters; expected 1 to 512"):
        CatalogueItem(item_id)


def test_details_stay_as_they_were_given() -> None:
    given = {"Fabric": "Cotton"}
    item = CatalogueItem("7", details=given)
    given["Fabric"] = "Silk"
    assert item.details == {"Fabric": "Cotton"} and replace(item, title="Shirt").details is item.details
