"""A source becomes a catalogue: compared with what the tagger and the embedder say of each picture."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from modiste.bundle import Bundle
from modiste.catalogue.loading import LoadSummary, build_catalogue
from modiste.catalogue.local import LocalBackend
from modiste.catalogue.local.verification import verify
from modiste.errors import ModisteError, SourceError, UsageError
from modiste.imaging import PictureSource, decode_picture
from modiste.imaging.colour_shares import compare_colours, describe_colours
from modiste.imaging.perceptual import count_differing_bits, hash_thumbnails, make_thumbnail
from modiste.runtime import Embedder, Tagger
from tests.unit.catalogue.loading.conftest import Read

BUILD = """
import sys
from modiste.catalogue.loading import build_catalogue
build_catalogue(sys.argv[1], sys.argv[2], bundle=sys.argv[3], part_size=4, threads=1)
"""


def build(source: Path, place: Path, bundle: Bundle) -> LoadSummary:
    return build_catalogue(source, place, bundle=bundle, part_size=8, threads=2)


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_items_hold_what_tagger_embedder_and_shop_say(shop: Path, tmp_path: Path, tiny: Bundle, read: Read) -> None:
    summary = build(shop, tmp_path / "c", tiny)
    found = read(tmp_path / "c")
    assert (summary.listed, summary.added, summary.items, len(found)) == (30, 30, 30, 30)
    assert summary.errors is None and not verify(tmp_path / "c")
    records = {path.stem: json.loads(path.read_text())["data"] for path in (shop / "styles").glob("*.json")}
    tagger, embedder = Tagger(tiny), Embedder(tiny)
    for item_id, (item, vector) in found.items():
        path = shop / "images" / f"{item_id}.jpg"
        assert item.image == str(path)
        np.testing.assert_allclose(vector, embedder.embed([path])[0], atol=1e-5)
        predicted = {(t.field, t.value): t.confidence for t in item.tags if t.origin == "predicted"}
        expected = {(name, value): tag.confidence for name, tag in tagger.tag_one(path).items() for value in tag.values}
        assert predicted.keys() == expected.keys()
        assert all(0 <= score <= 1 for score in predicted.values())
        assert item.picture_hash == hashlib.sha256(path.read_bytes()).hexdigest()
        thumbnail = make_thumbnail(decode_picture(path.read_bytes()))
        look = hash_thumbnails(thumbnail[None])
        assert count_differing_bits(look, np.array([item.look], np.uint64))[0] <= 4  # JPEGs are reduced while decoding
        assert item.colours is not None
        alike = compare_colours(
            np.frombuffer(item.colours, np.uint8), describe_colours(decode_picture(path.read_bytes()))
        )
        assert alike > 0.98
        record = records[item_id]
        assert (item.title, item.brand) == (record["productDisplayName"], record["brandName"])
        assert item.price == record["discountedPrice"]
        assert {v.size: v.stock for v in item.variants} == {
            o["value"]: o["inventoryCount"] for o in record["styleOptions"]
        }
        assert item.values("articleType") == (record["articleType"]["typeName"],)
        assert item.details["Pattern"] == record["articleAttributes"]["Pattern"]


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_pictures_without_labels(kind: str, shop: Path, tmp_path: Path, tiny: Bundle, read: Read) -> None:
    source = tmp_path / "flat"
    source.mkdir()
    for path in sorted((shop / "images").iterdir())[:5]:
        shutil.copy(path, source)
    (source / "broken.jpg").write_bytes(b"no picture")
    if kind == "zip":
        packed = tmp_path / "flat.zip"
        with zipfile.ZipFile(packed, "w") as archive:
            for path in source.iterdir():
                archive.write(path, path.name)
        source = packed
    summary = build(source, tmp_path / "c", tiny)
    assert (summary.added, summary.failed, len(read(tmp_path / "c"))) == (5, 1, 5)
    assert summary.errors == tmp_path / "c.errors.csv"
    (row,) = read_table(summary.errors)
    assert row["item_id"] == "broken" and row["where"].endswith("broken.jpg") and row["reason"]


def test_boxes_are_honoured(shop: Path, tmp_path: Path, tiny: Bundle, read: Read) -> None:
    picture = shutil.copy(sorted((shop / "images").iterdir())[0], tmp_path / "one.jpg")
    table = tmp_path / "boxes.csv"
    rows = [f"{name},one.jpg,{left},10,60,90" for name, left in (("a", 5), ("b", 80))]
    table.write_text("id,image,left,top,width,height\n" + "\n".join(rows) + "\n")
    build(table, tmp_path / "c", tiny)
    found = read(tmp_path / "c")
    for name, left in (("a", 5), ("b", 80)):
        item, vector = found[name]
        assert item.box == (left, 10, 60, 90)
        expected = Embedder(tiny).embed([picture], boxes=[(left, 10, 60, 90)])[0]
        np.testing.assert_allclose(vector, expected, atol=1e-5)
    assert found["a"][0].picture_hash == found["b"][0].picture_hash


def test_rows_without_pictures_and_addresses_are_told(tmp_path: Path, shop: Path, tiny: Bundle, read: Read) -> None:
    shutil.copy(sorted((shop / "images").iterdir())[0], tmp_path / "one.jpg")
    table = tmp_path / "t.csv"
    table.write_text("id,image\na,one.jpg\nb,missing.jpg\nc,https://shop.example/c.jpg\n")
    summary = build(table, tmp_path / "c", tiny)
    assert (summary.added, summary.failed, summary.lost) == (1, 1, 1)
    assert summary.errors is not None
    rows = read_table(summary.errors)
    assert [row["item_id"] for row in rows] == ["", "c"]
    assert "fetch it first" in rows[1]["reason"]
    assert list(read(tmp_path / "c")) == ["a"]


def test_a_finished_catalogue_is_not_built_again(shop: Path, tmp_path: Path, tiny: Bundle) -> None:
    build(shop, tmp_path / "c", tiny)
    before = (tmp_path / "c" / "catalogue.sqlite").read_bytes()
    with pytest.raises(UsageError, match="modiste catalogue add"):
        build(shop, tmp_path / "c", tiny)
    assert (tmp_path / "c" / "catalogue.sqlite").read_bytes() == before


@pytest.mark.parametrize("name", ["nothing-here", "empty"])
def test_a_source_that_cannot_be_read_leaves_nothing(name: str, tmp_path: Path, tiny: Bundle) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError):
        build(tmp_path / name, tmp_path / "c", tiny)
    assert not (tmp_path / "c").exists()


def test_a_place_that_cannot_be_written_is_told(shop: Path, tmp_path: Path, tiny: Bundle) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModisteError, match="file"):
        build(shop, tmp_path / "file", tiny)


def kill_soon(source: Path, place: Path, bundle: Path, after: float) -> bool:
    """Start a build and kill it; tell whether it was still running."""
    words = [sys.executable, "-c", BUILD, str(source), str(place), str(bundle)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    start = time.monotonic()
    while process.poll() is None:
        file = place / "catalogue.sqlite"
        if file.exists() and time.monotonic() - start > after:
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.005)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def test_killed_builds_go_on_and_end_as_one_clean_build(
    shop: Path, tmp_path: Path, tiny: Bundle, tiny_path: Path, read: Read
) -> None:
    build(shop, tmp_path / "clean", tiny)
    killed = 0
    for after in (0.0, 0.05, 0.1):
        killed += kill_soon(shop, tmp_path / "c", tiny_path, after)
        if killed:
            assert not verify(tmp_path / "c")
    assert killed
    kept = len(read(tmp_path / "c"))
    if (tmp_path / "c" / "unfinished.json").exists():
        with pytest.raises(UsageError, match="SOURCE: it was"):
            build(shop / "images", tmp_path / "c", tiny)
        summary = build(shop, tmp_path / "c", tiny)
        assert (summary.unchanged, summary.added) == (kept, 30 - kept)
    left, right = read(tmp_path / "clean"), read(tmp_path / "c")
    assert left.keys() == right.keys()
    for name, (item, vector) in left.items():
        assert right[name][0] == item
        # Batches of other sizes differ in the last bits.
        np.testing.assert_allclose(right[name][1], vector, atol=1e-6)
    assert not verify(tmp_path / "c")
    with pytest.raises(UsageError, match="already"):
        build(shop, tmp_path / "c", tiny)


def test_two_builds_at_once_are_refused(shop: Path, tmp_path: Path, tiny: Bundle) -> None:
    from modiste.batch.lock import FileLock

    (tmp_path / "c").mkdir()
    lock = FileLock(tmp_path / "c" / "unfinished.lock")
    assert lock.acquire()
    with pytest.raises(UsageError, match="another modiste is building"):
        build(shop, tmp_path / "c", tiny)
    lock.release()
    assert build(shop, tmp_path / "c", tiny).added == 30


def test_references_do_not_depend_on_where_the_command_was_typed(
    shop: Path, tmp_path: Path, tiny: Bundle, monkeypatch: pytest.MonkeyPatch, read: Read
) -> None:
    monkeypatch.chdir(shop.parent)
    with zipfile.ZipFile("packed.zip", "w") as archive:
        for path in sorted((shop / "images").iterdir())[:3]:
            archive.write(path, path.name)
    build(Path("packed.zip"), tmp_path / "c", tiny)
    monkeypatch.chdir(tmp_path)
    with PictureSource() as source:
        for item, _ in read(tmp_path / "c").values():
            assert item.image is not None and Path(item.image.partition("::")[0]).is_absolute()
            assert hashlib.sha256(source.read(item.image)).hexdigest() == item.picture_hash
    assert LocalBackend(tmp_path / "c").describe().items == 3
