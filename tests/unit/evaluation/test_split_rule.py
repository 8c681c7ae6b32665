"""Splits that a protocol states as a rule, and the hash of the rows they give."""

from __future__ import annotations

import polars as pl
import pytest

from modiste.errors import UnknownNameError, UsageError
from modiste.evaluation import SplitRule, apply_rule, hash_rows, load_protocol
from modiste.manifest import Manifest
from modiste.readers import read_source

EVEN = pl.col("meta.year") == 2010


@pytest.fixture
def manifest():
    rows = [
        {
            "item_id": str(at),
            "image": f"{at}.jpg",
            "source": "test",
            "title": f"title {at // 2}",
            "label.articleType": "common" if at % 4 else "rare",
            "meta.year": 2010 + at % 2,
        }
        for at in range(80)
    ]
    return Manifest.from_rows(rows)


def test_years(manifest):
    parted = apply_rule(manifest, SplitRule("years", by="articleType", commonest=1))
    for row in parted.items.iter_rows(named=True):
        even = row["meta.year"] % 2 == 0
        rare = "rare-" if row["label.articleType"] == "rare" else ""
        assert row["split"] == rare + ("train" if even else "test")


def test_drawn_parts_keep_titles_together(manifest):
    rule = SplitRule("drawn", by="articleType", groups=("title", "picture"), shares={"train": 0.75, "test": 0.25})
    parts = apply_rule(manifest, rule).items
    assert parts.filter(parts["split"] == "test").height == 20
    assert parts.group_by("title").agg(pl.col("split").n_unique())["split"].max() == 1
    assert apply_rule(manifest, rule).items["split"].to_list() == parts["split"].to_list()


def test_what_does_not_fit_is_refused(manifest):
    with pytest.raises(UnknownNameError, match="colour"):
        apply_rule(manifest, SplitRule("drawn", by="colour", shares={"train": 0.5, "test": 0.5}))
    with pytest.raises(UsageError, match="no even or no odd"):
        apply_rule(manifest.where(EVEN), SplitRule("years"))


def test_the_hash_is_of_the_ids_in_any_order(manifest):
    turned = Manifest(manifest.taxonomy, manifest.items.reverse())
    assert hash_rows(manifest) == hash_rows(turned)
    assert hash_rows(manifest) != hash_rows(manifest.where(EVEN))


@pytest.mark.data
@pytest.mark.parametrize(("name", "rows"), [("autocatalog", 5999), ("grouped", 5999), ("year-shift", 13643)])
def test_the_protocols_that_come_along_state_their_rows(shared_data, name, rows):
    protocol = load_protocol(name)
    manifest = apply_rule(read_source(shared_data / "fashion-product-images-small.zip"), protocol.split)
    part = manifest.of_split(protocol.part)
    assert (len(part), hash_rows(part)) == (rows, protocol.rows_sha256)
