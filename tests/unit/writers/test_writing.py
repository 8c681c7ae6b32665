"""Whole or not at all, never over what is not ours, and every refusal with the line to type."""

from __future__ import annotations

import tarfile
from pathlib import Path

import polars as pl
import pytest

from modiste.errors import SourceError, UnknownNameError, UsageError
from modiste.manifest import Manifest
from modiste.readers import read_source
from modiste.writers import Loss, WriterOptions, describe_losses, find_writer, list_writers, write_dataset
from modiste.writers.losses import prepare_manifest
from tests.conftest import REPOSITORY


def broken(manifest: Manifest, path: str, at: int = 1) -> Manifest:
    images = manifest.items["image"].to_list()
    images[at] = path
    return Manifest(manifest.taxonomy, manifest.items.with_columns(pl.Series("image", images)))


@pytest.mark.parametrize("name", ["kaggle", "table", "webdataset", "huggingface", "imaterialist"])
def test_unreadable_pictures_are_listed_and_the_rest_is_written(manifest: Manifest, tmp_path: Path, name: str) -> None:
    text = tmp_path / "text.jpg"
    text.write_text("no picture")
    damaged = broken(broken(manifest, str(tmp_path / "missing.jpg")), str(text), 2)
    rename = (("type", "articleType"),) if name == "kaggle" else ()
    path = tmp_path / ("out.csv" if name == "table" else "out")
    written = write_dataset(damaged, path, format=name, options=WriterOptions(rename=rename))
    assert (written.items, written.failed) == (4, 2)
    errors = pl.read_csv(written.errors, infer_schema=False)
    assert errors["item_id"].to_list() == ["item 1", "002"]
    assert "no such file" in errors["reason"][0].lower() and "seems to be a text" in errors["reason"][1]
    assert len(read_source(path, reader=written.reader, options=written.reading)) == 4


def test_nothing_is_left_where_no_picture_can_be_read(manifest: Manifest, tmp_path: Path) -> None:
    images = pl.Series("image", [str(tmp_path / "missing.jpg")] * len(manifest))
    with pytest.raises(SourceError, match="not one of 6 pictures"):
        write_dataset(
            Manifest(manifest.taxonomy, manifest.items.with_columns(images)), tmp_path / "o", format="webdataset"
        )
    assert list(tmp_path.iterdir()) == []


def test_an_existing_output_is_replaced_only_when_asked(manifest: Manifest, tmp_path: Path) -> None:
    write_dataset(manifest, tmp_path / "o", format="webdataset")
    with pytest.raises(UsageError, match="--overwrite"):
        write_dataset(manifest, tmp_path / "o", format="webdataset")
    write_dataset(manifest, tmp_path / "o", format="huggingface", overwrite=True)
    assert not list((tmp_path / "o").glob("*.tar")) and [path.name for path in tmp_path.iterdir()] == ["o"]


def test_a_folder_of_somebody_else_is_never_replaced(manifest: Manifest, tmp_path: Path) -> None:
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="not written by modiste"):
        write_dataset(manifest, tmp_path / "o", format="webdataset", overwrite=True)
    assert (tmp_path / "o" / "thesis.txt").is_file()


def test_pictures_of_the_source_are_never_replaced(manifest: Manifest, tmp_path: Path) -> None:
    options = WriterOptions(fields=("type",))
    written = write_dataset(manifest, tmp_path / "o", format="class-folders", options=options)
    again = read_source(written.path, reader=written.reader, options=written.reading)
    with pytest.raises(UsageError, match="pictures of the source lie in"):
        write_dataset(again, tmp_path / "o", format="webdataset", overwrite=True)


def test_shards_are_bounded(pictures: list[str], tmp_path: Path) -> None:
    big = tmp_path / "big.png"
    big.write_bytes(Path(pictures[0]).read_bytes() + bytes(400_000))
    manifest = Manifest.from_rows([{"item_id": str(at), "image": str(big), "source": "x"} for at in range(5)])
    write_dataset(manifest, tmp_path / "o", format="webdataset", options=WriterOptions(shard_bytes=1_000_000))
    shards = sorted((tmp_path / "o").glob("*.tar"))
    counts = []
    for shard in shards:
        with tarfile.open(shard) as tar:
            counts.append(len(tar.getnames()) // 2)
    assert counts == [2, 2, 1]


@pytest.mark.parametrize(
    ("writer", "name", "options", "text"),
    [
        ("class-folders", "o", WriterOptions(), "--keep group,type"),
        ("class-folders", "o", WriterOptions(fields=("style",)), "no room for the multi field 'style'"),
        ("kaggle", "o", WriterOptions(), "--to table"),
        ("deepfashion", "o", WriterOptions(rename=(("style", "mood"),)), "--rename articleType=category"),
        ("deepfashion", "o", WriterOptions(rename=(("type", "category"),)), "stands in one categoryType"),
        ("fashion-mnist", "o", WriterOptions(), "--rename articleType=category"),
        ("google-merchant", "o.tsv", WriterOptions(), "--base-url https://"),
        ("google-merchant", "o.json", WriterOptions(), "does not end like google-merchant"),
        ("table", "o.csv", WriterOptions(separator="a"), "--label-separator"),
        ("table", "o.csv", WriterOptions(base_url="https://x.example"), "does not take base_url"),
    ],
)
def test_what_cannot_be_written_is_refused(
    manifest: Manifest, tmp_path: Path, writer: str, name: str, options: WriterOptions, text: str
) -> None:
    with pytest.raises(UsageError) as caught:
        write_dataset(manifest, tmp_path / name, format=writer, options=options)
    assert text in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"fields": ("a", "a")}, "differ from each other"),
        ({"separator": ""}, "separator is empty"),
        ({"shard_bytes": 5}, "holds no picture"),
        ({"base_url": "ftp://x"}, "expected an address"),
    ],
)
def test_options_are_checked(options: dict[str, object], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        WriterOptions(**options)  # type: ignore[arg-type]


def test_an_unknown_format_is_answered_with_near_ones() -> None:
    with pytest.raises(UnknownNameError, match="'webdataset'"):
        find_writer("web-dataset")


def test_an_empty_set_and_a_split_that_is_missing_are_refused(manifest: Manifest, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no item to write"):
        write_dataset(manifest.where(pl.lit(False)), tmp_path / "o", format="webdataset")
    bare = Manifest(manifest.taxonomy, manifest.items.with_columns(split=pl.lit(None, dtype=pl.String)))
    with pytest.raises(UsageError, match="6 of 6 have none"):
        describe_losses(bare, find_writer("deepfashion-inshop"))


def test_losses_are_counted(manifest: Manifest) -> None:
    rename = WriterOptions(rename=(("type", "articleType"),))
    losses = describe_losses(manifest, find_writer("kaggle"), rename)
    told = {loss.what: (loss.count, loss.total) for loss in losses}
    assert told["boxes"] == (3, 3) and told["split names"] == (6, 6) and told["fields"] == (2, 3)
    assert told["product ids"] == (6, 6)
    assert Loss("boxes", 3, 3) in losses


def test_the_page_says_what_the_writers_declare() -> None:
    page = (REPOSITORY / "docs" / "converting.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith(("| `", "| format"))]
    header = rows[0]
    table = {row[0].strip("`"): dict(zip(header, row, strict=True)) for row in rows[1:]}
    assert set(table) == {writer.name for writer in list_writers()}
    for writer in list_writers():
        for name, fact in writer.keeps.list_facts().items():
            shown = table[writer.name].get(name, fact)
            assert shown == fact or shown == f"{fact.count(',') + 1} of its own", (writer.name, name)


def test_blanks_that_come_back_as_answers_are_announced(pictures: list[str]) -> None:
    """Without any -1 in it, a list of attributes says "none of them" where nothing was known."""
    rows = [
        {"item_id": f"{at}", "image": pictures[at], "source": "x", "label.style": style}
        for at, style in enumerate([["a", "b"], None, ["a", "b"]])
    ]
    manifest, writer = Manifest.from_rows(rows), find_writer("deepfashion")
    assert prepare_manifest(manifest, writer).manifest.labels("style").to_list() == [["a", "b"], [], ["a", "b"]]
    assert Loss("blanks of style", 1, 1, "come back as answers") in describe_losses(manifest, writer)
