"""Fields added to the shipped bundle: what it said stays to the last bit, what is new is learnt, and may be silent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

pytest.importorskip("torch")

from modiste.bundle import Bundle, load_confusion
from modiste.cli.main import main
from modiste.errors import BundleError, ModisteError, RecipeError
from modiste.manifest import Manifest
from modiste.runtime import Decider, Network, Tagger, slice_fields
from modiste.training.adapting import add_fields
from modiste.training.adapting.choosing import DECAYS, choose_head_by, score_loss
from modiste.training.recipe import Recipe

pytestmark = pytest.mark.usefixtures("one_thread")
STAGE = {"name": "heads", "height": 112, "width": 84, "frozen": "trunk"}
SILENCE = {"fields": ["shade"], "under": "articleType", "precision": 0.5}


def make_recipe(silence: dict[str, Any] = SILENCE, **data: Any) -> Recipe:
    fields = {"fields": ["articleType", "shade", "mood"]} | data
    return Recipe.model_validate({"name": "more", "data": fields, "silence": silence, "stages": [STAGE]})


@pytest.fixture(scope="module")
def labelled(shop: Manifest, shipped: Bundle) -> Manifest:
    """The drawn shop with its parts, and as article types what the bundle says; tops have no shade."""
    tagger = Tagger(shipped, threads=1)
    kinds = [tags["articleType"].value for tags in tagger.tag(shop.items["image"].to_list())]
    most = max(set(kinds), key=kinds.count)
    rows = shop.items.with_columns(
        pl.Series("label.articleType", kinds),
        pl.Series("split", ["validation" if at % 4 == 0 else "train" for at in range(len(shop))]),
    )
    rows = rows.with_columns(
        pl.when(pl.col("label.articleType") != most).then(pl.col("label.shade")).alias("label.shade")
    )
    return Manifest.from_rows(rows.to_dicts())


@pytest.fixture(scope="module")
def added(shipped: Bundle, labelled: Manifest, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("added") / "more"
    return add_fields(shipped, labelled, make_recipe(), Path(), folder, training={"command": "x"}, say=lambda _: None)


def test_what_was_said_stays_to_the_last_bit(shipped: Bundle, added: Bundle, labelled: Manifest) -> None:
    new = tuple(name for name in added.taxonomy.names if name not in shipped.taxonomy)
    assert added.taxonomy.names == (*shipped.taxonomy.names, *new) and set(new) == {"shade", "mood"}
    size = (5, shipped.preprocessing.height, shipped.preprocessing.width, 3)
    pictures = np.random.default_rng(1).integers(0, 256, size, np.uint8)
    before, after = Network(shipped).run(pictures), Network(added).run(pictures)
    np.testing.assert_array_equal(before.embedding, after.embedding)
    old, now = slice_fields(shipped.taxonomy), slice_fields(added.taxonomy)
    for name in shipped.taxonomy.names:
        np.testing.assert_array_equal(before.logits[:, old[name]], after.logits[:, now[name]])
    one, other = Decider(shipped.spec).decide(before.logits), Decider(added.spec).decide(after.logits)
    for name in shipped.taxonomy.names:
        np.testing.assert_allclose(one.probabilities[name], other.probabilities[name])
        np.testing.assert_array_equal(one.doubtful[name], other.doubtful[name])
    assert added.has_text_encoder == shipped.has_text_encoder
    assert added.spec.stranger_below == shipped.spec.stranger_below
    told = load_confusion(added)
    assert told is not None and "shade" in told.fields and "articleType" in told.fields


def test_what_is_new_is_learnt_and_said_of_kinds_that_have_it(
    shipped: Bundle, added: Bundle, labelled: Manifest
) -> None:
    rule = added.spec.silence["shade"]
    assert set(added.spec.silence) == {*shipped.spec.silence, "shade"} and rule.under == "articleType"
    train = labelled.of_split("train").items
    has = set()
    for kind in train["label.articleType"].unique():
        told = train.filter(pl.col("label.articleType") == kind)["label.shade"].to_list()
        if sum(shade is not None for shade in told) >= 0.05 * len(told) and any(told):
            has.add(kind)
    assert set(rule.values) == has
    assert {"mood"} <= set(added.spec.doubt) and "shade" not in added.spec.doubt
    figures: Any = added.spec.metrics["added fields, on the validation part"]
    assert set(figures) == {"shade", "mood"} and figures["shade"]["accuracy"] >= 0.5
    tagger = Tagger(added, threads=1)
    said = 0
    for row in labelled.of_split("validation").items.iter_rows(named=True):
        tag = tagger.tag_one(row["image"])["shade"]
        said += tag.value is not None
        assert tag.value is None or row["label.articleType"] in has
    assert said
    assert "shade" in added.card and "x" in str(added.spec.training["added fields"])


def test_fields_are_added_to_what_has_added_fields(added: Bundle, labelled: Manifest, tmp_path: Path) -> None:
    rows = labelled.items.rename({"label.shade": "label.tint"}).drop("label.mood").to_dicts()
    recipe = make_recipe(silence={}, fields=["tint"])
    again = add_fields(added, Manifest.from_rows(rows), recipe, Path(), tmp_path / "again", say=lambda _: None)
    assert again.taxonomy.names == (*added.taxonomy.names, "tint")
    assert again.spec.silence == added.spec.silence
    assert again.spec.doubt["mood"] == added.spec.doubt["mood"]


def test_the_decay_is_the_one_by_which_the_judges_are_told_best() -> None:
    rng = np.random.default_rng(0)
    features, held = rng.normal(size=(60, 20)).astype(np.float32), rng.normal(size=(50, 20)).astype(np.float32)
    targets, truth = (
        np.eye(2, dtype=np.uint8)[(part[:, 0] + rng.normal(size=len(part)) > 0).astype(int)]
        for part in (features, held)
    )
    found = choose_head_by(features, targets, (held, truth), "single")
    assert set(found.losses) == set(DECAYS) and found.decay == min(found.losses, key=lambda decay: found.losses[decay])
    np.testing.assert_array_equal(found.logits, found.head.apply(held))
    assert score_loss(found.logits, truth, "single") == pytest.approx(found.losses[found.decay])


@pytest.mark.parametrize(
    ("recipe", "text"),
    [
        (make_recipe(silence={}, fields=["articleType"]), "the bundle says all of them"),
        (make_recipe(silence={}, training_only=["shade", "mood"]), "the bundle says all of them"),
        (
            make_recipe(silence={"fields": ["shade"], "under": "mood"}),
            "silence.under = 'mood': expected a single field",
        ),
        (make_recipe(silence={}, fields=["hue"]), "hue"),
    ],
)
def test_what_can_t_be_added_is_refused(
    shipped: Bundle, labelled: Manifest, tmp_path: Path, recipe: Recipe, text: str
) -> None:
    with pytest.raises(ModisteError, match=text):
        add_fields(shipped, labelled, recipe, Path(), tmp_path / "new", say=lambda _: None)
    assert not (tmp_path / "new").exists()


def test_a_field_that_nobody_can_judge_is_refused(shipped: Bundle, labelled: Manifest, tmp_path: Path) -> None:
    rows = labelled.items.with_columns(
        pl.when(pl.col("split") == "train").then(pl.col("label.shade")).alias("label.shade")
    )
    with pytest.raises(RecipeError, match=r"shade: [0-9]+ labels to learn from and 0 to choose by"):
        add_fields(
            shipped, Manifest.from_rows(rows.to_dicts()), make_recipe(), Path(), tmp_path / "new", say=lambda _: None
        )


def test_an_existing_folder_is_refused(shipped: Bundle, labelled: Manifest, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="exists already"):
        add_fields(shipped, labelled, make_recipe(), Path(), tmp_path, say=lambda _: None)


def test_the_command(shipped: Bundle, labelled: Manifest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labelled.write(tmp_path / "data")
    text = '[data]\nfields = ["shade"]\n[silence]\n[[stages]]\nname = "heads"\n'
    (tmp_path / "mine.toml").write_text(f'name = "mine"\n{text}', encoding="utf-8")
    words = ["bundle", "add-fields", str(shipped.path), str(tmp_path / "new")]
    with pytest.raises(SystemExit) as left:
        main([*words, "--data", str(tmp_path / "data"), "--recipe", str(tmp_path / "mine.toml")])
    assert left.value.code == 0
    assert "shade" in Bundle.open(tmp_path / "new").taxonomy and "Next: modiste tag" in capsys.readouterr().out
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2 and "needs --data" in capsys.readouterr().err
