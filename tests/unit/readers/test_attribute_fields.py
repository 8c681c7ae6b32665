"""Fields made of a shop's records: synonyms become one value, the first source decides, the rest says nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from modiste.errors import UsageError
from modiste.manifest import Manifest
from modiste.readers.attribute_fields import AttributeFields, add_attribute_fields
from modiste.splits import list_recipe_folders

RECORDS: list[dict[str, Any]] = [
    {"Neck": "V Neck", "Collar": None, "brand": "Puma", "year": 2011},
    {"Neck": "V-Neck", "Collar": "Spread", "brand": None, "year": 2012},
    {"Neck": "Polo", "Collar": "Mandarin", "brand": "Nike", "year": None},
    {"Neck": "Other", "Collar": None, "brand": "Puma", "year": 2011},
    {"Neck": None, "Collar": "Odd", "brand": "Nike", "year": 2012},
]
FILE = """
brand = "brand"
launchYear = "year"

[neck."Neck"]
"V-Neck" = ["V-Neck", "V Neck"]
"Polo Collar" = ["Polo"]

[collar."Collar"]
"Shirt Collar" = ["Spread"]
"Mandarin Collar" = ["Mandarin"]

[collar."Neck"]
"No Collar" = ["V-Neck", "V Neck"]
"Polo Collar" = ["Polo"]

[collar."Never Filled"]
"Hooded" = ["Hood"]
"""


@pytest.fixture
def shop() -> Manifest:
    rows = []
    for at, record in enumerate(RECORDS):
        own = {f"meta.{name}": record[name] for name in ("brand", "year")}
        own |= {f"meta.attribute.{name}": record[name] for name in ("Neck", "Collar")}
        rows.append({"item_id": str(at), "image": f"{at}.png", "source": "test", "label.kind": "Tops", **own})
    return Manifest.from_rows(rows)


def read(folder: Path, text: str) -> AttributeFields:
    path = folder / "attributes.toml"
    path.write_text(text, encoding="utf-8")
    return AttributeFields.read(path)


def test_synonyms_become_one_value_and_the_first_source_decides(shop: Manifest, tmp_path: Path) -> None:
    found = add_attribute_fields(shop, read(tmp_path, FILE))
    assert found.taxonomy.names == ("kind", "brand", "launchYear", "neck", "collar")
    assert found.labels("neck").to_list() == ["V-Neck", "V-Neck", "Polo Collar", None, None]
    assert found.labels("collar").to_list() == ["No Collar", "Shirt Collar", "Mandarin Collar", None, None]
    assert found.taxonomy["collar"].values == ("Mandarin Collar", "No Collar", "Shirt Collar")
    assert {field.kind for field in found.taxonomy} == {"single"}


def test_a_named_column_is_taken_as_it_is_and_numbers_become_words(shop: Manifest, tmp_path: Path) -> None:
    found = add_attribute_fields(shop, read(tmp_path, FILE))
    assert found.labels("brand").to_list() == [record["brand"] for record in RECORDS]
    assert found.labels("launchYear").to_list() == ["2011", "2012", None, "2011", "2012"]


def test_what_the_data_had_stays(shop: Manifest, tmp_path: Path) -> None:
    found = add_attribute_fields(shop, read(tmp_path, FILE))
    assert found.labels("kind").to_list() == shop.labels("kind").to_list()
    assert found.items.select(shop.items.columns).equals(shop.items)


def test_data_without_the_records_is_refused(tmp_path: Path) -> None:
    plain = Manifest.from_rows([{"item_id": "a", "image": "a.png", "source": "test", "label.kind": "Tops"}])
    with pytest.raises(UsageError, match=r"nothing to make the field 'brand' of: no column meta.brand.*--details"):
        add_attribute_fields(plain, read(tmp_path, FILE))


def test_a_field_that_the_data_has_is_not_replaced(shop: Manifest, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has a field 'kind' already"):
        add_attribute_fields(shop, read(tmp_path, 'kind = "brand"'))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("neck = 3", "neck holds 3; expected lines like"),
        ("[neck]", "neck holds {}; expected lines like"),
        ('[neck.Neck]\nRound = "Round"', r"\[neck.Neck\] holds"),
        ("[neck.Neck]\nRound = []", r"\[neck.Neck\] holds"),
        ("[neck.Neck]", r"\[neck.Neck\] holds"),
        ('[neck.Neck]\nRound = ["O"]\nScoop = ["U", "O"]', "makes two values of 'O'"),
        ("neck", "can't be read as TOML"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read(tmp_path, text)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read as TOML"):
        AttributeFields.read(tmp_path / "none.toml")


def test_the_file_of_kaggle_s_set_holds_fields_of_two_values_or_more() -> None:
    path = next(folder for folder in list_recipe_folders() if folder.is_dir()) / "attributes" / "kaggle.toml"
    sources = AttributeFields.read(path).sources
    assert len(sources) > 10
    for name, found in sources.items():
        assert name[0].islower() and name.isalpha()
        values = {value for source in found for value in (source.meanings or {}).values()}
        assert len(values) >= 2 or found[0].meanings is None


def test_the_expression_is_that_of_a_plain_loop(shop: Manifest, tmp_path: Path) -> None:
    sources = read(tmp_path, FILE).sources["collar"]
    found = add_attribute_fields(shop, read(tmp_path, FILE)).labels("collar").to_list()
    for row, label in zip(shop.items.iter_rows(named=True), found, strict=True):
        said = [(source.meanings or {}).get(row[source.column]) for source in sources if source.column in row]
        assert label == next((value for value in said if value is not None), None)


@pytest.mark.data
def test_every_value_of_kaggle_s_file_occurs(shared_data: Path) -> None:
    from modiste.readers import ReaderOptions, read_source

    path = next(folder for folder in list_recipe_folders() if folder.is_dir()) / "attributes" / "kaggle.toml"
    attributes = AttributeFields.read(path)
    found = add_attribute_fields(
        read_source(shared_data / "fashion-product-images-small.zip", options=ReaderOptions(details=True)), attributes
    )
    for name, sources in attributes.sources.items():
        counts = dict(found.labels(name).drop_nulls().value_counts().rows())
        for source in sources:
            column = set(found.items[source.column].drop_nulls().cast(pl.String))
            strangers = set(source.meanings or {}) - column
            assert not strangers, f"{name}, {source.column}: the shop has no {strangers}"
        rare = {value: count for value, count in counts.items() if count < 40}
        assert not rare or sources[0].meanings is None, f"{name}: {rare}"
