"""Hugging Face data sets on disk, as save_to_disk and the hub lay them out; malformed ones get one clear message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.errors import SourceError, UnknownNameError
from modiste.imaging import PictureSource
from modiste.manifest import Manifest
from modiste.readers import ReaderOptions, read_source
from modiste.readers.hugging_face_features import parse_features

KINDS = ["shoe", "bag", "hat"]
FEATURES: dict[str, Any] = {
    "image": {"_type": "Image"},
    "kind": {"names": KINDS, "_type": "ClassLabel"},
    "tags": {"feature": {"names": ["red", "blue"], "_type": "ClassLabel"}, "_type": "Sequence"},
    "price": {"dtype": "float64", "_type": "Value"},
}


def make_table(prefix: str = "p", *, paths: bool = True, count: int = 4) -> pl.DataFrame:
    pictures = [
        {"bytes": f"{prefix}{at}".encode(), "path": f"{prefix}{at}.jpg" if paths else None} for at in range(count)
    ]
    tags = [[0], [0, 1], [], [1]]
    columns = {"image": pictures, "kind": [0, 1, 0, -1][:count], "tags": tags[:count], "price": [1.5] * count}
    return pl.DataFrame(columns)


def write_saved(root: Path, parts: Mapping[str, pl.DataFrame], features: Mapping[str, Any] = FEATURES) -> Path:
    """Write what save_to_disk writes."""
    for split, table in parts.items():
        folder = root / split
        folder.mkdir(parents=True)
        table.write_ipc_stream(folder / "data-00000-of-00001.arrow", compression="uncompressed")
        (folder / "dataset_info.json").write_text(json.dumps({"features": features}))
        state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}], "_split": split}
        (folder / "state.json").write_text(json.dumps(state))
    (root / "dataset_dict.json").write_text(json.dumps({"splits": list(parts)}))
    return root


def write_hub(root: Path, parts: Mapping[str, pl.DataFrame]) -> Path:
    (root / "data").mkdir(parents=True)
    said = json.dumps({"info": {"features": FEATURES}})
    for name, table in parts.items():
        table.write_parquet(root / "data" / name, metadata={"huggingface": said})
    return root


def read_pictures(manifest: Manifest) -> list[bytes]:
    with PictureSource() as source:
        return [source.read(reference) for reference in manifest.items["image"]]


def test_saved_sets_give_names_splits_and_pictures(tmp_path: Path) -> None:
    manifest = read_source(write_saved(tmp_path / "set", {"train": make_table("a"), "test": make_table("b")}))
    items = manifest.items.sort("item_id")
    assert items["source"].unique().to_list() == ["huggingface"]
    assert items["item_id"].to_list() == ["a0", "a1", "a2", "a3", "b0", "b1", "b2", "b3"]
    assert items["split"].to_list() == ["train"] * 4 + ["test"] * 4
    assert items["label.kind"].to_list() == ["shoe", "bag", "shoe", None] * 2
    assert items["label.tags"].to_list() == [["red"], ["red", "blue"], [], ["blue"]] * 2
    assert items["meta.price"].to_list() == [1.5] * 8
    assert manifest.taxonomy["kind"].values == tuple(KINDS)  # in the published order, the unused one included
    assert read_pictures(manifest) == [name.encode() for name in manifest.items["item_id"]]
    assert (manifest.rows, len(manifest.problems)) == (8, 0)


def test_one_saved_part_takes_its_split_from_its_state(tmp_path: Path) -> None:
    root = write_saved(tmp_path / "set", {"gallery": make_table()})
    manifest = read_source(root / "gallery")
    assert manifest.items["split"].to_list() == ["gallery"] * 4


def test_parts_of_other_names_are_called_after_their_folders(tmp_path: Path) -> None:
    root = write_saved(tmp_path / "set", {"gallery": make_table("a"), "query": make_table("b")})
    for split in ("gallery", "query"):
        state = root / split / "state.json"
        state.write_text(state.read_text().replace(f'"{split}"', "null"))
    assert read_source(root).items["split"].to_list() == ["gallery"] * 4 + ["query"] * 4


def test_hub_sets_take_names_from_the_parquet_files(tmp_path: Path) -> None:
    parts = {f"train-0000{at}-of-00002.parquet": make_table("x", paths=False) for at in range(2)}
    parts["validation-00000-of-00001.parquet"] = make_table("y", paths=False)
    manifest = read_source(write_hub(tmp_path / "set", parts))
    ids = [f"train/{at}" for at in range(8)] + [f"validation/{at}" for at in range(4)]
    assert manifest.items["item_id"].to_list() == ids
    assert manifest.labels("kind").to_list() == ["shoe", "bag", "shoe", None] * 3
    assert read_pictures(manifest) == [f"x{at}".encode() for at in range(4)] * 2 + [
        f"y{at}".encode() for at in range(4)
    ]


def test_one_table_is_enough(tmp_path: Path) -> None:
    root = write_hub(tmp_path / "set", {"test.parquet": make_table()})
    manifest = read_source(root / "data" / "test.parquet")
    assert manifest.items["item_id"].to_list() == ["p0", "p1", "p2", "p3"]
    assert set(manifest.items["split"]) == {"test"}


def test_other_columns_follow_the_rules_of_tables(tmp_path: Path) -> None:
    table = make_table().with_columns(
        pl.Series("id", ["7", "8", "9", "10"]),
        pl.Series("sku", ["A", "A", "B", "B"]),
        pl.Series("title", ["One", "Two", "Three", "Four"]),
        pl.Series("season", ["Summer", "Winter", "Summer", "Summer"]),
        pl.Series("bbox", [[1.0, 2.0, 3.0, 4.0]] * 4),
    )
    items = read_source(write_saved(tmp_path / "set", {"train": table})).items
    assert items["item_id"].to_list() == ["7", "8", "9", "10"] and items["product_id"].to_list() == ["A", "A", "B", "B"]
    assert items["title"][2] == "Three" and items["box"][0].to_list() == [1.0, 2.0, 3.0, 4.0]
    assert items["label.season"].to_list() == ["Summer", "Winter", "Summer", "Summer"]


def test_options_name_columns(tmp_path: Path) -> None:
    table = make_table().with_columns(other=pl.col("image"))
    root = write_saved(tmp_path / "set", {"train": table})
    manifest = read_source(root, reader="huggingface", options=ReaderOptions(image_column="other", fields=("kind",)))
    assert manifest.taxonomy.names == ("kind",) and manifest.items["image"][0].endswith("::other/0")
    assert manifest.problems["where"].to_list() == ["train/data-00000-of-00001.arrow column image"]
    with pytest.raises(UnknownNameError, match="column of pictures 'kind'"):
        read_source(root, reader="huggingface", options=ReaderOptions(image_column="kind"))


def test_unnamed_numbers_and_empty_rows_are_told(tmp_path: Path) -> None:
    table = make_table().with_columns(kind=pl.Series([0, 7, 1, 2]))
    broken = pl.DataFrame({"image": [{"bytes": None, "path": None}], "kind": [0], "tags": [[0]], "price": [1.0]})
    manifest = read_source(write_saved(tmp_path / "set", {"train": pl.concat([table, broken])}))
    assert manifest.labels("kind").to_list() == ["shoe", None, "bag", "hat"]
    assert manifest.problems.rows() == [
        (
            "train/data-00000-of-00001.arrow row 1 kind",
            "a class number that has no name (the label is left open)",
            "remark",
        ),
        ("train/data-00000-of-00001.arrow row 4", "no picture is named", "lost"),
    ]


def test_pictures_that_are_only_named_are_found_beside(tmp_path: Path) -> None:
    table = make_table().with_columns(image=pl.Series([{"bytes": None, "path": f"{at}.jpg"} for at in range(4)]))
    table = table.with_columns(image=pl.struct(pl.lit(None, pl.Binary).alias("bytes"), pl.col("image").struct["path"]))
    root = write_saved(tmp_path / "set", {"train": table})
    for at in range(3):
        (root / f"{at}.jpg").write_bytes(b"beside")
    manifest = read_source(root, reader="huggingface")
    assert read_pictures(manifest) == [b"beside"] * 3
    assert manifest.problems["reason"].to_list() == ["no such picture"]


def test_damaged_and_missing_shards_are_problems(tmp_path: Path) -> None:
    root = write_saved(tmp_path / "set", {"train": make_table("a"), "test": make_table("b"), "dev": make_table("c")})
    shard = root / "train" / "data-00000-of-00001.arrow"
    shard.write_bytes(shard.read_bytes()[:-200])
    (root / "dev" / "data-00000-of-00001.arrow").unlink()
    (root / "test" / "cache-123.arrow").write_bytes(b"left by datasets")
    manifest = read_source(root)
    assert manifest.items["split"].to_list() == ["test"] * 4
    reasons = dict(manifest.problems.select("where", "reason").rows())
    assert "cut short" in reasons["train/data-00000-of-00001.arrow"]
    assert "state.json names this file" in reasons["dev/data-00000-of-00001.arrow"]


def test_archives_are_to_be_unpacked(tmp_path: Path) -> None:
    import zipfile

    root = write_saved(tmp_path / "set", {"train": make_table()})
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.write(root / "train" / "data-00000-of-00001.arrow", "train/data.arrow")
    with pytest.raises(SourceError, match=r"huggingface +tables of pictures that lie in no archive; unpack"):
        read_source(tmp_path / "set.zip")


def test_tables_without_pictures_are_left_to_others(tmp_path: Path) -> None:
    pl.DataFrame({"url": ["https://a.example/1.jpg"], "kind": ["a"]}).write_parquet(tmp_path / "a.parquet")
    assert read_source(tmp_path / "a.parquet").items["source"].to_list() == ["table"]
    with pytest.raises(SourceError, match=r"a column of pictures' bytes in a\.parquet; its columns are url, kind"):
        read_source(tmp_path / "a.parquet", reader="huggingface")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="it lacks Parquet or Arrow tables"):
        read_source(tmp_path / "empty", reader="huggingface")


def test_plain_bytes_count_if_they_are_pictures(tmp_path: Path) -> None:
    table = pl.DataFrame({"hash": [b"\1\2", b"\3\4"], "jpg": [b"\xff\xd8\xff1", b"\xff\xd8\xff2"], "kind": ["a", "b"]})
    table.write_parquet(tmp_path / "a.parquet")
    manifest = read_source(tmp_path / "a.parquet")
    assert manifest.items["source"][0] == "huggingface" and manifest.items["image"][1].endswith("::jpg/1")


@pytest.mark.parametrize(
    ("features", "names"),
    [
        ({"a": {"names": ["x"], "_type": "ClassLabel"}}, {"a": ("x",)}),
        ({"a": [{"names": ["x"], "_type": "ClassLabel"}]}, {"a": ("x",)}),
        ({"a": {"feature": {"names": ["x"], "_type": "ClassLabel"}, "_type": "List"}}, {"a": ("x",)}),
        ({"a": {"names": [1], "_type": "ClassLabel"}, "b": {"dtype": "int64", "_type": "Value"}}, {}),
        ([], {}),
    ],
)
def test_features_are_read_in_every_form(features: object, names: dict[str, tuple[str, ...]]) -> None:
    assert parse_features(json.dumps({"features": features})).classes == names


@given(
    info=st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["features", "image", "kind", "_type", "names", "feature", "_data_files"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    ),
    state=st.binary(max_size=30),
)
def test_any_description_gives_a_manifest_or_our_error(
    tmp_path_factory: pytest.TempPathFactory, info: object, state: bytes
) -> None:
    root = write_saved(tmp_path_factory.mktemp("fuzz") / "set", {"train": make_table()})
    (root / "train" / "dataset_info.json").write_text(json.dumps(info))
    (root / "train" / "state.json").write_bytes(state)
    assert len(read_source(root, reader="huggingface")) == 4


@given(
    columns=st.dictionaries(
        st.sampled_from(["id", "sku", "split", "title", "label", "bbox", "a.b", "annotator", "x"]),
        st.sampled_from(
            [
                [1, 2, None, 2],
                ["a", "b", "a", None],
                [[1], [], None, [2]],
                [["a"], [], None, ["b", "a"]],
                [{"a": 1}, None, {"a": 2}, {"a": None}],
                [[{"a": 1}], [], None, []],
                [True, None, False, True],
                [1.5, float("nan"), None, -0.0],
                [[1, 2, 3, 4], [1, 2, 3], None, [0, 0, -1, 1]],
            ]
        ),
        max_size=5,
    )
)
def test_any_columns_give_a_manifest_or_our_error(
    tmp_path_factory: pytest.TempPathFactory, columns: dict[str, list[Any]]
) -> None:
    table = make_table().with_columns([pl.Series(name, cells) for name, cells in columns.items()])
    root = write_hub(tmp_path_factory.mktemp("fuzz") / "set", {"train.parquet": table})
    try:
        manifest = read_source(root, reader="huggingface")
        assert len(manifest) <= 4
    except SourceError as error:
        assert str(error)
