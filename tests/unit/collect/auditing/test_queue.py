"""The audit: prices against a loop, brands, values, one ordered queue."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from modiste.bundle import Bundle
from modiste.collect.auditing import QUEUE_SCHEMA, AuditOptions, AuditResult, audit_manifest
from modiste.collect.auditing.prices import compare_prices
from modiste.errors import UnknownNameError, UsageError
from modiste.manifest import Manifest
from modiste.synthetic import draw_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    folder = tmp_path_factory.mktemp("audited")
    rows = []
    for types, brand, price in (("Tshirts", "Alder", 20.0), ("Watches", "Corvina", 80.0)):
        for number, product in enumerate(draw_shop(20, seed=3, size=(60, 80), types=[types])):
            path = folder / f"{types}-{number:02}.png"
            product.picture.save(path)
            row = {"item_id": path.stem, "image": str(path), "source": "test", "label.type": types}
            rows.append(row | {"meta.price": price + number % 5, "meta.brand": brand})
    rows[4] |= {"meta.price": 2000.0, "meta.brand": "Corvina"}
    rows[25] |= {"meta.price": 1.0}
    rows[30] |= {"label.type": "Tshirts"}
    return Manifest.from_rows(rows)


@pytest.fixture(scope="module")
def audited(shop: Manifest) -> AuditResult:
    return audit_manifest(shop, options=AuditOptions(neighbours=8), threads=1)


def test_what_was_planted_leads_the_queue(audited: AuditResult) -> None:
    queue = audited.queue
    assert queue.columns == list(QUEUE_SCHEMA)
    assert set(queue.filter(kind="price")["item_id"]) >= {"Tshirts-04", "Watches-05"}
    assert set(queue.filter(kind="value")["item_id"]) == {"Watches-10"}
    assert set(queue.filter(kind="brand")["item_id"]) == {"Tshirts-04"}
    assert queue["item_id"][0] == "Tshirts-04" and queue.filter(rank=1).height == 2
    assert queue["priority"].is_sorted(descending=True) and queue["score"].is_between(0.5, 1).all()
    assert audited.count()["brand"] == 1 and audited.unreadable == 0
    assert audited.audited == ("type", "meta.price", "meta.brand")


def test_priority_joins_the_doubts_of_an_item(audited: AuditResult) -> None:
    for _, rows in audited.queue.group_by("item_id"):
        assert rows["priority"][0] == pytest.approx(1 - np.prod(1 - rows["score"].to_numpy()))


def test_prices_are_compared_as_in_a_loop() -> None:
    rng = np.random.default_rng(0)
    prices = np.exp(rng.normal(3, 1, 40))
    prices[[3, 9]] = np.nan, -5
    positions = rng.integers(-1, 40, (40, 8))
    middle, z = compare_prices(prices, positions)
    for row in range(40):
        logs = [np.log(prices[at]) for at in positions[row] if at >= 0 and prices[at] > 0]
        if len(logs) < 5 or not prices[row] > 0:
            assert np.isnan(z[row])
            continue
        median = np.median(logs)
        spread = max(1.4826 * np.median(np.abs(np.array(logs) - median)), 0.15)
        assert z[row] == pytest.approx((np.log(prices[row]) - median) / spread)
        assert middle[row] == pytest.approx(np.exp(median))


def test_wrong_use_is_told(shop: Manifest, tiny: Bundle, tmp_path: Path) -> None:
    for options, text in (
        ({"neighbours": 4}, "5 or more"),
        ({"min_brand_share": 0.5}, "more than 0.5"),
        ({"min_z": 0}, "above 0"),
        ({"min_odds": 1}, "above 1"),
    ):
        with pytest.raises(UsageError, match=text):
            AuditOptions(**options)
    with pytest.raises(UnknownNameError, match=r"meta\.price"):
        audit_manifest(shop, bundle=tiny, options=AuditOptions(price="cost"))
    with pytest.raises(UsageError, match="no price above 0"):
        audit_manifest(shop, bundle=tiny, options=AuditOptions(price="brand"), work=tmp_path)
    bare = Manifest.from_rows(shop.items.select("item_id", "image", "source").to_dicts())
    with pytest.raises(UsageError, match="to audit"):
        audit_manifest(bare, bundle=tiny)
    several = Manifest.from_rows([{"item_id": "a", "image": "a", "source": "t", "label.style": ["x", "y"]}])
    with pytest.raises(UsageError, match="multi field"):
        audit_manifest(several, bundle=tiny, options=AuditOptions(fields=("style",)))


def test_columns_need_no_prefix(shop: Manifest, tiny: Bundle) -> None:
    result = audit_manifest(shop, bundle=tiny, options=AuditOptions(price="price", brand="brand"))
    assert {"meta.price", "meta.brand"} < set(result.audited) and isinstance(result.queue, pl.DataFrame)
