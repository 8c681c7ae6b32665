from __future__ import annotations

import tomllib
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.catalogue.item import CatalogueItem, ItemTag
from modiste.catalogue.words import list_item_words, split_words
from modiste.catalogue.words.normalising import join_phrases, to_singular


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Men's", "men"),
        ("men’s MENS Man", "men men men"),
        ("t-shirt tshirt t shirt T-Shirts tees tee-shirt", "tshirt tshirt tshirt tshirt tshirt tshirt"),
        ("dresses watches boxes brushes shoes berries blouses", "dress watch box brush shoe berry blouse"),
        ("jeans shorts sunglasses canvas lotus tennis", "jeans shorts sunglasses canvas lotus tennis"),
        ("Levi's Levis glass", "levi levi glass"),
        ("ladies' trainers", "women sports shoe"),
        ("the café in Düsseldorf, Straße", "cafe dusseldorf strasse"),
        ("navy_blue off-white", "navy blue offwhite"),
        ("hoodie hoodies hoody", "hoodie hoodie hoodie"),
        ("flip-flops flipflop", "flipflop flipflop"),
        ("gray checks and stripes", "grey checked striped"),
        ("青いシャツ рубашка", "青いシャツ рубашка"),
        ("L'Oréal", "loreal"),
        ("a of the", ""),
        ("", ""),
        ("x" * 65, ""),
    ],
)  # fmt: skip
def test_words_meet_whatever_way_a_shop_writes_them(text: str, words: str) -> None:
    assert split_words(text) == tuple(words.split())


def test_the_table_speaks_the_language_it_defines() -> None:
    """A reading is read as itself, and every phrase is written as its words are compared."""
    data = tomllib.loads(
        resources.files("modiste.catalogue.words").joinpath("shop_words.toml").read_text(encoding="utf-8")
    )
    phrases = [phrase for listed in data["same"].values() for phrase in listed]
    assert len(phrases) == len(set(phrases))
    for text in [*data["same"], *phrases, *data["stop"]]:
        assert [to_singular(word) for word in text.split()] == text.split()
    for reading in data["same"]:
        assert join_phrases(reading.split()) == reading.split()


@given(st.text(max_size=60))
def test_words_that_are_split_again_stay(text: str) -> None:
    words = split_words(text)
    assert all(word and not any(mark.isspace() for mark in word) for word in words)
    assert split_words(text.upper()) == split_words(text.upper().lower())


@given(
    st.lists(
        st.sampled_from(
            ["blue", "shirt", "dress", "men", "women", "jeans", "tshirt", "sports", "shoe", "watch", "42", "nike"]
        ),
        max_size=8,
    )
)
def test_plain_words_are_their_own_reading(words: list[str]) -> None:
    assert split_words(" ".join(words)) == tuple(words)


def test_an_item_is_found_by_title_brand_and_the_labels_that_count() -> None:
    tags = (ItemTag("colour", "Red", 0.9, "predicted"), ItemTag("colour", "Navy Blue"), ItemTag("gender", "Women"))
    item = CatalogueItem("1", title="A T", brand="Shirt Co", tags=tags, details={"note": "hidden"})
    assert list_item_words(item) == ("t", "shirt", "co", "navy", "blue", "women")
