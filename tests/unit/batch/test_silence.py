"""Every format leaves the cells empty of what a bundle does not say, and nothing else changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from modiste.batch import ListingOptions, TagOptions, tag_files
from modiste.bundle import Bundle
from modiste.runtime import Tagger, Tags
from modiste.synthetic import draw_shop
from tests.unit.reticent import list_silent, write_reticent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures a product; "p3-1.png" shows product p3."""
    place = tmp_path_factory.mktemp("pictures")
    for at, one in enumerate(draw_shop(12, seed=5, size=(60, 80), views=2)):
        one.picture.save(place / f"p{at // 2}-{at % 2}.png")
    return place


@pytest.fixture(scope="module")
def reticent(tiny: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return write_reticent(tiny, tmp_path_factory.mktemp("reticent") / "bundle")


@pytest.fixture(scope="module")
def before(tiny: Bundle, folder: Path) -> dict[str, Tags]:
    """What the golden tiny bundle says of each picture."""
    tagger = Tagger(tiny, threads=1)
    return {path.stem: tagger.tag_one(path, top_k=2) for path in sorted(folder.glob("*.png"))}


READERS: dict[str, Callable[[Path], pl.DataFrame]] = {
    ".csv": pl.read_csv,
    ".parquet": pl.read_parquet,
    ".jsonl": lambda path: pl.DataFrame([json.loads(line) for line in path.read_text().splitlines()]),
    ".xlsx": pl.read_excel,
}


@pytest.mark.parametrize("suffix", READERS)
def test_the_cells_are_empty(
    suffix: str, folder: Path, reticent: Bundle, before: dict[str, Tags], tmp_path: Path
) -> None:
    path = tmp_path / f"tags{suffix}"
    tag_files([folder], path, bundle=reticent, options=TagOptions(top_k=2))
    table = READERS[suffix](path)
    silent = 0
    for row in table.iter_rows(named=True):
        tags = before[row["item_id"]]
        mute = list_silent(tags)
        columns = ("colour", "colour_confidence", "colour_2", "colour_2_confidence")
        if "colour" in mute:
            assert all(row[name] is None for name in columns)
            silent += 1
        else:
            assert row["colour"] == tags["colour"].value
            assert row["colour_confidence"] == pytest.approx(tags["colour"].confidence, abs=6e-5)
            assert row["colour_2"] == tags["colour"].alternatives[0].value
        if "material" in mute:
            assert row["material"] is None and row["material_confidence"] is None
        assert row["kind"] == tags["kind"].value
        assert row["doubtful"] == any(tag.doubtful for name, tag in tags.items() if name not in mute)
    assert 0 < silent < table.height == 24


def test_a_least_confidence_of_the_user_finds_no_fault_in_silence(
    folder: Path, reticent: Bundle, before: dict[str, Tags], tmp_path: Path
) -> None:
    tag_files(
        [folder], tmp_path / "tags.csv", bundle=reticent, options=TagOptions(fields=("colour",), min_confidence=0.9)
    )
    for row in pl.read_csv(tmp_path / "tags.csv").iter_rows(named=True):
        tags = before[row["item_id"]]
        unsure = "colour" not in list_silent(tags) and tags["colour"].confidence < 0.9
        assert row["doubtful"] == unsure
        assert (row["colour"] is None) == (unsure or "colour" in list_silent(tags))


def test_a_silent_picture_contradicts_no_product(folder: Path, reticent: Bundle, tiny: Bundle, tmp_path: Path) -> None:
    listing = ListingOptions(product_pattern="^(p[0-9]+)-")
    options = TagOptions(fields=("colour",), by="product")
    tables = []
    for name, bundle in (("mute", reticent), ("loud", tiny)):
        tag_files([folder], tmp_path / f"{name}.csv", bundle=bundle, listing=listing, options=options)
        tables.append(pl.read_csv(tmp_path / f"{name}.csv"))
    mute, loud = tables
    assert mute["colour"].null_count() and not loud["colour"].null_count()
    for own, other in zip(mute.iter_rows(named=True), loud.iter_rows(named=True), strict=True):
        assert own["colour"] is None or own["colour"] == other["colour"]
        if own["colour"] is None:
            assert not own["disagreement"] and not own["doubtful"]


def test_tags_in_python_and_their_dictionary(folder: Path, reticent: Bundle, before: dict[str, Tags]) -> None:
    tagger = Tagger(reticent, threads=1)
    for name, tags in before.items():
        told, mute = tagger.tag_one(folder / f"{name}.png", top_k=2), list_silent(tags)
        assert {field for field in ("colour", "material") if not told[field].confidence} == mute
        assert {field: tag for field, tag in told.items() if field not in mute} == {
            field: tag for field, tag in tags.items() if field not in mute
        }
        assert not mute & set(told.doubtful_fields)
