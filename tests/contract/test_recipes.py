"""Every recipe that modiste brings can be read, and the committed split holds the published test part."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from modiste.splits import hash_id, read_published_split
from tests.conftest import REPOSITORY

RECIPES = sorted((REPOSITORY / "recipes").glob("*.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipe_can_be_read(path: Path) -> None:
    pytest.importorskip("torch")
    from modiste.training import load_recipe

    assert load_recipe(path).name == path.stem


def read_committed_split() -> dict[str, str]:
    table = pl.read_csv(REPOSITORY / "recipes" / "splits" / "product-tagger.csv", infer_schema=False)
    return dict(zip(table["item"], table["split"], strict=True))


def test_committed_split_names_each_item_once() -> None:
    table = pl.read_csv(REPOSITORY / "recipes" / "splits" / "product-tagger.csv", infer_schema=False)
    assert table["item"].n_unique() == table.height
    assert set(table["split"]) == {"test", "validation"}


@pytest.mark.data
def test_published_test_ids_are_sealed(shared_data: Path) -> None:
    committed = read_committed_split()
    published = read_published_split(shared_data / "condition-cnn-split.csv")
    assert all(committed.get(hash_id(item)) == "test" for item, part in published.items() if part == "test")
