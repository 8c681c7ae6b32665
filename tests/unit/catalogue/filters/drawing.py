"""Random items and random filters on them, for hypothesis."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from hypothesis import strategies as st

from modiste.catalogue import ORIGINS, CatalogueItem, ItemTag, Variant
from modiste.catalogue.filters import (
    All,
    Between,
    Comparison,
    Contains,
    Either,
    Filter,
    Like,
    Membership,
    Negation,
    Presence,
)
from modiste.catalogue.local.schema import SCHEMA

FIELDS = ("gender", "colour")
# Case that folds to more letters, wildcards, quotes, other scripts, nothing at all.
WORDS = [
    "Navy",
    "navy",
    "NAVY blue",
    "Straße",
    "STRASSE",
    "Levi's",
    'a"b',
    "100%",
    "a_b",
    "a\\b",
    "éa",
    "日本",
    "",
    " x",
]
WORD_COLUMNS = ("title", "brand", "currency", "item_id", *FIELDS, "note", "labels", "Sleeve Length")
NUMBER_COLUMNS = ("price", "list_price", "year", "new")

words = st.sampled_from(WORDS)
numbers = st.integers(-4, 8).map(lambda quarter: quarter / 4)  # exact in binary and in JSON
missing = st.none()

tags = st.builds(ItemTag, st.sampled_from(FIELDS), words, origin=st.sampled_from(ORIGINS))
variants = st.builds(Variant, st.sampled_from(["S", "s", "M", "42"]), missing | st.integers(0, 2))
details = st.fixed_dictionaries(
    {},
    optional={
        "year": missing | numbers,
        "new": missing | st.booleans(),
        "note": missing | words | st.booleans() | st.integers(0, 2),
        "labels": missing | words | st.lists(words, max_size=3).map(tuple),
        "Sleeve Length": words,
    },
)


@st.composite
def draw_items(draw: st.DrawFn) -> list[CatalogueItem]:
    """Up to eight items, and one that has every detail, so that each column is there with its kind."""
    full = {"year": 1.0, "new": True, "note": "x", "labels": ("x",), "Sleeve Length": "x"}
    found = [CatalogueItem("full", tags=tuple(ItemTag(field, "x") for field in FIELDS), details=full)]
    for number in range(draw(st.integers(0, 8))):
        found.append(
            CatalogueItem(
                f"{draw(st.sampled_from('abAB'))}{number}",
                title=draw(missing | words),
                brand=draw(missing | words),
                price=draw(missing | numbers),
                list_price=draw(missing | numbers),
                variants=tuple(draw(st.lists(variants, max_size=3))),
                tags=tuple(draw(st.lists(tags, max_size=4))),
                details=draw(details),
            )
        )
    return found


def draw_condition(word_names: st.SearchStrategy[str], literal: st.SearchStrategy[str]) -> st.SearchStrategy[Filter]:
    """One comparison of words."""
    signs = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
    patterns = st.lists(st.sampled_from(["%", "_", "a", "Na", "v", "S", "\\%", "\\_", "\\\\", "日"]), max_size=4).map(
        "".join
    )
    return st.one_of(
        st.builds(Comparison, word_names, signs, literal),
        st.builds(Comparison, word_names, st.sampled_from(["=", "!="]), st.booleans()),
        st.builds(Membership, word_names, st.lists(literal, min_size=1, max_size=3).map(tuple), st.booleans()),
        st.builds(Between, word_names, literal, literal, st.booleans()),
        st.builds(Like, word_names, patterns, st.booleans()),
        st.builds(Contains, word_names, literal | st.sampled_from(["a", "ss", "V", "%"]), st.booleans()),
        st.builds(Presence, word_names, st.booleans()),
    )


def draw_number_condition(
    names: st.SearchStrategy[str], literal: st.SearchStrategy[float]
) -> st.SearchStrategy[Filter]:
    """One comparison of numbers."""
    return st.one_of(
        st.builds(Comparison, names, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), literal),
        st.builds(Comparison, names, st.sampled_from(["=", "!="]), st.booleans()),
        st.builds(Membership, names, st.lists(literal, min_size=1, max_size=6).map(tuple), st.booleans()),
        st.builds(Between, names, literal, literal, st.booleans()),
        st.builds(Presence, names, st.booleans()),
    )


def join(children: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    """And, or, not."""
    several = st.lists(children, min_size=2, max_size=4).map(tuple)
    return st.builds(All, several) | st.builds(Either, several) | st.builds(Negation, children)


variant_conditions = draw_condition(st.just("size"), st.sampled_from(["S", "M", "m", "42"])) | draw_number_condition(
    st.just("stock"), st.integers(0, 3).map(float)
)
filters = st.recursive(
    draw_condition(st.sampled_from(WORD_COLUMNS), words)
    | draw_number_condition(st.sampled_from(NUMBER_COLUMNS), numbers)
    | variant_conditions
    | variant_conditions,  # twice: what is asked of one size is the most intricate
    join,
    max_leaves=8,
)
any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
any_filters = st.recursive(
    draw_condition(any_text.filter(bool), any_text)
    | draw_number_condition(any_text.filter(bool), st.floats(allow_nan=False, allow_infinity=False)),
    join,
    max_leaves=12,
)


def build_database(items: Sequence[CatalogueItem]) -> sqlite3.Connection:
    """The items in the tables of a catalogue, in memory, written by hand."""
    connection = sqlite3.connect(":memory:")
    connection.create_function("fold", 1, lambda text: text.casefold() if isinstance(text, str) else text)
    for statement in SCHEMA:
        connection.execute(statement)
    for key, item in enumerate(items, start=1):
        _insert(connection, key, item)
    return connection


def _insert(connection: sqlite3.Connection, key: int, item: CatalogueItem) -> None:
    row = (key, item.item_id, item.product_id, item.title, item.brand, item.price, item.list_price, item.currency)
    columns = "item_key, item_id, product_id, title, brand, price, list_price, currency, details, seq"
    connection.execute(f"INSERT INTO items ({columns}) VALUES (?,?,?,?,?,?,?,?,?,1)", (*row, json.dumps(item.details)))
    for position, variant in enumerate(item.variants):
        connection.execute("INSERT INTO variants VALUES (?,?,?,?)", (key, position, variant.size, variant.stock))
    for position, tag in enumerate(item.tags):
        connection.execute("INSERT OR IGNORE INTO field_values (field, value) VALUES (?, ?)", (tag.field, tag.value))
        connection.execute(
            "INSERT INTO tags SELECT ?, ?, value_key, 1, ? FROM field_values WHERE field = ? AND value = ?",
            (key, position, ORIGINS.index(tag.origin), tag.field, tag.value),
        )
