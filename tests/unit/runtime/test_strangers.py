"""Pictures of no fashion product are told by the tagger and in the tables; all their tags are doubtful."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from modiste import Tagger
from modiste.batch import ListingOptions, TagOptions, tag_files
from modiste.batch.products import fuse_familiarity
from modiste.bundle import Bundle
from modiste.runtime import Decider, Network
from tests.unit.watchful import LIMIT, draw, write_watchful

LIGHT, DARK = draw(200), draw(20)


@pytest.fixture(scope="module")
def watchful(tiny: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return write_watchful(tiny, tmp_path_factory.mktemp("watchful") / "bundle")


def test_the_network_tells_and_the_decider_compares(watchful: Bundle) -> None:
    brightness = np.array([0, 40, 76, 77, 120, 255], np.uint8)
    numbers = watchful.preprocessing
    pictures = np.broadcast_to(brightness[:, None, None, None], (6, numbers.height, numbers.width, 3)).copy()
    output = Network(watchful).run(pictures)
    assert output.familiarity is not None
    np.testing.assert_allclose(output.familiarity, brightness / 255, atol=1e-6)
    decision = Decider(watchful.spec).decide(output.logits, output.familiarity)
    assert decision.stranger is not None
    assert decision.stranger.tolist() == [value / 255 < LIMIT for value in brightness.tolist()]
    plain = Decider(watchful.spec).decide(output.logits)
    for name, doubtful in decision.doubtful.items():
        assert doubtful.tolist() == (plain.doubtful[name] | decision.stranger).tolist()
        np.testing.assert_array_equal(decision.probabilities[name], plain.probabilities[name])


def test_every_tag_of_a_stranger_is_doubtful(watchful: Bundle, tiny: Bundle) -> None:
    product, stranger = Tagger(watchful, threads=1).tag([LIGHT, DARK])
    assert (product.stranger, stranger.stranger) == (False, True)
    assert stranger.doubtful_fields == tuple(stranger)
    assert repr(stranger).endswith(", stranger)") and "stranger" not in repr(product)
    before = Tagger(tiny, threads=1).tag([LIGHT, DARK])
    assert [tags.to_dict() for tags in before] == [product.to_dict(), stranger.to_dict()]
    assert product.doubtful_fields == before[0].doubtful_fields
    assert not any(tags.stranger for tags in before)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three products: one light picture, one dark one, and one of both."""
    folder = tmp_path / "shop"
    folder.mkdir()
    for name, data in {"a_1": LIGHT, "b_1": DARK, "c_1": DARK, "c_2": LIGHT}.items():
        (folder / f"{name}.jpg").write_bytes(data)
    monkeypatch.chdir(tmp_path)
    return Path("shop")


def test_the_table_says_it_of_every_picture(shop: Path, watchful: Bundle, tiny: Bundle) -> None:
    tag_files([shop], Path("tags.csv"), bundle=watchful, threads=1)
    rows = pl.read_csv("tags.csv")
    assert rows.columns[-2:] == ["doubtful", "stranger"]
    assert rows["stranger"].to_list() == [False, True, True, False]
    assert rows.filter("stranger")["doubtful"].all()
    tag_files([shop], Path("before.csv"), bundle=tiny, threads=1)
    before = pl.read_csv("before.csv")
    assert before.equals(rows.drop("stranger").with_columns(before["doubtful"]))


def test_a_product_is_a_stranger_if_all_its_pictures_are(shop: Path, watchful: Bundle) -> None:
    listing = ListingOptions(product_pattern="^([a-z])_")
    tag_files([shop], Path("tags.csv"), bundle=watchful, threads=1, options=TagOptions(by="product"), listing=listing)
    rows = pl.read_csv("tags.csv")
    assert dict(rows.select("product_id", "stranger").rows()) == {"a": False, "b": True, "c": False}


def test_the_most_familiar_picture_speaks_for_its_product() -> None:
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 5, 30)
    familiarity = rng.normal(size=sizes.sum()).astype(np.float32)
    found, start = fuse_familiarity(familiarity, sizes), 0
    for size, value in zip(sizes, found, strict=True):
        assert value == max(familiarity[start : start + size])
        start += size
    assert not len(fuse_familiarity(np.empty(0, np.float32), np.empty(0, np.int64)))
