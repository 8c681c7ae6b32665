from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from modiste import Embedder, Tagger
from modiste.batch import ListingOptions, TagOptions, embed_files, tag_files
from modiste.bundle import Bundle
from modiste.errors import UnknownNameError, UsageError
from modiste.imaging import DecodeLimits
from modiste.runtime import Decider, NameMap, Network

SMALL = {"part_size": 4, "threads": 2}


@pytest.fixture
def shop(tiny_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of 12 pictures, two of which are none; it is the working directory's ``shop``."""
    (tmp_path / "shop" / "sub").mkdir(parents=True)
    for number in range(10):
        product = number // 3
        shutil.copy(tiny_path / f"{number % 6}.jpg", tmp_path / "shop" / f"{product}_{number}.jpg")
    (tmp_path / "shop" / "1_bad.jpg").write_bytes(b"hello")
    (tmp_path / "shop" / "sub" / "dir.jpg").mkdir()
    monkeypatch.chdir(tmp_path)
    return Path("shop")


def list_folder() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def read(path: str) -> pl.DataFrame:
    return pl.read_parquet(path) if path.endswith(".parquet") else pl.read_csv(path)


def test_every_picture_is_in_exactly_one_table(shop: Path, tiny: Bundle) -> None:
    summary = tag_files([shop], Path("tags.parquet"), bundle=tiny, **SMALL)
    rows, errors = read("tags.parquet"), read("tags.errors.csv")
    assert rows.columns == [
        "image", "item_id",
        "kind", "kind_confidence", "article", "article_confidence",
        "colour", "colour_confidence", "material", "material_confidence", "doubtful",
    ]  # fmt: skip
    assert (summary.pictures, summary.rows, summary.failed, summary.resumed) == (12, 10, 2, 0)
    assert summary.doubtful == rows["doubtful"].sum()
    assert errors.columns == ["image", "reason"]
    assert errors["image"].to_list() == [str(shop / "1_bad.jpg"), str(shop / "sub" / "dir.jpg")]
    assert len({*rows["image"], *errors["image"]}) == 12
    assert list_folder() == ["shop", "tags.errors.csv", "tags.parquet"]


def test_rows_equal_the_tagger(shop: Path, tiny: Bundle) -> None:
    tag_files([shop], Path("tags.parquet"), bundle=tiny, options=TagOptions(top_k=2), **SMALL)
    tagger = Tagger(tiny, threads=1)
    for row in read("tags.parquet").iter_rows(named=True):
        tags = tagger.tag_one(row["image"], top_k=2)
        assert {name: row[name] for name in tags} == tags.to_dict()
        for name in tags:
            assert row[f"{name}_confidence"] == pytest.approx(tags[name].confidence, abs=2e-4)
        second = tags["article"].alternatives[0]
        assert row["article_2"] == second.value
        assert row["article_2_confidence"] == pytest.approx(second.confidence, abs=2e-4)
        assert row["doubtful"] == tags.doubtful
        assert "material_2" not in row


def test_vectors_equal_the_embedder(shop: Path, tiny: Bundle) -> None:
    embed_files([shop], Path("v.parquet"), bundle=tiny, **SMALL)
    embed_files([shop], Path("w.npy"), bundle=tiny, **SMALL)
    table, names = read("v.parquet"), json.loads(Path("w.json").read_text(encoding="utf-8"))
    expected = Embedder(tiny).embed(table["image"].to_list())
    np.testing.assert_allclose(table["vector"].to_numpy(), expected, atol=1e-5)
    np.testing.assert_array_equal(np.load("w.npy"), table["vector"].to_numpy())
    assert table["fingerprint"].unique().to_list() == [tiny.fingerprint]
    assert names == {key: table[key].to_list() for key in ("item_id", "image")} | {"fingerprint": tiny.fingerprint}
    assert read("v.errors.csv").height == 2
    with pytest.raises(UsageError, match=r"w\.json exists already"):
        Path("w.npy").unlink()
        Path("w.errors.csv").unlink()
        embed_files([shop], Path("w.npy"), bundle=tiny)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet", ".jsonl"])
def test_every_format_says_the_same(shop: Path, tiny: Bundle, suffix: str) -> None:
    tag_files([shop], Path(f"a{suffix}"), bundle=tiny, **SMALL)
    tag_files([shop], Path("b.parquet"), bundle=tiny, **SMALL)
    expected = read("b.parquet")
    if suffix == ".jsonl":
        rows = [json.loads(line) for line in Path("a.jsonl").read_text(encoding="utf-8").splitlines()]
        assert rows == expected.to_dicts()
        return
    found = pl.read_excel("a.xlsx") if suffix == ".xlsx" else read(f"a{suffix}")
    if suffix != ".parquet":
        expected = expected.with_columns(pl.col("material").list.join(";"))
        found = found.with_columns(pl.col("material").fill_null(""))
    assert found.equals(expected)


def test_a_selection_of_fields_and_a_least_confidence(shop: Path, tiny: Bundle) -> None:
    options = TagOptions(fields=("colour", "kind"), min_confidence=0.65)
    tag_files([shop], Path("tags.parquet"), bundle=tiny, options=options, **SMALL)
    table = read("tags.parquet")
    assert table.columns == ["image", "item_id", "kind", "kind_confidence", "colour", "colour_confidence", "doubtful"]
    for row in table.iter_rows(named=True):
        for name in ("kind", "colour"):
            assert (row[name] is None) == (row[f"{name}_confidence"] < 0.65)
        assert row["doubtful"] == (row["kind"] is None or row["colour"] is None)
    assert 0 < table["kind"].null_count() < 10


def test_names_of_the_shop(shop: Path, tiny: Bundle) -> None:
    names = NameMap({"kind": "Gruppe"}, {"kind": {"Bags": "Taschen", "Shoes": "Taschen"}})
    tag_files([shop], Path("tags.parquet"), bundle=tiny, options=TagOptions(names=names), **SMALL)
    table = read("tags.parquet")
    assert table.columns[2:4] == ["Gruppe", "Gruppe_confidence"]
    assert set(table["Gruppe"]) == {"Taschen", "Clothes"}
    with pytest.raises(UsageError, match="two columns would be called 'kind_confidence'"):
        clash = TagOptions(names=NameMap({"colour": "kind_confidence"}))
        tag_files([shop], Path("x.csv"), bundle=tiny, options=clash)


def test_products_are_fused_by_mean_log_probability(shop: Path, tiny: Bundle) -> None:
    listing = ListingOptions(product_pattern="^([0-9]+)_")
    options = TagOptions(by="product")
    tag_files([shop], Path("tags.parquet"), bundle=tiny, options=options, listing=listing, part_size=2)
    table = read("tags.parquet")
    assert table["product_id"].to_list() == ["0", "1", "2", "3"]
    assert table["pictures"].to_list() == [3, 3, 3, 1]
    assert read("tags.errors.csv").height == 2
    network, decider = Network(tiny, threads=1), Decider(tiny.spec)
    for row, product in zip(table.iter_rows(named=True), range(4), strict=True):
        pictures = [tiny.preprocessing.load(path.read_bytes()) for path in sorted(shop.glob(f"{product}_[0-9].jpg"))]
        alone = decider.decide(network.run(np.stack(pictures)).logits)
        logs = np.log(alone.probabilities["colour"]).mean(axis=0)
        fused = np.exp(logs) / np.exp(logs).sum()
        best = int(fused.argmax())
        assert row["colour"] == tiny.taxonomy["colour"].values[best]
        assert row["colour_confidence"] == pytest.approx(fused[best], abs=2e-4)
        differs = (alone.choices["colour"] != best) & ~alone.doubtful["colour"]
        assert ("colour" in row["disagreement"].split(";")) == differs.any()
        assert row["doubtful"] or not row["disagreement"]
    assert table["disagreement"].str.contains("colour").any()


def test_boxes_of_a_table_are_cut_out(shop: Path, tiny: Bundle) -> None:
    image = next(iter(sorted(shop.glob("0_*.jpg"))))
    Path("t.csv").write_text(f"id,image,l,t,w,h\na,{image},5,10,40,60\nb,{image},,,,\n", encoding="utf-8")
    listing = ListingOptions(box_columns=("l", "t", "w", "h"))
    tag_files(["t.csv"], Path("tags.parquet"), bundle=tiny, listing=listing)
    expected = Tagger(tiny).tag([image, image], boxes=[(5, 10, 40, 60), None])
    found = read("tags.parquet")["kind_confidence"].to_list()
    assert found == pytest.approx([tags["kind"].confidence for tags in expected], abs=2e-4)


def test_addresses_are_errors(shop: Path, tiny: Bundle) -> None:
    Path("t.csv").write_text("id,image\na,https://shop.example/1.jpg\nb,shop/0_0.jpg\n", encoding="utf-8")
    summary = tag_files(["t.csv"], Path("tags.csv"), bundle=tiny)
    assert (summary.rows, summary.failed) == (1, 1)
    assert "Type: modiste data fetch" in read("tags.errors.csv")["reason"][0]


def test_nothing_but_failures(shop: Path, tiny: Bundle) -> None:
    summary = tag_files([shop / "1_bad.jpg"], Path("tags.csv"), bundle=tiny)
    assert (summary.rows, summary.failed, summary.doubtful) == (0, 1, 0)
    embed_files([shop / "1_bad.jpg"], Path("v.npy"), bundle=tiny)
    assert np.load("v.npy").shape == (0, 16)


@pytest.mark.parametrize(
    ("run", "error", "reason"),
    [
        (lambda tiny: tag_files(["shop"], Path("tags.xls"), bundle=tiny), UnknownNameError, "did you mean '.xlsx'"),
        (lambda tiny: embed_files(["shop"], Path("v.csv"), bundle=tiny), UnknownNameError, "no output format '.csv'"),
        (lambda tiny: tag_files(["shop"], Path("shop"), bundle=tiny), UsageError, "is a folder"),
        (lambda tiny: tag_files(["x"], Path("a.csv"), bundle=tiny), UsageError, "no file or folder 'x'"),
        (lambda tiny: tag_files(["shop"], Path("a.csv"), bundle=tiny, threads=0), UsageError, "threads is 0"),
        (
            lambda tiny: tag_files(["shop"], Path("a.csv"), bundle=tiny, options=TagOptions(fields=("color",))),
            UnknownNameError,
            "did you mean 'colour'",
        ),
        (
            lambda tiny: tag_files(["shop"], Path("a.csv"), bundle=tiny, options=TagOptions(by="product")),
            UsageError,
            "--product-pattern REGEX",
        ),
        (
            lambda tiny: tag_files(["shop"], Path("a.csv"), bundle=tiny, listing=ListingOptions(product_pattern="(a)")),
            UsageError,
            "only --by product asks for it",
        ),
        (lambda tiny: TagOptions(top_k=0), UsageError, "--top-k is 0"),
        (lambda tiny: TagOptions(min_confidence=1.5), UsageError, "--min-confidence is 1.5"),
        (lambda tiny: TagOptions(by="shop"), UsageError, "expected picture or product"),
    ],
)
def test_wrong_use_leaves_nothing(
    shop: Path, tiny: Bundle, run: Callable[[Bundle], Any], error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        run(tiny)
    assert list_folder() == ["shop"]


class Stop(BaseException):
    """A kill, as seen from within."""


class Countdown:
    """Stops the program instead of its ``left``-th file operation."""

    def __init__(self, left: int) -> None:
        self.left = left

    def watch(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                raise Stop
            return operation(*arguments, **options)

        return watched


@pytest.mark.parametrize("suffix", [".csv", ".npy"])
def test_a_stop_at_every_file_operation_loses_and_doubles_nothing(
    shop: Path, tiny: Bundle, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    job = tag_files if suffix == ".csv" else embed_files
    job([shop], Path(f"clean{suffix}"), bundle=tiny, **SMALL)
    places = [suffix, ".errors.csv", *([".json"] if suffix == ".npy" else [])]
    clean = {place: Path(f"clean{place}").read_bytes() for place in places}
    output = Path(f"tags{suffix}")
    replace, unlink = Path.replace, Path.unlink
    for stop_at in range(1, 100, 1 if suffix == ".csv" else 4):
        countdown = Countdown(stop_at)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", countdown.watch(replace))
            patch.setattr(Path, "unlink", countdown.watch(unlink))
            try:
                job([shop], output, bundle=tiny, **SMALL)
            except Stop:
                stopped = True
            else:
                stopped = False
        if stopped:
            job([shop], output, bundle=tiny, **SMALL)
        assert {place: Path(f"tags{place}").read_bytes() for place in places} == clean
        assert not list(Path().glob(".tags*"))
        for place in places:
            Path(f"tags{place}").unlink()
        if not stopped:
            assert stop_at > 10
            return


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_kill_is_survived(shop: Path, tiny_path: Path) -> None:
    with zipfile.ZipFile("shop.zip", "w") as archive:
        for number in range(600):
            archive.write(tiny_path / f"{number % 6}.jpg", f"{number}.jpg")
        archive.writestr("bad.jpg", b"hello")
    tag_files(["shop.zip"], Path("clean.csv"), bundle=tiny_path, part_size=50)
    code = (
        "from pathlib import Path; from modiste.batch import tag_files;"
        f"print(tag_files(['shop.zip'], Path('tags.csv'), bundle={str(tiny_path)!r}, part_size=50).resumed)"
    )
    command = [sys.executable, "-c", code]
    for least in (1, 5):
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while len(list(Path(".tags.csv.modiste").glob("part-*"))) < 2 * least and time.monotonic() < deadline:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert process.stdout is not None
        process.stdout.close()
    summary = tag_files(["shop.zip"], Path("tags.csv"), bundle=tiny_path, part_size=50)
    assert summary.resumed >= 200
    assert Path("tags.csv").read_bytes() == Path("clean.csv").read_bytes()
    assert Path("tags.errors.csv").read_bytes() == Path("clean.errors.csv").read_bytes()


def test_a_resumed_run_sees_the_same_pictures(shop: Path, tiny: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("modiste.batch.jobs.write_csv", _stop)
        with pytest.raises(Stop):
            tag_files([shop], Path("tags.csv"), bundle=tiny, **SMALL)
    shutil.copy(shop / "0_0.jpg", shop / "00_new.jpg")
    with pytest.raises(UsageError, match="--top-k: it was 1, now it is 2"):
        tag_files([shop], Path("tags.csv"), bundle=tiny, options=TagOptions(top_k=2), **SMALL)
    summary = tag_files([shop], Path("tags.csv"), bundle=tiny, threads=1, part_size=4)
    assert (summary.pictures, summary.resumed) == (12, 12)


def _stop(*_: object) -> None:
    raise Stop


def test_pictures_beyond_the_limits_are_errors(shop: Path, tiny: Bundle) -> None:
    whole = tag_files([shop], Path("a.csv"), bundle=tiny, **SMALL)
    limited = tag_files([shop], Path("b.csv"), bundle=tiny, limits=DecodeLimits(max_bytes=1), **SMALL)
    assert whole.rows > 0 and (limited.rows, limited.failed) == (0, whole.pictures)
    limited = tag_files([shop], Path("c.csv"), bundle=tiny, limits=DecodeLimits(max_pixels=1), **SMALL)
    assert (limited.rows, limited.failed) == (0, whole.pictures)
