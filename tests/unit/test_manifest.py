"""The manifest: what it refuses, and files there and back."""

from __future__ import annotations

import json
import string
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modiste.errors import ManifestError, UnknownNameError
from modiste.manifest import OPINION_SCHEMA, Manifest, build_taxonomy
from modiste.taxonomy import Field, Taxonomy

ROW: dict[str, Any] = {"item_id": "1", "image": "1.jpg", "source": "test"}


def rows(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    return [ROW | {"item_id": str(number)} | change for number, change in enumerate(changes, 1)]


def test_defaults() -> None:
    manifest = Manifest.from_rows(rows({}, {"product_id": "9"})[:1])
    assert manifest.items.columns == ["item_id", "product_id", "image", "split", "box", "title", "source"]
    assert manifest.items["product_id"].to_list() == ["1"]
    assert (len(manifest), manifest.rows, len(manifest.problems), len(manifest.opinions)) == (1, None, 0, 0)
    assert len(Manifest.from_rows([])) == 0


def test_taxonomy_of_columns() -> None:
    labelled = rows({"label.type": "b", "label.top": "x", "label.style": ["s", "r"]}, {"label.type": "a"})
    manifest = Manifest.from_rows(labelled, parents={"type": "top"})
    assert manifest.taxonomy.names == ("top", "type", "style")
    assert manifest.taxonomy["type"].allowed == {"b": ("x",)}
    assert (manifest.taxonomy["style"].kind, manifest.taxonomy["style"].values) == ("multi", ("r", "s"))
    assert manifest.labels("type").to_list() == ["b", "a"]


def test_allowed_parents_are_sorted_by_frequency() -> None:
    labelled = rows(*({"label.top": top, "label.type": "t"} for top in ("a", "b", "b", "c", "c")))
    taxonomy = Manifest.from_rows(labelled, parents={"type": "top"}).taxonomy
    assert taxonomy["type"].allowed == {"t": ("b", "c", "a")}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ([{"item_id": "x"}, {"item_id": "x"}], "item ids must be unique; 'x'"),
        ([{"image": None}, {"image": "2"}], "1 items have no image"),
        ([{"colour": "red"}], "unknown columns colour; free columns start with 'meta.'"),
        ([{"split": ["train"]}], "column 'split' is of type"),
    ],
)
def test_items_that_contradict_themselves_are_refused(changes: list[dict[str, Any]], text: str) -> None:
    with pytest.raises(ManifestError, match=text):
        Manifest.from_rows(rows(*changes))


def test_missing_columns_are_refused() -> None:
    with pytest.raises(ManifestError, match="the items lack the columns image"):
        Manifest.from_rows([{"item_id": "1", "source": "x"}])


def test_labels_outside_the_taxonomy_are_refused() -> None:
    taxonomy = Taxonomy((Field("a", "single", ("x",)), Field("m", "multi", ("y",))))
    assert len(Manifest.from_rows(rows({"label.a": "x", "label.m": ["y"]}), taxonomy=taxonomy)) == 1
    for change in ({"label.a": "z"}, {"label.m": ["y", "z"]}):
        with pytest.raises(ManifestError, match="that the taxonomy lacks: z"):
            Manifest.from_rows(rows(change), taxonomy=taxonomy)


def test_parents_that_cannot_be_are_refused() -> None:
    frame = pl.DataFrame({"label.a": ["x"], "label.b": ["y"]})
    with pytest.raises(ManifestError, match="form a circle"):
        build_taxonomy(frame, {"a": "b", "b": "a"})
    with pytest.raises(ManifestError, match=r"no column 'label\.c'"):
        build_taxonomy(frame, {"a": "c"})


def opinions(*said: tuple[str, str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(list(said), schema=OPINION_SCHEMA, orient="row")


def test_opinions_speak_of_what_is_there() -> None:
    base = Manifest.from_rows(rows({"label.a": "x"}, {"label.a": "x"}))
    said = opinions(("1", "a", "ann", "x"), ("2", "a", "ann", "y"))
    manifest = Manifest(base.taxonomy, base.items, base.problems, said)
    assert manifest.where(pl.col("item_id") == "2").opinions.rows() == [("2", "a", "ann", "y")]
    with pytest.raises(UnknownNameError):
        Manifest(base.taxonomy, base.items, base.problems, opinions(("1", "b", "ann", "x")))
    with pytest.raises(ManifestError, match="1 opinions speak of items that are not there, such as '3'"):
        Manifest(base.taxonomy, base.items, base.problems, opinions(("3", "a", "ann", "x")))
    with pytest.raises(ManifestError, match="the problems have the columns"):
        Manifest(base.taxonomy, base.items, said)


def test_splits_are_chosen() -> None:
    manifest = Manifest.from_rows(rows({"split": "train"}, {"split": "test"}, {}))
    assert manifest.of_split("train", "test").items["item_id"].to_list() == ["1", "2"]


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
_CATEGORY = st.sampled_from(["x", "y", "ü|,"])
_BOX = st.lists(st.floats(0, 1e6), min_size=4, max_size=4)


@st.composite
def _manifests(draw: st.DrawFn) -> Manifest:
    ids = draw(st.lists(_TEXT.filter(bool), unique=True, max_size=5))
    made = [
        {
            "item_id": item_id,
            "product_id": draw(_TEXT),
            "image": draw(_TEXT),
            "source": "test",
            "split": draw(st.none() | st.sampled_from(["train", "test"])),
            "box": draw(st.none() | _BOX),
            "title": draw(st.none() | _TEXT),
            "label.a": draw(st.none() | _CATEGORY),
            "label.m": draw(st.none() | st.lists(_CATEGORY, unique=True)),
            "meta.n": draw(st.none() | st.integers(-100, 100)),
        }
        for item_id in ids
    ]
    taxonomy = Taxonomy((Field("a", "single", ("x", "y", "ü|,")), Field("m", "multi", ("ü|,", "y", "x"))))
    problems = draw(st.lists(st.tuples(_TEXT, _TEXT), max_size=3))
    base = Manifest.from_rows(made, taxonomy=taxonomy, problems=problems)
    said = [(item_id, "a", draw(st.sampled_from(string.ascii_letters)), "x") for item_id in ids]
    return Manifest(taxonomy, base.items, base.problems, opinions(*said), draw(st.none() | st.integers(0, 99)))


@settings(deadline=None, max_examples=20)
@given(_manifests())
def test_files_there_and_back(manifest: Manifest) -> None:
    with tempfile.TemporaryDirectory() as folder:
        manifest.write(Path(folder) / "saved")
        again = Manifest.read(Path(folder) / "saved")
    assert again.taxonomy == manifest.taxonomy
    assert again.rows == manifest.rows
    for name in ("items", "problems", "opinions"):
        assert getattr(again, name).equals(getattr(manifest, name))
        assert getattr(again, name).schema == getattr(manifest, name).schema


def test_writing_never_overwrites(tmp_path: Path) -> None:
    manifest = Manifest.from_rows(rows({}))
    manifest.write(tmp_path / "saved")
    with pytest.raises(ManifestError, match="exists already; choose a new name"):
        manifest.write(tmp_path / "saved")
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]


def test_what_is_no_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="is not a manifest"):
        Manifest.read(tmp_path)
    Manifest.from_rows(rows({})).write(tmp_path / "saved")
    head = tmp_path / "saved" / "taxonomy.json"
    head.write_text(json.dumps(json.loads(head.read_text()) | {"version": 99}))
    with pytest.raises(ManifestError, match=r"newer modiste\. Type: pip install --upgrade modiste"):
        Manifest.read(tmp_path / "saved")


def test_damaged_tables_are_refused(tmp_path: Path) -> None:
    Manifest.from_rows(rows({})).write(tmp_path / "saved")
    (tmp_path / "saved" / "items.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(ManifestError, match="is not a manifest"):
        Manifest.read(tmp_path / "saved")


@pytest.mark.parametrize("head", ["{}", "[]", "1", '{"version": "x"}', '{"version": 1, "fields": [{}]}', "{"])
def test_damaged_heads_are_refused(tmp_path: Path, head: str) -> None:
    Manifest.from_rows(rows({})).write(tmp_path / "saved")
    (tmp_path / "saved" / "taxonomy.json").write_text(head)
    with pytest.raises(ManifestError, match="is not a manifest"):
        Manifest.read(tmp_path / "saved")
