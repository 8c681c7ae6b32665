"""Fetching from end to end against a local server, with its faults, its redirects, and kills at any moment."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from modiste.collect.fetching import FetchOptions, FetchSummary, fetch_pictures
from modiste.errors import ModisteError, UsageError
from modiste.imaging import PictureSource, decode_picture
from modiste.manifest import Manifest
from modiste.readers import ReaderOptions, read_source
from tests.unit.collect.web import Asked, Reply, draw, serve

FAST = FetchOptions(allow_private=True, back_off=0.01, timeout=5, obey_robots=False)


def number_of(asked: Asked) -> int:
    return int(asked.path.strip("/").partition(".")[0])


def write_list(path: Path, base: str, count: int) -> Path:
    path.write_text("\n".join(f"{base}/{number}.jpg" for number in range(count)), encoding="utf-8")
    return path


def with_options(**changes: object) -> FetchOptions:
    return FetchOptions(**{**FAST.__dict__, **changes})  # type: ignore[arg-type]


def fetch(source: Path, output: Path, **changes: object) -> FetchSummary:
    return fetch_pictures(source, output, options=with_options(**changes))


def read_errors(output: Path) -> dict[str, tuple[str, int]]:
    table = pl.read_csv(output.with_name(output.name + ".errors.csv"), infer_schema=False)
    return {item: (reason, int(attempts)) for item, _, reason, attempts in table.rows()}


@pytest.mark.parametrize("shards", ["zip", "tar"])
def test_pictures_arrive_byte_by_byte_in_bounded_shards(tmp_path: Path, shards: str) -> None:
    with serve(lambda asked: Reply(draw(number_of(asked)))) as web:
        summary = fetch(
            write_list(tmp_path / "urls.txt", web.base, 25), tmp_path / "out", shards=shards, shard_pictures=10
        )
    manifest = read_source(tmp_path / "out")
    assert (summary.pictures, summary.failed, len(manifest)) == (25, 0, 25)
    with PictureSource() as source:
        for item, image, digest in manifest.items.select("item_id", "image", "meta.sha256").rows():
            assert source.read(image) == draw(int(item))
            assert hashlib.sha256(draw(int(item))).hexdigest() == digest
    archives = sorted((tmp_path / "out").glob("shard-*"))
    names = [list_names(path) for path in archives]
    assert [len(part) for part in names] == [10, 10, 5]
    assert sorted(name for part in names for name in part) == [f"{number:09}.jpg" for number in range(25)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "out.errors.csv", "urls.txt"]


def test_shards_are_bounded_by_bytes(tmp_path: Path) -> None:
    with serve(lambda asked: Reply(draw(number_of(asked)))) as web:
        fetch(write_list(tmp_path / "urls.txt", web.base, 12), tmp_path / "out", shard_bytes=4 * len(draw(0)))
    sizes = [path.stat().st_size for path in (tmp_path / "out").glob("shard-*")]
    assert len(sizes) >= 3
    assert max(sizes) < 5 * len(draw(0)) + 1000


FAULTS = {
    0: [Reply(status=429)],
    1: [Reply(status=500), Reply(status=503)],
    2: [Reply(draw(2), sent=0.5)],
    3: [Reply(b"<!doctype html><p>not today</p>")] * 9,
    4: [Reply(status=500)] * 9,
    5: [Reply(draw(5), sent=0.5)] * 9,
    6: [Reply(draw(6)[:700])] * 9,
    7: [Reply(draw(7)[:700], with_length=False)],
    8: [Reply(status=404)] * 9,
    9: [Reply(b"")] * 9,
    10: [Reply(draw(10), delay=2.0)] * 9,
    11: [Reply(b"x" * 500_000)] * 9,
    12: [Reply(b"x" * 500_000, with_length=False)] * 9,
}
REASONS = {
    "3": ("an HTML page", 1),
    "4": ("500 Internal Server Error", 3),
    "5": ("ended before the whole body", 3),
    "6": ("damaged or cut short", 1),
    "8": ("404 Not Found", 1),
    "9": ("an empty file", 1),
    "10": ("time limit", 3),
    "11": ("longer than the 200,000 bytes", 1),
    "12": ("longer than the 200,000 bytes", 1),
}


def test_every_fault_passes_or_has_its_reason(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Reply:
        faults = FAULTS.get(number_of(asked), [])
        return faults[asked.count - 1] if asked.count <= len(faults) else Reply(draw(number_of(asked)))

    with serve(answer) as web:
        urls = write_list(tmp_path / "urls.txt", web.base, 20)
        summary = fetch(urls, tmp_path / "out", attempts=3, timeout=0.9, max_bytes=200_000)
    errors = read_errors(tmp_path / "out")
    assert errors.keys() == REASONS.keys()
    for item, (reason, attempts) in REASONS.items():
        assert reason in errors[item][0]
        assert errors[item][1] == attempts
    assert summary.pictures == 20 - len(REASONS)
    lost = Manifest.read(tmp_path / "out").problems
    assert lost["kind"].to_list() == ["lost"] * len(REASONS)


def test_retry_after_lets_the_host_rest(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Reply:
        busy = number_of(asked) == 0 and asked.count == 1
        return Reply(status=429, headers={"Retry-After": "1"}) if busy else Reply(draw(number_of(asked)))

    with serve(answer) as web:
        fetch(write_list(tmp_path / "urls.txt", web.base, 6), tmp_path / "out", per_host=1)
    gap = web.asked[1].time - web.asked[0].time
    assert 0.9 <= gap <= 3


def test_host_is_asked_gently(tmp_path: Path) -> None:
    with serve(lambda asked: Reply(draw(number_of(asked)), delay=0.03)) as web:
        fetch(write_list(tmp_path / "urls.txt", web.base, 12), tmp_path / "out", per_host=2, interval=0.05)
    assert web.most <= 2
    times = sorted(asked.time for asked in web.asked)
    assert times[-1] - times[0] >= 0.05 * 11 * 0.9


def test_redirects_are_followed_and_circles_end(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Reply:
        number = number_of(asked)
        if number == 1 and not asked.query:
            return Reply(status=302, headers={"Location": "1.jpg?moved=1"})
        if number == 2:
            return Reply(status=301, headers={"Location": "/2.jpg"})
        if number == 3:
            return Reply(status=307, headers={"Location": "file:///etc/passwd"})
        return Reply(draw(number))

    with serve(answer) as web:
        fetch(write_list(tmp_path / "urls.txt", web.base, 4), tmp_path / "out")
    items = Manifest.read(tmp_path / "out").items
    final = dict(items.select("item_id", "meta.final").rows())
    assert final == {"0": None, "1": f"{web.base}/1.jpg?moved=1"}
    errors = read_errors(tmp_path / "out")
    assert "redirects" in errors["2"][0]
    assert "wrong place" in errors["3"][0]


def test_private_hosts_are_refused_also_after_a_redirect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from modiste.collect.fetching import network

    with serve(lambda asked: Reply(status=302, headers={"Location": "http://127.0.0.1:9/x.jpg"})) as web:
        summary = fetch(write_list(tmp_path / "urls.txt", web.base, 2), tmp_path / "plain", allow_private=False)
        assert summary.failed == 2
        assert not web.asked
        assert all("private network" in reason for reason, _ in read_errors(tmp_path / "plain").values())
        # The first hop is let through, so that the second one is what is refused.
        port = int(web.base.rpartition(":")[2])
        monkeypatch.setattr(network, "is_public", lambda _: network_asks == [port])
        network_asks: list[int] = []
        ask = network._ask

        async def note(host: str, asked_port: int) -> object:
            network_asks[:] = [asked_port]
            return await ask(host, asked_port)

        monkeypatch.setattr(network, "_ask", note)
        fetch(write_list(tmp_path / "urls.txt", web.base, 1), tmp_path / "moved", allow_private=False)
    assert len(web.asked) == 1
    assert "private network" in read_errors(tmp_path / "moved")["0"][0]


def test_robots_txt_and_objections_are_respected(tmp_path: Path) -> None:
    robots = Reply(b"User-agent: *\nDisallow: /1.jpg\n")

    def answer(asked: Asked) -> Reply:
        objects = {"X-Robots-Tag": "noindex, noai"} if number_of(asked) == 2 else {}
        return Reply(draw(number_of(asked)), headers=objects)

    with serve(answer, robots=robots) as web:
        urls = write_list(tmp_path / "urls.txt", web.base, 4)
        fetch(urls, tmp_path / "polite", obey_robots=True)
        assert web.count("/robots.txt") == 1
        assert web.count("/1.jpg") == 0
        errors = read_errors(tmp_path / "polite")
        assert "robots.txt forbids" in errors["1"][0]
        assert "X-Robots-Tag" in errors["2"][0]
        assert fetch(urls, tmp_path / "rude", obey_robots=False).failed == 0


def test_unreadable_robots_txt_forbids_everything(tmp_path: Path) -> None:
    with serve(lambda asked: Reply(draw(1)), robots=Reply(b"x", sent=0.0)) as web:
        summary = fetch(write_list(tmp_path / "urls.txt", web.base, 3), tmp_path / "out", obey_robots=True)
    assert summary.failed == 3
    assert "can't be read" in read_errors(tmp_path / "out")["0"][0]
    assert web.count("/robots.txt") == 3


def test_table_keeps_its_labels_hashes_and_boxes(tmp_path: Path) -> None:
    sha, md5 = hashlib.sha256(draw(0, (400, 200))).hexdigest(), hashlib.md5(draw(1, (50, 40))).hexdigest()
    with serve(lambda asked: Reply(draw(number_of(asked), (50, 40) if "1" in asked.path else (400, 200)))) as web:
        rows = ["photo,id,type,hash,x,y,w,h", f"{web.base}/0.jpg,A,Shirt,{sha},100,20,200,100"]
        rows += [f"{web.base}/1.jpg,B,Shoe,{md5},0,0,10,10", f"{web.base}/2.jpg,C,Shoe,{'0' * 64},,,,"]
        rows += [f"{web.base}/0.jpg,D,Shirt,,,,,"]
        (tmp_path / "shop.csv").write_text("\n".join(rows), encoding="utf-8")
        options = with_options(hash_column="hash", max_side=100)
        reading = ReaderOptions(image_column="photo", fields=("type",))
        summary = fetch_pictures(tmp_path / "shop.csv", tmp_path / "out", options=options, reading=reading)
    assert (summary.addresses, summary.pictures, summary.items) == (3, 2, 3)
    items = Manifest.read(tmp_path / "out").items
    assert items["item_id"].to_list() == ["A", "B", "D"]
    assert items["label.type"].to_list() == ["Shirt", "Shoe", "Shirt"]
    assert items["box"].to_list() == [[25.0, 5.0, 50.0, 25.0], [0.0, 0.0, 10.0, 10.0], None]
    assert items["image"][0] == items["image"][2]
    with PictureSource() as source:
        shapes = [decode_picture(source.read(image)).shape for image in items["image"]]
        assert source.read(items["image"][1]) == draw(1, (50, 40))
    assert shapes == [(50, 100, 3), (40, 50, 3), (50, 100, 3)]
    assert "sha256 is not the expected one" in read_errors(tmp_path / "out")["C"][0]


def test_imaterialist_json(tmp_path: Path) -> None:
    with serve(lambda asked: Reply(draw(number_of(asked)))) as web:
        images = [{"imageId": str(n), "url": f"{web.base}/{n}.jpg"} for n in range(3)]
        annotations = [{"imageId": str(n), "labelId": [str(n), "66"]} for n in range(3)]
        (tmp_path / "train.json").write_text(json.dumps({"images": images, "annotations": annotations}), "utf-8")
        try:
            summary = fetch(tmp_path / "train.json", tmp_path / "out")
        except ModisteError as error:
            pytest.skip(f"no reader of iMaterialist yet: {error}")
    assert summary.pictures == 3
    assert read_source(tmp_path / "out").labels(read_source(tmp_path / "out").taxonomy.names[0]).len() == 3


def test_finished_and_foreign_outputs_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear diary")
    with serve(lambda asked: Reply(draw(number_of(asked)))) as web:
        urls = write_list(tmp_path / "urls.txt", web.base, 3)
        fetch(urls, tmp_path / "out")
        with pytest.raises(UsageError, match="--overwrite"):
            fetch(urls, tmp_path / "out")
        write_list(urls, web.base, 5)
        summary = fetch_pictures(urls, tmp_path / "out", options=FAST, overwrite=True)
        assert summary.items == 5 == len(Manifest.read(tmp_path / "out"))
        with pytest.raises(UsageError, match="nothing that modiste fetched"):
            fetch_pictures(urls, tmp_path / "mine", options=FAST, overwrite=True)
    assert (tmp_path / "mine" / "diary.txt").read_text() == "dear diary"
    assert not list(tmp_path.glob(".*.modiste"))


def test_nothing_to_fetch_is_told(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("image,type\n1.jpg,a\n2.jpg,b\n")
    (tmp_path / "1.jpg").write_bytes(draw(1))
    (tmp_path / "2.jpg").write_bytes(draw(2))
    with pytest.raises(UsageError, match="nothing to fetch"):
        fetch(tmp_path / "list.csv", tmp_path / "out")


def test_odd_lines_of_a_list_are_told(tmp_path: Path) -> None:
    with serve(lambda asked: Reply(draw(1))) as web:
        lines = ["# pictures", f"{web.base}/1.jpg", "", "ftp://x.example/1.jpg", f"{web.base}/1.jpg"]
        lines += ["http://", "http://user:secret@shop.example/1.jpg"]
        (tmp_path / "urls.txt").write_text("\n".join(lines))
        summary = fetch(tmp_path / "urls.txt", tmp_path / "out")
    assert (summary.addresses, summary.pictures) == (3, 1)
    problems = Manifest.read(tmp_path / "out").problems
    assert Counter(problems["kind"]) == {"lost": 3, "remark": 1}
    reasons = " ".join(problems["reason"])
    assert "no web address" in reasons
    assert "password" in reasons


CODE = """
import sys
from pathlib import Path
from modiste.collect.fetching import FetchOptions, fetch_pictures
options = FetchOptions(allow_private=True, back_off=0.01, obey_robots=False, shards=sys.argv[3], shard_pictures=40)
fetch_pictures(sys.argv[1], sys.argv[2], options=options)
"""


@pytest.mark.parametrize("shards", ["zip", "tar"])
def test_kill_loses_and_doubles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shards: str) -> None:
    count = 300
    with serve(
        lambda asked: Reply(status=404) if number_of(asked) % 9 == 0 else Reply(draw(number_of(asked)), delay=0.02)
    ) as web:
        urls = write_list(tmp_path / "urls.txt", web.base, count)
        words = [sys.executable, "-c", CODE, str(urls), str(tmp_path / "out"), shards]
        journals = tmp_path / ".out.modiste"
        kept = 0
        for goal in (30, 100, 170):
            process = subprocess.Popen(words, cwd=tmp_path)
            while process.poll() is None and count_lines(journals) < goal:
                time.sleep(0.005)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            assert count_lines(journals) >= max(goal, kept)
            kept = count_lines(journals)
        asked_before = len(web.asked)
        options = with_options(shards=shards, shard_pictures=40)
        monkeypatch.chdir(tmp_path)
        summary = fetch_pictures(urls, tmp_path / "out", options=options)
        assert summary.resumed == kept
        assert len(web.asked) - asked_before == count - kept
    good = [number for number in range(count) if number % 9]
    items = Manifest.read(tmp_path / "out").items
    assert sorted(map(int, items["item_id"])) == good
    assert len(read_errors(tmp_path / "out")) == count - len(good)
    names: list[str] = []
    for path in (tmp_path / "out").glob("shard-*"):
        names += list_names(path)
    assert sorted(names) == [f"{number:09}.jpg" for number in good]
    with PictureSource() as source:
        assert all(source.read(image) == draw(int(item)) for item, image in items.select("item_id", "image").rows())


def list_names(path: Path) -> list[str]:
    if path.suffix == ".tar":
        with tarfile.open(path) as archive:
            return archive.getnames()
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def count_lines(folder: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in folder.glob("journal-*.jsonl"))
