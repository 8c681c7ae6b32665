"""Adapting the shipped bundle: what is kept stays to the last bit, what is new is learnt, bad data is told."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest

pytest.importorskip("torch")

from modiste.bundle import Bundle, Silence, load_confusion, write_bundle
from modiste.errors import BundleError, ExportError, UnknownNameError, UsageError
from modiste.manifest import Manifest
from modiste.runtime import Network, slice_fields
from modiste.training.adapting import AdaptSettings, adapt_bundle, render_adaptation
from modiste.training.adapting.parts import draw_held_out, group_items
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.usefixtures("one_thread")
SETTINGS = AdaptSettings(keep=("articleType", "subCategory", "gender"), rare_as="Other", threads=1)


@pytest.fixture(scope="module")
def adapted(shipped, shop, tmp_path_factory):
    folder = tmp_path_factory.mktemp("adapted") / "mine"
    said: list[str] = []
    done = adapt_bundle(shipped, shop, folder, SETTINGS, training={"command": "x"}, say=said.append)
    assert any("held out to judge" in line for line in said)
    return done


def draw_pictures(bundle, count=7):
    size = (count, bundle.preprocessing.height, bundle.preprocessing.width, 3)
    return np.random.default_rng(1).integers(0, 256, size, np.uint8)


def test_what_is_kept_stays_to_the_last_bit(shipped, adapted):
    bundle, pictures = Bundle.open(adapted.bundle.path), draw_pictures(shipped)
    assert bundle.taxonomy.names == ("gender", "subCategory", "articleType", "shade", "mood")
    before, after = Network(shipped).run(pictures), Network(bundle).run(pictures)
    np.testing.assert_array_equal(before.embedding, after.embedding)
    old, new = slice_fields(shipped.taxonomy), slice_fields(bundle.taxonomy)
    for name in adapted.material.kept:
        np.testing.assert_array_equal(before.logits[:, old[name]], after.logits[:, new[name]])
        assert bundle.spec.doubt[name] == shipped.spec.doubt[name]
        assert bundle.spec.temperatures[name] == shipped.spec.temperatures[name]
    assert bundle.taxonomy["articleType"] == shipped.taxonomy["articleType"]
    assert bundle.taxonomy["subCategory"].parent is None
    assert adapted.notes == ("subCategory stands alone: its parent masterCategory is gone",)
    assert bundle.has_text_encoder == shipped.has_text_encoder


def test_it_stays_silent_of_kept_fields_where_it_was(shipped, shop, tmp_path):
    silence = {
        "gender": Silence(under="articleType", values=("Tshirts", "Shirts"), below=0.6),
        "subCategory": Silence(under="baseColour", values=("Blue",), below=0.7),
        "season": Silence(below=0.5),
    }
    spec = shipped.spec.with_text(None).model_copy(update={"silence": silence})
    mute = write_bundle(tmp_path / "mute", spec=spec, onnx=shipped.read_weights(), card="")
    told = adapt_bundle(mute, shop, tmp_path / "mine", SETTINGS, say=lambda _: None).bundle.spec.silence
    # The season is gone; so is the colour, by which a subcategory was told: its confidence alone decides.
    assert told == {"gender": silence["gender"], "subCategory": Silence(below=0.7)}


def test_it_learns_more_than_the_majority(adapted):
    shade, mood = adapted.evaluation["shade"], adapted.evaluation["mood"]
    assert shade.majority is not None
    assert shade.accuracy.value >= shade.majority + 0.2
    assert mood.micro_f1.value >= 0.5
    assert "cold" in adapted.bundle.spec.thresholds["mood"]
    assert {"shade", "mood"} <= set(adapted.bundle.spec.doubt)
    told = load_confusion(adapted.bundle)
    assert list(told.fields) == ["shade"] and told.count("shade").sum() == shade.rows
    assert told.count("shade").trace() / shade.rows == pytest.approx(shade.accuracy.value)


def test_the_report_says_how_good_what_is_doubtful_and_what_to_type(adapted):
    report = render_adaptation(adapted, source="my.csv")
    for text in ("| shade", "majority", "doubtful below", "Kept as they were: gender, subCategory, articleType"):
        assert text in report
    assert f"modiste tag photos/ -o tags.csv --bundle {adapted.bundle.path}" in report
    assert "adapted from" in adapted.bundle.card


def test_the_same_seed_gives_the_same_bundle_and_a_bundle_is_adapted_again(shop, adapted, shipped, tmp_path):
    again = adapt_bundle(shipped, shop, tmp_path / "again", SETTINGS, say=str)
    assert again.bundle.fingerprint == adapted.bundle.fingerprint
    settings = AdaptSettings(fields=("shade",), keep=("mood",), threads=1)
    second = adapt_bundle(adapted.bundle, shop, tmp_path / "second", settings, say=str)
    assert second.bundle.taxonomy.names == ("mood", "shade") or second.bundle.taxonomy.names == ("shade", "mood")
    pictures = draw_pictures(shipped)
    runs = [Network(bundle).run(pictures) for bundle in (adapted.bundle, second.bundle)]
    parts = [slice_fields(bundle.taxonomy)["mood"] for bundle in (adapted.bundle, second.bundle)]
    np.testing.assert_array_equal(runs[0].logits[:, parts[0]], runs[1].logits[:, parts[1]])
    np.testing.assert_array_equal(runs[0].embedding, runs[1].embedding)
    assert len(second.bundle.read_weights()) < len(shipped.read_weights())  # no field needs the neighbours any more
    with pytest.raises(BundleError, match="exists already"):
        adapt_bundle(shipped, shop, tmp_path / "second", settings, say=str)


def test_a_title_a_product_or_a_picture_is_never_on_both_sides(shop):
    titles = [f"line {number % 50}" for number in range(len(shop))]
    lines = Manifest(shop.taxonomy, shop.items.with_columns(title=pl.Series(titles)))
    pixels = np.random.default_rng(0).integers(0, 256, (len(shop), 2, 2, 3), np.uint8)
    pixels[7] = pixels[11]
    groups = group_items(lines, list(pixels))
    assert groups[7] == groups[11] == groups[57]
    held = draw_held_out(lines, ["shade", "mood"], groups, AdaptSettings())
    assert not set(groups[held]) & set(groups[~held])
    assert 0.1 <= held.mean() <= 0.3


def relabel(manifest, **columns):
    return Manifest.from_rows(manifest.items.with_columns(**columns).to_dicts())


def test_a_part_of_the_data_judges_if_it_is_named_so(shop, shipped, tmp_path):
    parts = pl.Series(["validation" if at % 4 == 0 else "test" if at % 4 == 1 else None for at in range(len(shop))])
    settings = AdaptSettings(fields=("shade",), threads=1)
    done = adapt_bundle(shipped, relabel(shop, split=parts), tmp_path / "mine", settings, say=str)
    assert set(done.material.held.items["split"]) == {"validation"}
    assert done.material.learn.items["split"].null_count() == len(done.material.learn)
    assert "'validation', which chose nothing" in render_adaptation(done, source="x")


@pytest.mark.parametrize(
    ("columns", "settings", "error", "text"),
    [
        (
            {"label.shade": pl.lit("Ink")},
            {"fields": ("shade",)},
            UsageError,
            r"'shade': expected 2 or more values.*Ink",
        ),
        ({"label.shade": pl.lit(None, pl.String)}, {"fields": ("shade",)}, UsageError, "labels no item with shade"),
        ({}, {"fields": ("shadow",)}, UnknownNameError, "did you mean 'shade'"),
        ({"image": pl.lit("nowhere.jpg")}, {}, UsageError, r"0 of the \d+ labelled pictures can be read; the first"),
        ({"title": pl.lit("one")}, {}, UsageError, "are they all one product"),
        ({"split": pl.lit("test")}, {}, UsageError, "0 of the 160 items of the data have a label"),
    ],
)
def test_data_that_teaches_nothing_is_refused(shop, shipped, tmp_path, columns, settings, error, text):
    with pytest.raises(error, match=text):
        adapt_bundle(shipped, relabel(shop, **columns), tmp_path / "mine", AdaptSettings(**settings), say=str)
    assert not (tmp_path / "mine").exists()


def test_a_bundle_without_a_classifying_layer_is_refused(shop, tmp_path):
    tiny = Bundle.open(REPOSITORY / "tests" / "golden" / "tiny")
    with pytest.raises(ExportError, match="a bundle that modiste exported"):
        adapt_bundle(tiny, shop, tmp_path / "mine", AdaptSettings(threads=1), say=str)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"held_out": 0.0}, "--held-out 0"),
        ({"min_count": 2}, "--min-count 2"),
        ({"rare_as": " "}, "--rare-as is empty"),
    ],
)
def test_settings_out_of_range_are_refused(options, text):
    with pytest.raises(UsageError, match=text):
        AdaptSettings(**options)
    assert dataclasses.asdict(AdaptSettings())["keep"] is None
