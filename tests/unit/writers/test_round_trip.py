"""What every writer declares, it keeps: written, read back, and compared item by item and hash by hash."""

from __future__ import annotations

import tempfile
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from modiste.errors import UsageError
from modiste.imaging import PictureSource, decode_picture
from modiste.manifest import LABEL, META, Manifest
from modiste.taxonomy import Field, Taxonomy
from modiste.writers import WriterOptions, describe_losses, find_writer, list_writers
from modiste.writers.losses import prepare_manifest
from tests.unit.writers.conftest import ALLOWED, FORMATS, GROUPS, PICTURES, TYPES, Format, hash_pictures, rename, write

ODD = (
    *("../up", "/etc/passwd", "..", ".hidden", "a/b", "a\\b", "C:\\x", "A", "a", "ß", "SS", "é", "e\u0301", "con"),
    *("NA", "null", "a,b", 'in "quotes"', "two\nlines", "tab\there", " edge ", "50%", "%41", "x.jpg", "x.jpg.jpg"),
    *("__MACOSX", "a::b", "shop.zip", "::", "日本", "\u2028", "-1", "007", "1e5", "=1+1", "a;b|c", "trailing.", "\x07"),
)
LEAVES = st.one_of(st.sampled_from(ODD), st.text(st.characters(codec="utf-8"), min_size=1, max_size=12))


def options_for(chosen: Format, manifest: Manifest) -> WriterOptions:
    return WriterOptions(
        fields=chosen.options.fields, base_url=chosen.options.base_url, rename=rename(manifest, chosen)
    )


def by_id(items: pl.DataFrame) -> pl.DataFrame:
    return items.drop("image", "source").sort("item_id")


def check(manifest: Manifest, chosen: Format) -> Manifest:
    """Write, read back, and compare with what was announced, and the pictures with the originals."""
    prepared = prepare_manifest(manifest, find_writer(chosen.writer), options_for(chosen, manifest), name=chosen.name)
    with tempfile.TemporaryDirectory() as folder:
        written, found = write(manifest, Path(folder), chosen)
        assert written.failed == 0 and written.items == len(prepared.rows)
        assert by_id(found.items).equals(by_id(prepared.manifest.items))
        assert found.taxonomy == prepared.manifest.taxonomy
        assert found.opinions.equals(prepared.manifest.opinions)
        check_pictures(prepared.manifest, found, grey=chosen.writer == "fashion-mnist")
        inside = [path for path in Path(folder).rglob("*") if path.is_file()]
        assert inside and all(path.resolve().is_relative_to(Path(folder).resolve()) for path in inside)
    return found


def check_pictures(before: Manifest, after: Manifest, *, grey: bool) -> None:
    images = dict(zip(before.items["item_id"], before.items["image"], strict=True))
    originals = [images[item_id] for item_id in after.items["item_id"]]
    if not grey:
        assert hash_pictures(after.items["image"].to_list()) == hash_pictures(originals)
        return
    with PictureSource() as source:
        for old, new in zip(originals, after.items["image"], strict=True):
            assert np.array_equal(decode_picture(source.read(old)), decode_picture(source.read(new)))


def show(chosen: Format) -> str:
    return f"{chosen.writer} {chosen.name}"


@pytest.mark.parametrize("chosen", FORMATS, ids=show)
def test_declared_is_kept(manifest: Manifest, chosen: Format) -> None:
    """The declaration is held against the original, not against what the writer itself announces."""
    writer = find_writer(chosen.writer)
    new = dict(rename(manifest, chosen))
    found = check(manifest, chosen)
    prepared = prepare_manifest(manifest, writer, options_for(chosen, manifest), name=chosen.name)
    places = dict(zip(prepared.manifest.items["item_id"], prepared.rows, strict=True))
    original = manifest.items[[places[item_id] for item_id in found.items["item_id"]]]
    keeps = writer.keeps
    assert len(found) == len(manifest)
    for name in ("item_id", "product_id", "box", "title"):
        # A row of in-shop boxes says clothes type and pose as well, which this set lacks.
        if getattr(keeps, name) and (chosen.writer, name) != ("deepfashion-inshop", "box"):
            assert found.items[name].to_list() == original[name].to_list(), name
    if keeps.splits is None or {"train", "test"} <= set(keeps.splits):
        assert found.items["split"].to_list() == original["split"].to_list()
    for field in manifest.taxonomy:
        name = new.get(field.name, field.name)
        room = keeps.single if field.kind == "single" else keeps.multi
        if room is None or name in room:
            labels = found.labels(name).to_list()
            labels = labels if keeps.kinds else [cell[0] if field.kind == "single" else cell for cell in labels]
            expected = original[LABEL + field.name].to_list()
            assert [normalise(cell) for cell in labels] == [normalise(cell) for cell in expected], name
            if keeps.values:
                assert found.taxonomy[name].values == field.values
            if keeps.hierarchy and field.parent and new.get(field.parent, field.parent) in found.taxonomy:
                assert found.taxonomy[name].parent == new.get(field.parent, field.parent)
    for name in ("brand", "description", "weight"):
        if keeps.meta is None or name in keeps.meta:
            values = found.items[META + name].to_list()
            assert [str(value) for value in values] == [str(value) for value in original[META + name]], name
    if keeps.order:
        assert list(prepared.rows) == sorted(prepared.rows)


def normalise(cell: object) -> object:
    return sorted(cell) if isinstance(cell, list) else cell


@st.composite
def odd_sets(draw: st.DrawFn) -> list[dict[str, object]]:
    ids = draw(st.lists(LEAVES, min_size=1, max_size=PICTURES, unique=True))
    styles = draw(st.lists(LEAVES, min_size=1, max_size=3, unique=True))
    rows: list[dict[str, object]] = []
    for at, item_id in enumerate(ids):
        kind = draw(st.sampled_from(TYPES))
        rows.append(
            {
                "item_id": item_id,
                "product_id": draw(st.one_of(st.just(item_id), LEAVES)),
                "at": at,
                "split": draw(st.sampled_from(("train", "test"))),
                "box": draw(st.none() | st.lists(st.floats(0.25, 500), min_size=4, max_size=4)),
                "title": draw(st.none() | LEAVES),
                "label.group": ALLOWED[kind][0],
                "label.type": kind,
                "label.style": draw(st.none() | st.lists(st.sampled_from(styles), unique=True)),
                "label.odd": draw(st.none() | LEAVES),
                "meta.brand": draw(st.none() | LEAVES),
                "meta.annotator": draw(st.none() | LEAVES),
                "meta.number": draw(st.none() | st.floats(allow_nan=True)),
            }
        )
    return rows


def make_odd(rows: list[dict[str, object]], pictures: list[str]) -> Manifest:
    styles = {style for row in rows for style in (row["label.style"] or ())}  # type: ignore[attr-defined]
    others = {row["label.odd"] for row in rows} - {None}
    taxonomy = Taxonomy(
        (
            Field("group", "single", GROUPS),
            Field("type", "single", TYPES, "group", ALLOWED),
            Field("style", "multi", tuple(sorted(styles))),
            Field("odd", "single", tuple(sorted(map(str, others)))),
        )
    )
    schema = {"label.style": pl.List(pl.String), "box": pl.List(pl.Float64), "meta.number": pl.Float64}
    schema |= dict.fromkeys(("title", "label.odd", "meta.brand", "meta.annotator"), pl.String)
    frame = pl.DataFrame(rows, schema_overrides=schema).with_columns(
        source=pl.lit("test"), image=pl.Series([pictures[int(str(row["at"]))] for row in rows])
    )
    return Manifest(taxonomy, frame.drop("at"))


@pytest.mark.parametrize("chosen", FORMATS, ids=show)
@settings(
    max_examples=8,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=odd_sets())
def test_odd_values_come_back_as_announced(pictures: list[str], chosen: Format, rows: list[dict[str, object]]) -> None:
    manifest = make_odd(rows, pictures)
    try:
        prepare_manifest(manifest, find_writer(chosen.writer), options_for(chosen, manifest), name=chosen.name)
    except UsageError as error:
        assert "Type:" in str(error) or "--" in str(error)
        return
    found = check(manifest, chosen)
    ids = found.items["item_id"].to_list()
    if chosen.writer in ("class-folders", "deepfashion"):
        ids = [item_id.rpartition("/")[2] for item_id in ids]
    if chosen.writer in ("kaggle", "webdataset", "huggingface", "table", "class-folders", "deepfashion"):
        assert {unquote(item_id) for item_id in ids} == set(manifest.items["item_id"])


@pytest.mark.parametrize("first", [None, [], ["lace"]])
@pytest.mark.parametrize("second", [None, [], ["dots", "plain"]])
def test_attributes_that_no_product_has_are_named_all_the_same(
    manifest: Manifest, first: list[str] | None, second: list[str] | None
) -> None:
    """In-shop retrieval's attributes are a product's: those of its later pictures, and maybe all uses, are lost."""
    styles = [first, ["lace", "dots", "plain"], second, ["plain"], None, ["dots"]]
    labels = pl.Series(LABEL + "style", styles, dtype=pl.List(pl.String))
    changed = Manifest(manifest.taxonomy, manifest.items.with_columns(labels))
    found = check(changed, next(chosen for chosen in FORMATS if chosen.writer == "deepfashion-inshop"))
    assert found.taxonomy["attribute"].values == manifest.taxonomy["style"].values


def test_a_manifest_keeps_everything(manifest: Manifest) -> None:
    found = check(manifest, Format("manifest", "set"))
    assert found.items.equals(manifest.items)
    assert describe_losses(manifest, find_writer("manifest")) == []


def test_every_writer_is_tried_here() -> None:
    assert {chosen.writer for chosen in FORMATS} == {writer.name for writer in list_writers()}
