"""Searches by words, on a drawn gallery where the right answers are known; and the queries written by hand."""

from __future__ import annotations

import csv
import io
import json
import statistics
import time
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.bench.text_queries import ShopperQuery, find_expected, read_queries
from modiste.bench.word_rankings import fuse_rankings, rank_by_words
from modiste.bundle import Bundle
from modiste.catalogue.words import fuse_ranks
from modiste.errors import UsageError
from modiste.runtime import TextEncoder
from tests.conftest import REPOSITORY

FIELDS = {"gender", "masterCategory", "subCategory", "articleType", "baseColour", "season", "usage"}


def test_queries_expect_what_the_shop_has() -> None:
    queries, taxonomy = read_queries(), Bundle.open().taxonomy
    assert len(queries) == 200
    assert {query.kind for query in queries} == {"plain", "typo", "plural", "colour", "brand", "everyday"}
    for query in queries:
        assert query.expected
        for field, values in query.expected.items():
            if field != "brand":
                assert field in FIELDS
                assert set(values) <= set(taxonomy[field].values), query


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("kind,query\nplain,red\n", "has the columns"),
        ("kind,query,expected\nplain,red\n", "line 2"),
        ("kind,query,expected\nplain,red,baseColour\n", "line 2"),
        ("kind,query,expected\nplain,red,baseColour=\n", "leaves something open"),
        ("kind,query,expected\nplain,,baseColour=Red\n", "leaves something open"),
        ("kind,query,expected\na,red,baseColour=Red\nb,red,baseColour=Red\n", "twice: red"),
    ],
)
def test_damaged_queries_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "queries.csv").write_text(text)
    with pytest.raises(UsageError, match=reason):
        read_queries(tmp_path / "queries.csv")


def test_expected_labels_must_all_be_there() -> None:
    items = pl.DataFrame(
        {
            "label.gender": ["Men", "Men", "Women", None],
            "label.baseColour": ["Blue", "Navy Blue", "Blue", "Blue"],
            "meta.brand": ["Puma", "Nike", None, "Puma"],
        }
    )
    query = ShopperQuery("brand", "mens blue puma", {"gender": ("Men",), "baseColour": ("Blue", "Navy Blue")})
    branded = ShopperQuery("brand", "mens blue puma", {**query.expected, "brand": ("Puma",)})
    assert find_expected([query, branded], items).tolist() == [[True, True, False, False]] * 2
    assert find_expected([branded], items, brands=True).tolist() == [[True, False, False, False]]


@given(st.integers(1, 12), st.integers(0, 1000))
def test_fusion_equals_that_of_the_catalogue(n: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    first, second = (random.permutation(n) for _ in range(2))
    expected = [int(name) for name, _ in fuse_ranks([list(map(str, first)), list(map(str, second))])]
    assert fuse_rankings(first[None], second[None])[0].tolist() == expected


def test_fusion_looks_only_so_deep() -> None:
    first, second = np.arange(6)[None], np.array([[5, 4, 3, 2, 1, 0]])
    assert fuse_rankings(first, second, depth=1)[0].tolist() == [0, 5, 1, 2, 3, 4]


def test_words_rank_all_rows() -> None:
    order = rank_by_words(["red", "blue shirt", "nothing"], ["Red Tie", "Blue Tie", "Blue Shirts"])
    assert order.tolist() == [[0, 1, 2], [2, 1, 0], [0, 1, 2]]


KINDS = [("Apparel", "Topwear", "Shirts"), ("Footwear", "Shoes", "Heels"), ("Accessories", "Bags", "Handbags")]
COLUMNS = ("id", "gender", "masterCategory", "subCategory", "articleType", "baseColour", "season", "usage")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """60 pictures of three kinds; the first 30 are the validation part, and every third of them has a known title."""
    from PIL import Image

    from modiste.bench.retrieval import SMALL_PICTURES
    from modiste.splits import hash_id

    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow([*COLUMNS, "year", "productDisplayName"])
    with zipfile.ZipFile(tmp_path / SMALL_PICTURES, "w") as archive:
        for number in range(60):
            kind = KINDS[number % 3]
            line = "known" if number % 9 == 0 or number >= 30 else f"x{chr(97 + number // 3)}"
            labels = ("Men", *kind, ("Red", "Green", "Blue")[number % 3], "Summer", "Casual")
            writer.writerow([number, *labels, 2012, f"Finch {line} {kind[2]}"])
            pixels = np.random.default_rng(number).integers(0, 255, (80, 60, 3)).astype(np.uint8)
            file = io.BytesIO()
            Image.fromarray(pixels).save(file, "JPEG")
            archive.writestr(f"images/{number}.jpg", file.getvalue())
            record = {"data": {"brandName": "Puma" if number % 2 else "Nike"}}
            archive.writestr(f"styles/{number}.json", json.dumps(record))
        archive.writestr("styles.csv", table.getvalue())
    parts = "".join(f"{hash_id(str(number))},validation\n" for number in range(30))
    (tmp_path / "product-tagger.csv").write_text(f"item,split\n{parts}")
    return tmp_path


def test_run_reports_every_system(data: Path, tiny_path: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    import shutil

    from modiste.bench import Setting, text_search
    from modiste.bundle import TextSpec, attach_text
    from tests.unit.text_graph import PIECES, make_text_graph

    copy = Bundle.open(shutil.copytree(tiny_path, tmp_path / "bundle"))
    setting = Setting(copy.path, data, threads=1, replicates=20, say=lambda line: None)
    with pytest.raises(UsageError, match="has no text encoder"):
        text_search.run(setting)
    attach_text(copy, TextSpec(pieces=PIECES), make_text_graph(16))
    report = text_search.run(setting)
    assert report.facts["part"].startswith("validation: 30 products")
    assert report.facts["titles"] == "26"  # the other four are those of training items
    sections = {section.heading: section.data for section in report.sections}
    table = sections["Titles that no other item bears"]
    assert table["BM25, true titles"]["R@1"]["value"] == 1
    assert 0 <= table["text encoder"]["R@10"]["value"] <= 1
    assert sections["Queries written by hand"]["all"]["queries"] > 0
    assert len(report.targets) == 3
    assert "R@10" in report.to_markdown()


def test_an_unknown_part_is_refused(data: Path, tiny_path: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    import shutil

    from modiste.bench import Setting, text_search
    from modiste.bundle import TextSpec, attach_text
    from tests.unit.text_graph import PIECES, make_text_graph

    copy = Bundle.open(shutil.copytree(tiny_path, tmp_path / "bundle"))
    attach_text(copy, TextSpec(pieces=PIECES), make_text_graph(16))
    with pytest.raises(UsageError, match="expected 'validation' or 'test'"):
        text_search.run(Setting(copy.path, data, part="control", say=lambda line: None))


def test_the_committed_table_was_measured_on_the_shipped_text_encoder() -> None:
    facts = json.loads((REPOSITORY / "results" / "text-search.json").read_text(encoding="utf-8"))["facts"]
    assert Bundle.open().text_fingerprint in facts["text encoder"]


def test_shipped_words_find_their_way_in_time() -> None:
    """One text takes well under a millisecond, and what is misspelt lies nearest to what was meant."""
    encoder = TextEncoder()
    rights = ["red sandals women", "blue checked shirt men", "black handbag", "sunglasses"]
    wrongs = ["ladys red sandels", "mens blu chekced shirt", "balck hanbag", "sunglases"]
    cosines = encoder.encode(wrongs) @ encoder.encode(rights).T
    assert cosines.argmax(axis=1).tolist() == [0, 1, 2, 3]
    assert (encoder.bundle.path / encoder.bundle.spec.text.weights).stat().st_size <= 8_000_000  # type: ignore[union-attr]
    times = []
    for _ in range(50):
        start = time.process_time()
        encoder.encode(wrongs[:1])
        times.append(time.process_time() - start)
    assert statistics.median(times) <= 0.002
