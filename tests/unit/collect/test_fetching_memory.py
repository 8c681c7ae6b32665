"""What a long list may hold in memory, and that its columns say what a walk through Python objects would say."""

from __future__ import annotations

import tracemalloc
import weakref
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modiste.collect.fetching import FetchOptions, Request, fetch_manifest, job, read_addressed
from modiste.collect.fetching.addresses import parse_address
from modiste.collect.fetching.content import Picture
from modiste.collect.fetching.listing import list_addresses, number_images
from modiste.collect.fetching.result import build_fetched
from modiste.collect.fetching.schedule import Schedule, Task
from modiste.collect.fetching.store import OUTCOMES, Store
from modiste.manifest import Manifest
from modiste.readers.identifiers import make_item_ids

MEGABYTE = 1_000_000
PARTS = st.lists(st.text("ab.", min_size=1, max_size=4), min_size=1, max_size=3).map("/".join)
URLS = st.builds("{}://{}/{}{}".format, st.sampled_from(["http", "HTTPS"]), st.sampled_from(["x", "y:8"]), PARTS,
                 st.sampled_from(["", "?q=/a.b", "#c.d"]))  # fmt: skip


def make_store(folder: Path) -> Store:
    folder.mkdir(exist_ok=True)
    return Store(folder, folder / "done", format="zip", max_pictures=100, max_bytes=10**9)


def refer_ids(addresses: list[str]) -> list[str]:
    parts = [urlsplit(address) for address in addresses]
    for names in ([part.path.strip("/") for part in parts], [part.netloc + part.path for part in parts]):
        if len(set(names)) == len(names) and all(names):
            return make_item_ids(names)
    return addresses


@given(st.lists(URLS, min_size=1, max_size=8, unique=True))
@example(["http://x/a.a", "http://x/a.b", "http://x/b", "http://x/b.a", "http://x/.a", "http://x/a/..b.b"])
def test_ids_of_a_list_are_those_of_any_other_source(tmp_path_factory: pytest.TempPathFactory, urls: list[str]) -> None:
    path = tmp_path_factory.mktemp("list") / "urls.txt"
    path.write_text("\n".join(urls), encoding="utf-8")
    items = read_addressed(path).items
    assert items["image"].to_list() == urls
    assert items["item_id"].to_list() == refer_ids(urls)


def test_host_that_is_no_number_does_not_end_the_reading(tmp_path: Path) -> None:
    (tmp_path / "urls.txt").write_text("http://shop.example/1.jpg\nhttp://[::1/2.jpg\n")
    assert read_addressed(tmp_path / "urls.txt").items["item_id"].to_list() == ["1", "2"]


def make_manifest(images: list[str]) -> Manifest:
    rows = ({"item_id": f"i{number}", "image": image, "source": "test"} for number, image in enumerate(images))
    return Manifest.from_rows(rows)


IMAGES = st.lists(st.sampled_from(["http://a/1", "http://a/2", "http://b/1", "here.jpg", "HTTP://A/1"]), min_size=1)


@given(IMAGES)
def test_images_have_the_numbers_of_their_addresses(images: list[str]) -> None:
    manifest = make_manifest(images)
    expected: dict[str, int] = {}
    for image in images:
        if image != "here.jpg":
            expected.setdefault(image, len(expected))
    addresses = list_addresses(manifest)
    assert addresses["address"].to_list() == list(expected)
    assert number_images(manifest.items["image"], addresses).to_list() == [expected.get(image) for image in images]


@given(IMAGES, st.data())
def test_every_item_gets_its_outcome(images: list[str], data: st.DataObject) -> None:
    """In whatever order the outcomes come; some may lack, two items may have one address, some have none."""
    manifest = make_manifest(images)
    addresses = list_addresses(manifest)
    numbers = data.draw(st.permutations(range(addresses.height)))
    numbers = numbers[: data.draw(st.integers(0, len(numbers)))]
    rows: list[dict[str, Any]] = [{"number": number, "attempts": 1, **make_outcome(number)} for number in numbers]
    fetched, errors = build_fetched(
        manifest, addresses, pl.DataFrame(rows, schema=OUTCOMES), name_shard=lambda number: Path(f"/s{number}.zip")
    )
    known = {addresses["address"][row["number"]]: row for row in rows}
    kept, lost = [], []
    for number, image in enumerate(images):
        row = known.get(image, {})
        if row.get("member") or image == "here.jpg":
            place = f"/s{row['shard']}.zip::{row['member']}" if row else image
            kept.append((f"i{number}", place, row.get("sha256"), image if row else None))
        else:
            lost.append((f"i{number}", image, row.get("reason"), row.get("attempts")))
    assert fetched.items.select("item_id", "image", "meta.sha256", "meta.address").rows() == kept
    assert errors.rows() == lost


def make_outcome(number: int) -> dict[str, object]:
    if number % 2:
        return {"reason": "no"}
    return {"shard": number, "member": f"{number}.jpg", "sha256": f"{number}", "width": 3, "height": 4}


def test_journal_of_failures_is_not_held(tmp_path: Path) -> None:
    """A list that only fails leaves one journal, however long; taken up, it must not stand in memory."""
    store = make_store(tmp_path / "work")
    for number in range(30_000):
        store.refuse(number, "the server answered 404 Not Found", attempts=1)
    store.close()
    again = make_store(tmp_path / "work")
    tracemalloc.start()
    count = sum(1 for _ in again.resume())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    again.close()
    assert count == 30_000
    assert peak < MEGABYTE


def test_final_address_is_noted_where_it_is_another_one(tmp_path: Path) -> None:
    store = make_store(tmp_path / "work")
    picture = Picture(b"x", ".jpg", "00", 1, 1)
    store.keep(0, picture, final=None, attempts=1)
    store.keep(1, picture, final="http://b/", attempts=1)
    store.finish()
    assert store.read_outcomes()["final"].to_list() == [None, "http://b/"]


def test_hosts_that_rested_are_forgotten() -> None:
    """Each of many hosts has one picture, and rests when it is done."""
    now = 0.0
    tasks = (Task(number, "", target=parse_address(f"http://h{number}.example/")) for number in range(3000))
    schedule = Schedule(tasks, per_host=1, interval=5.0, clock=lambda: now, window=10)
    most = 0
    while not schedule.is_empty:
        task = schedule.take()
        assert task is not None
        schedule.rest(task.host, 2.0)
        schedule.finish(task)
        now += 1.0
        most = max(most, len(schedule._hosts))
    assert most <= 50


def test_manifest_is_not_held_while_pictures_are_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "urls.txt").write_text("http://127.0.0.1:1/1.jpg\n")
    seen: list[weakref.ref[Manifest]] = []

    def read() -> Manifest:
        manifest = read_addressed(tmp_path / "urls.txt")
        seen.append(weakref.ref(manifest))
        return manifest

    def refuse_all(addresses: pl.DataFrame, store: Store, options: FetchOptions, **_: object) -> int:
        assert [reference() for reference in seen] == [None]
        store.refuse(0, "no", attempts=1)
        return 0

    monkeypatch.setattr(job, "fetch_all", refuse_all)
    summary = fetch_manifest(Request(read, {}), tmp_path / "out", options=FetchOptions(), overwrite=False)
    assert summary.failed == 1
