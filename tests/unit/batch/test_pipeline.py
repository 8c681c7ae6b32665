from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modiste.batch.items import ITEMS
from modiste.batch.mappers import Mapper, TagMapper, TagOptions
from modiste.batch.pipeline import BATCH, run_parts, split_parts
from modiste.batch.products import order_by_product
from modiste.bundle import Bundle
from modiste.errors import UsageError


def make_items(products: list[str]) -> pl.DataFrame:
    names = [str(number) for number in range(len(products))]
    return pl.DataFrame(
        {"image": names, "item_id": names, "product_id": products}, schema_overrides=ITEMS
    ).with_columns(pl.lit(None, ITEMS["box"]).alias("box"), pl.lit(None, pl.String).alias("reason"))


@settings(max_examples=40, deadline=None)
@given(products=st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=60), size=st.integers(1, 20))
def test_parts_cover_everything_once_and_keep_products_whole(products: list[str], size: int) -> None:
    items = order_by_product(make_items(products))
    for keep in (False, True):
        parts = split_parts(items, size, keep_products=keep)
        covered = [at for part in parts for at in range(part.start, part.stop)]
        assert covered == list(range(len(products)))
        assert [part.number for part in parts] == list(range(len(parts)))
        assert keep or all(part.stop - part.start == size for part in parts[:-1])
    seen = [set(items["product_id"][part.start : part.stop]) for part in parts]
    assert sum(map(len, seen)) == len(set(products))


@settings(max_examples=40, deadline=None)
@given(products=st.lists(st.sampled_from("abc"), min_size=1, max_size=30))
def test_products_come_in_the_order_of_their_first_pictures(products: list[str]) -> None:
    items = order_by_product(make_items(products))
    expected = sorted(range(len(products)), key=lambda at: (products.index(products[at]), at))
    assert items["item_id"].to_list() == [str(at) for at in expected]


def test_pictures_without_product_are_refused() -> None:
    items = make_items(["a"]).with_columns(product_id=pl.lit(None, pl.String))
    with pytest.raises(UsageError, match="--product-pattern REGEX"):
        order_by_product(items)


def test_results_come_in_order_and_all_is_counted(tiny: Bundle, tiny_path: Path) -> None:
    names = [str(tiny_path / f"{number % 6}.jpg") for number in range(3 * BATCH)]
    names[5] = "nowhere.jpg"
    items = make_items(names).with_columns(image=pl.Series(names))
    parts = split_parts(items, BATCH + 1)
    mapper: Mapper = TagMapper(tiny, TagOptions())
    counts: list[int] = []
    results = list(run_parts(items, parts[1:], mapper, threads=3, advance=counts.append))
    assert [result.part for result in results] == parts[1:]
    assert sum(counts) == sum(part.stop - part.start for part in parts[1:])
    everything = list(run_parts(items, parts, mapper, threads=1, advance=counts.append))
    assert pl.concat([result.rows for result in everything])["item_id"].to_list() == [
        str(at) for at in range(3 * BATCH) if at != 5
    ]
    assert everything[0].errors["image"].to_list() == ["nowhere.jpg"]


def test_a_failure_of_the_network_stops_everything(tiny: Bundle, tiny_path: Path) -> None:
    class Broken(TagMapper):
        def answer(self, pictures):
            raise RuntimeError("the network broke")

    items = make_items([str(tiny_path / "0.jpg")] * 100)
    with pytest.raises(RuntimeError, match="the network broke"):
        list(
            run_parts(items, split_parts(items, 10), Broken(tiny, TagOptions()), threads=2, advance=lambda count: None)
        )
