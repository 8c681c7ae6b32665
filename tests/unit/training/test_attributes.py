"""A recipe that learns what a shop's records say: the data is read with them, and rare values of a field are masked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

pytest.importorskip("torch")

from modiste.errors import RecipeError
from modiste.manifest import Manifest
from modiste.training.dataset import choose_parts, learn_taxonomy, read_items
from modiste.training.reading import read_data
from modiste.training.recipe import DataRecipe

FILE = 'brand = "brand"\nlaunchYear = "year"\n[neck.Neck]\n"V-Neck" = ["V", "V Neck"]\nRound = ["O"]\n'
HEADER = "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName"
NECKS = ["V", "V Neck", "O", "O", None, "Odd", "O", "V"] * 3
BRANDS = ["Puma", "Puma", "Puma", "Nike", "Nike", "Nike", "Puma", "Nike"] * 3
BRANDS[5] = "Rare"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """24 products as Kaggle lays them out."""
    folder = tmp_path / "shop"
    for name in ("images", "styles"):
        (folder / name).mkdir(parents=True)
    lines = [HEADER]
    for at, (neck, brand) in enumerate(zip(NECKS, BRANDS, strict=True)):
        lines.append(
            f"{at},Men,Apparel,Topwear,{'Tops' if at % 2 else 'Tshirts'},Blue,Fall,{2011 + at % 2},Casual,Top {at}"
        )
        Image.new("RGB", (6, 8)).save(folder / "images" / f"{at}.jpg")
        record: dict[str, Any] = {"brandName": brand, "articleAttributes": {"Neck": neck} if neck else {}}
        (folder / "styles" / f"{at}.json").write_text(json.dumps({"data": record}), encoding="utf-8")
    (folder / "styles.csv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "attributes.toml").write_text(FILE, encoding="utf-8")
    return folder


def learn(shop: Path, **options: Any) -> tuple[Manifest, Any]:
    recipe = DataRecipe(
        **{
            "fields": ("articleType", "neck", "brand", "launchYear"),
            "attributes": "attributes.toml",
            "validation": 0.25,
        }
        | options
    )
    train, validation = choose_parts(read_data(shop, recipe), recipe, shop.parent, seed=1)
    assert len(train) + len(validation) == 24 and len(validation)
    return train, learn_taxonomy(train, recipe)


def test_the_records_are_read_where_the_recipe_needs_them_and_only_there(shop: Path) -> None:
    assert "meta.brand" in read_data(shop, DataRecipe(attributes="attributes.toml")).items.columns
    assert "meta.brand" in read_data(shop, DataRecipe(), DataRecipe(attributes="attributes.toml")).items.columns
    assert "meta.brand" not in read_data(shop, DataRecipe()).items.columns
    assert "meta.brand" in read_data(shop, DataRecipe(attributes="x"), reader="kaggle").items.columns


def test_data_that_was_read_with_them_before_is_as_good(shop: Path, tmp_path: Path) -> None:
    recipe = DataRecipe(attributes="attributes.toml")
    whole = read_data(shop, recipe)
    whole.write(tmp_path / "kept")
    again = read_data(tmp_path / "kept", recipe)
    assert again.items.equals(whole.items)


def test_attributes_are_fields_like_any_other(shop: Path) -> None:
    train, taxonomy = learn(shop)
    assert taxonomy.names == ("articleType", "neck", "brand", "launchYear")
    assert taxonomy["neck"].values == ("Round", "V-Neck") and taxonomy["launchYear"].values == ("2011", "2012")
    items = read_items(train, taxonomy)
    for row, item in enumerate(items.item_ids):
        neck = {"V": "V-Neck", "V Neck": "V-Neck", "O": "Round"}.get(NECKS[int(item)] or "")
        own = items.targets[row, 2:4]
        assert items.known[row, 1] == (neck is not None) == bool(own.sum())
        assert neck is None or taxonomy["neck"].values[own.argmax()] == neck


def test_a_field_s_own_least_count_masks_its_rare_values(shop: Path) -> None:
    train, taxonomy = learn(shop, min_counts={"brand": 2})
    counts = train.labels("brand").value_counts()
    assert set(taxonomy["brand"].values) == {name for name, count in counts.rows() if count >= 2}
    assert "Rare" not in taxonomy["brand"].values and len(taxonomy["articleType"]) == 2


def test_what_can_t_be_made_is_a_matter_of_the_recipe(shop: Path) -> None:
    with pytest.raises(RecipeError, match=r"change data.attributes: .*can't be read as TOML"):
        learn(shop, attributes="none.toml")
    recipe = DataRecipe(attributes="attributes.toml")
    with pytest.raises(RecipeError, match=r"change data.attributes: .*--details"):
        choose_parts(read_data(shop, DataRecipe()), recipe, shop.parent, seed=1)


def test_a_least_count_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"min_counts.brand\n  Input should be greater than or equal to 1"):
        DataRecipe(min_counts={"brand": 0})
