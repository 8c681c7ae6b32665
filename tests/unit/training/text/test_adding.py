"""From drawn garments with titles to a bundle that finds them by words; and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnxscript")

from modiste.bundle import Bundle
from modiste.cli.main import main
from modiste.errors import RecipeError
from modiste.manifest import Manifest
from modiste.readers import read_source
from modiste.runtime import Embedder, TextEncoder
from modiste.synthetic import write_shop
from modiste.training.text import add_text_encoder, find_text_recipe, load_text_recipe
from modiste.training.text.adding import measure_titles
from modiste.training.text.material import TextMaterial

RECIPE = """
name = "tiny"
seed = 3
[data]
validation = 0.25
[pieces]
buckets = 400
[tower]
width = 16
heads = 2
hidden = 32
dropout = 0.0
[fit]
epochs = 30
batch_size = 32
rate = 1e-2
average = 0.9
[[parts]]
column = "label.articleType"
chance = 0.9
[[parts]]
column = "label.baseColour"
chance = 0.5
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("words")
    (folder / "tiny.toml").write_text(RECIPE)
    return write_shop(folder / "shop", 96, size=(36, 48), types=["Tshirts", "Jeans", "Watches", "Handbags"])


@pytest.fixture
def copy(tiny_path: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_path, tmp_path / "bundle"))


def test_words_are_taught_and_found_again(shop: Path, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = Bundle.open(copy)
    words = ["bundle", "add-text", copy, "--data", shop, "--recipe", shop.parent / "tiny.toml", "--threads", "1"]
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    assert left.value.code == 0, capsys.readouterr()
    after = Bundle.open(copy)
    assert after.fingerprint == before.fingerprint
    assert after.spec.text is not None
    assert after.text_fingerprint[:12] in capsys.readouterr().out
    assert str(shop.parent) not in after.spec.to_text()
    assert after.spec.text.training["items trained on"] == 72
    check_learning(after, read_source(shop))


def check_learning(bundle: Bundle, manifest: Manifest) -> None:
    """Of the first ten pictures, twice as many are of the named type as chance would put there."""
    vectors = Embedder(bundle).embed(manifest.items["image"].to_list())
    types = manifest.labels("articleType")
    names = types.unique().sort().to_list()
    order = np.argsort(-TextEncoder(bundle).encode(names) @ vectors.T, axis=1)[:, :10]
    right = [types[row.tolist()] == name for row, name in zip(order, names, strict=True)]
    assert np.mean([share.mean() for share in right]) >= 2 / len(names)


def test_rank_of_titles_equals_a_naive_one(copy: Path) -> None:
    class Known:
        def encode(self, texts):
            return np.eye(3, dtype=np.float32)[[["a", "b", "c"].index(text) for text in texts]]

    items = pl.DataFrame({"title": ["A!", "b", "x", "b", None]})
    vectors = np.array([[0.5, 0, 0], [0, 0.9, 0], [0.9, 0.5, 0], [0, 0.1, 0], [0.8, 0, 0]], np.float32)
    material = TextMaterial(items, vectors, items, vectors)
    figures = measure_titles(Known(), ["a", "b"], material)  # type: ignore[arg-type]
    assert figures == {
        "titles that no training item has": 2,
        "pictures to choose from": 5,
        "first": 0.5,
        "among the first ten": 1.0,
    }


def test_a_set_without_words_is_refused(shop: Path, copy: Path) -> None:
    manifest = read_source(shop)
    mute = Manifest(manifest.taxonomy, manifest.items.with_columns(title=pl.lit(None, pl.String)))
    recipe = load_text_recipe(shop.parent / "tiny.toml").model_copy(update={"parts": ()})
    with pytest.raises(RecipeError, match="nothing to learn"):
        add_text_encoder(Bundle.open(copy), mute, recipe, shop.parent, training={}, say=lambda line: None)
    assert not Bundle.open(copy).has_text_encoder


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name = 'a'\n[tower]\nheads = 3\n", "3 heads do not divide"),
        ("name = 'a'\n[fit]\nepochs = 0\n", "fit.epochs"),
        ("name = 'a'\n[pieces]\nshortest = 9\nlongest = 3\n", "the longest is the shorter"),
        ("name = 'a'\nsurprise = 1\n", "surprise"),
        ("name =", "TOML"),
    ],
)
def test_recipes_that_can_not_be_carried_out(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(RecipeError, match=reason):
        load_text_recipe(tmp_path / "a.toml")


def test_recipes_are_found_by_name() -> None:
    recipe = load_text_recipe(find_text_recipe("shopper"))
    assert recipe.name == "shopper"
    assert "navy" in next(part for part in recipe.parts if part.column == "label.baseColour").words["Navy Blue"]
    with pytest.raises(RecipeError, match="one of shopper"):
        find_text_recipe("shoper")


def test_the_command_asks_for_data(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["bundle", "add-text", str(copy)])
    assert left.value.code == 2
    assert "--data SOURCE" in capsys.readouterr().err
