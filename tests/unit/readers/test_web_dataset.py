"""WebDataset shards: samples by key, their classes and fields, damaged shards as problems."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.errors import SourceError
from modiste.imaging import PictureSource
from modiste.readers import ReaderOptions, read_source


def write_shard(path: Path, files: Mapping[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def make_samples(count: int, first: int = 0) -> dict[str, bytes]:
    files = {}
    for at in range(first, first + count):
        said = {"kind": ["bag", "shoe"][at % 2], "price": at + 0.5, "tags": ["red"] if at % 2 else ["red", "blue"]}
        files[f"{at:04}.jpg"] = f"picture {at}".encode()
        files[f"{at:04}.json"] = json.dumps(said).encode()
        files[f"{at:04}.cls"] = str(at % 3).encode()
        files[f"{at:04}.txt"] = f"Item {at}\n".encode()
    return files


def test_samples_become_items(tmp_path: Path) -> None:
    for at in range(11):  # in natural order the tenth comes last
        write_shard(tmp_path / "set" / f"train-{at}.tar", make_samples(2, 2 * at))
    manifest = read_source(tmp_path / "set")
    items = manifest.items
    assert items["source"].unique().to_list() == ["webdataset"]
    assert items["item_id"].to_list() == [f"{at:04}" for at in range(22)]
    assert items["title"][3] == "Item 3" and set(items["split"]) == {"train"}
    assert items["label.kind"].to_list() == ["bag", "shoe"] * 11
    assert items["label.tags"].to_list() == [["red", "blue"], ["red"]] * 11
    assert items["label.label"].to_list() == [str(at % 3) for at in range(22)]
    assert items["meta.price"].to_list() == [at + 0.5 for at in range(22)]
    assert (manifest.rows, len(manifest.problems)) == (22, 0)
    with PictureSource() as source:
        assert source.read(items["image"][21]) == b"picture 21"


def test_one_shard_is_enough(tmp_path: Path) -> None:
    for name in ("val-000.tar", "val-000.tar.gz"):
        manifest = read_source(write_shard(tmp_path / name, make_samples(3)))
        assert manifest.items["split"].to_list() == ["validation"] * 3 and manifest.items["item_id"][2] == "0002"


def test_class_numbers_get_their_names(tmp_path: Path) -> None:
    write_shard(tmp_path / "set" / "train" / "0.tar", make_samples(4))
    (tmp_path / "set" / "classnames.txt").write_text("bag\nshoe\n")
    manifest = read_source(tmp_path / "set")
    assert manifest.labels("label").to_list() == ["bag", "shoe", "2", "bag"]


def test_class_names_may_stand_for_themselves(tmp_path: Path) -> None:
    files = {"a/1.png": b"", "a/1.cls": b"bag", "b/1.webp": b"", "b/1.cls": b"shoe"}
    manifest = read_source(write_shard(tmp_path / "x.tar", files))
    assert manifest.items["item_id"].to_list() == ["a/1", "b/1"]
    assert manifest.labels("label").to_list() == ["bag", "shoe"]


def test_several_pictures_of_a_sample_are_one_product(tmp_path: Path) -> None:
    files = {"1.front.jpg": b"f", "1.back.jpg": b"b", "1.json": b'{"kind": "bag"}', "2.jpg": b"2", "2.json": b"{}"}
    items = read_source(write_shard(tmp_path / "x.tar", files)).items
    assert items["item_id"].to_list() == ["1.back", "1.front", "2"]
    assert items["product_id"].to_list() == ["1", "1", "2"]


def test_shards_that_count_from_zero_do_not_mix(tmp_path: Path) -> None:
    for at in range(2):
        write_shard(tmp_path / "set" / f"shop-{at}.tar", {"0.jpg": b"", "0.back.jpg": b"", "0.cls": str(at).encode()})
    items = read_source(tmp_path / "set").items
    assert items["product_id"].to_list() == ["shop-0/0"] * 2 + ["shop-1/0"] * 2
    assert items["label.label"].to_list() == ["0", "0", "1", "1"]


def test_damaged_shards_and_samples_are_problems(tmp_path: Path) -> None:
    whole = write_shard(tmp_path / "set" / "0.tar", {**make_samples(2), "7.json": b"{}", "8.jpg": b"", "8.json": b"[1"})
    (tmp_path / "set" / "1.tar").write_bytes(whole.read_bytes()[:2000])
    (tmp_path / "set" / "2.tar").write_bytes(b"no tar at all")
    write_shard(tmp_path / "set" / "3.tar", {})
    manifest = read_source(tmp_path / "set")
    assert manifest.items["item_id"].to_list() == ["0000", "0001", "8"]
    said = {where: (reason, kind) for where, reason, kind in manifest.problems.rows()}
    assert "cut short" in said["1.tar"][0] and said["1.tar"][1] == "lost"
    assert "no tar archive" in said["2.tar"][0] and said["3.tar"] == ("the shard has no samples", "remark")
    assert said["0.tar sample 7"] == ("no picture in this sample", "lost")
    assert said["0.tar sample 8"][0].startswith("its .json is no JSON object")


def test_parts_that_are_not_read_are_told(tmp_path: Path) -> None:
    files = {**make_samples(2), "0000.npy": b"", "0001.npy": b""}
    problems = read_source(write_shard(tmp_path / "x.tar", files)).problems
    assert problems.rows() == [("0000.npy", "parts of the kind .npy are not read (2 of them)", "remark")]


def test_names_of_fields_do_not_clash(tmp_path: Path) -> None:
    said = b'{"label": "bag", "title": "A bag", "image": "elsewhere.jpg", "split": "test"}'
    files = {"1.jpg": b"", "1.json": said, "1.cls": b"5", "1.txt": b"a caption", "2.jpg": b"", "2.cls": b"6"}
    items = read_source(write_shard(tmp_path / "train.tar", files)).items
    assert items["title"][0] == "A bag" and items["split"].to_list() == ["test", "train"]
    assert items["label.label"].to_list() == ["bag", "6"] and items["label.cls"].to_list() == ["5", None]
    assert items["meta.caption"][0] == "a caption"


def test_options_name_columns(tmp_path: Path) -> None:
    path = write_shard(tmp_path / "x.tar", make_samples(3))
    options = ReaderOptions(fields=("kind",), id_column="price", title_column="label")
    manifest = read_source(path, reader="webdataset", options=options)
    assert manifest.items["item_id"].to_list() == ["0.5", "1.5", "2.5"] and manifest.taxonomy.names == ("kind",)


def test_other_tars_are_left_to_others(tmp_path: Path) -> None:
    path = write_shard(tmp_path / "x.tar", {"bags/1.jpg": b"", "shoes/2.jpg": b"", "shoes/README.txt": b""})
    assert read_source(path).items["source"][0] == "class-folders"
    with pytest.raises(SourceError, match="it lacks tar shards"):
        read_source(write_shard(tmp_path / "y.tar", {"README.txt": b""}), reader="webdataset")


NAMES = st.sampled_from(
    ["1.jpg", "1.json", "1.cls", "1.txt", "1.a.jpg", "2.jpg", "2.json", ".json", "x/", "3", "2.cls"]
)


@given(
    files=st.dictionaries(
        NAMES,
        st.binary(max_size=20) | st.sampled_from([b'{"id": 1}', b'{"split": []}', b'{"a": {"b": 1}}', b'{"a": [[1]]}']),
        max_size=8,
    ),
    cut=st.integers(0, 4000),
)
def test_any_shard_gives_a_manifest_or_our_error(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], cut: int
) -> None:
    path = write_shard(tmp_path_factory.mktemp("fuzz") / "x.tar", files)
    if cut % 2:
        path.write_bytes(path.read_bytes()[:cut])
    try:
        assert len(read_source(path, reader="webdataset"))
    except SourceError as error:
        assert str(error)
