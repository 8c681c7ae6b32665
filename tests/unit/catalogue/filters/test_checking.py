from __future__ import annotations

import pytest

from modiste.catalogue import CatalogueItem, ItemTag, Variant
from modiste.catalogue.filters import (
    check_filter,
    evaluate_filter,
    matches_item,
    parse_filter,
    tabulate_items,
    to_sql,
)
from modiste.errors import FilterError

_ITEM = CatalogueItem(
    "1",
    price=5.0,
    tags=(ItemTag("baseColour", "Navy"),),
    variants=(Variant("42", 1),),
    details={"Sleeve Length": "long"},
)


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("title = 'x' and colour = 'Navy'", "there is no column colour; did you mean baseColour?", 16),
        ("`sleeve length` = 'x'", "did you mean `Sleeve Length`?", 0),
        ("zzz = 1", "there is no column zzz. Known: item_id, product_id, title", 0),
        ("size = 42", "size holds words, and 42 is a number; type size = '42'", 0),
        ("stock > 'many'", "stock holds numbers, and 'many' is a word; type stock > 100", 0),
        ("not (price <= '1,500')", "price holds numbers, and '1,500' is a word; type price <= 1500", 4),
        ("price < 'inf'", "'inf' is a word; type price < 100", 0),
        ("price between 'a' and 'b'", "price holds numbers, and 'a' is a word; type price = 100", 0),
        ("baseColour in (1, 2)", "baseColour holds words, and 1 is a number; type baseColour = '1'", 0),
        ("price like '1%'", "like and contains are for words; type price between", 0),
        ("stock contains '1'", "like and contains are for words; type stock between", 0),
    ],
)
def test_what_does_not_fit_is_refused_everywhere(text: str, message: str, position: int) -> None:
    condition = parse_filter(text)
    columns = tabulate_items([_ITEM])
    for ask in (
        lambda: evaluate_filter(condition, columns),
        lambda: check_filter(condition, columns.kinds()),
        lambda: to_sql(condition, columns.kinds(), fields=["baseColour"]),
        lambda: matches_item(condition, _ITEM, columns.kinds()),
    ):
        with pytest.raises(FilterError) as caught:
            ask()
        first, shown, caret = str(caught.value).split("\n")
        assert message in first
        assert shown.strip() == str(condition)
        assert caret == " " * (2 + position) + "^"


def test_long_lists_of_names_are_cut() -> None:
    with pytest.raises(FilterError, match=r"c24, \.\.\.\n"):
        check_filter(parse_filter("zzz = 1"), {f"c{number}": "word" for number in range(99)})
