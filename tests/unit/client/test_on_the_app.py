"""The client and the real application: what it says is what Python says of the same pictures; every verb at work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from modiste.catalogue import Catalogue
from modiste.client import AsyncClient, Client, ItemIn, ItemPatch, Variant
from modiste.errors import (
    BusyError,
    ClientError,
    KeyRefusedError,
    NotFoundError,
    ServerProblemError,
    UnknownNameError,
    UsageError,
)
from modiste.imaging import decode_picture
from modiste.runtime import Embedder, Tagger
from modiste.serving import create_app
from modiste.serving.keys import make_key
from tests.unit.serving.conftest import ODD, limits

from .conftest import Shop


def connect(shop: Shop, *, key: str | None = None, **changes: Any) -> Client:
    return Client("http://localhost", key=key, transport=shop.client(**changes)._transport, patience=0)


@pytest.fixture(scope="module")
def client(shop: Shop) -> Iterator[Client]:
    with connect(shop) as made:
        yield made


@pytest.fixture(scope="module")
def python(shop: Shop) -> Iterator[Catalogue]:
    with Catalogue.open(shop.place, bundle=shop.bundle, threads=1) as opened:
        yield opened


@pytest.fixture
def pictures(drawn_shop: Shop, tmp_path: Path) -> list[Path]:
    paths = []
    for place, data in enumerate(list(drawn_shop.files.values())[:4]):
        paths.append(tmp_path / f"{place}.jpg")
        paths[-1].write_bytes(data)
    return paths


def in_a_loop(shop: Shop, ask: Callable[[AsyncClient], Awaitable[Any]]) -> Any:
    """Ask the application from an event loop, where nothing lies between."""

    async def run() -> Any:
        app = create_app(shop.settings())
        async with (
            app.router.lifespan_context(app),
            AsyncClient("http://localhost", transport=httpx2.ASGITransport(app)) as client,
        ):
            return await ask(client)

    return asyncio.run(run())


def test_tags_are_those_of_python(client: Client, shop: Shop, pictures: list[Path]) -> None:
    expected = Tagger(shop.bundle, threads=1).tag(pictures, top_k=3)
    answer = client.tag(pictures, top_k=3)
    assert [one.name for one in answer] == [path.name for path in pictures]
    for shown, tags in zip(answer, expected, strict=True):
        assert shown.to_dict() == tags.to_dict() and shown.doubtful == tags.doubtful
        for name, tag in tags.items():
            assert (shown[name].value, shown[name].kind) == (tag.value, tag.kind)
            assert shown[name].confidence == pytest.approx(tag.confidence, abs=1e-5)
            assert [one.value for one in shown[name].alternatives] == [one.value for one in tag.alternatives]
    assert answer.bundle == Tagger(shop.bundle, threads=1).fingerprint


def test_a_picture_may_be_a_path_a_content_an_image_or_an_array(client: Client, pictures: list[Path]) -> None:
    data = pictures[0].read_bytes()
    pixels = decode_picture(data)
    expected = client.tag_one(pictures[0]).tags
    given = (str(pictures[0]), data, pixels, Image.fromarray(pixels))
    assert [client.tag_one(one).tags for one in given] == [expected] * len(given)


def test_vectors_are_those_of_python(client: Client, shop: Shop, pictures: list[Path]) -> None:
    boxes = [None, (5, 5, 40, 50), None, (0, 0, 20, 20)]
    expected = Embedder(shop.bundle, threads=1).embed(pictures, boxes=boxes)
    assert np.allclose(client.embed(pictures, boxes=boxes).vectors, expected, atol=1e-5)
    assert np.allclose(client.embed_one(pictures[1], box=boxes[1]), expected[1], atol=1e-5)


def test_a_picture_that_can_t_be_read_has_a_problem_in_its_place(client: Client, pictures: list[Path]) -> None:
    first, broken, last = client.tag([pictures[0], b"no picture", pictures[1]])
    assert first.tags and last.tags and broken.tags is None and broken.to_dict() == {}
    assert broken.problem is not None and broken.problem.kind == "bad-picture"
    with pytest.raises(ClientError, match="picture 1 has no tags"):
        _ = broken["colour"]
    with pytest.raises(UnknownNameError, match="did you mean 'colour'"):
        _ = first["color"]
    with pytest.raises(ServerProblemError, match="bad-picture"):
        client.tag_one(b"no picture")
    with pytest.raises(ServerProblemError, match="bad-picture"):
        client.embed_one(b"no picture")
    with pytest.raises(ClientError, match="picture 0 has no vector"):
        _ = client.embed(b"no picture").vectors


@pytest.mark.parametrize(
    "asked",
    [
        {"text": "red shirt", "k": 5},
        {"item": ODD, "k": 4, "fold": True},
        {"image": "picture", "k": 6, "where": "price <= 400"},
        {"image": "picture", "text": "blue", "weight": 0.3, "box": (5, 5, 40, 50)},
        {"image": "picture", "colour_weight": 0.5, "explain": True},
        {"vector": "vector", "min_score": 0.2, "diversity": 0.5, "facets": ("brand", "price")},
        {"text": "shirt", "offset": 2, "k": 3},
    ],
    ids=" ".join,
)
def test_searches_find_what_python_finds(
    client: Client, python: Catalogue, pictures: list[Path], asked: dict[str, Any]
) -> None:
    if "image" in asked:
        asked = {**asked, "image": pictures[2]}
    if "vector" in asked:
        asked = {**asked, "vector": client.embed_one(pictures[2])}
    found, expected = client.search(**asked), python.search(**asked)
    assert found.item_ids == expected.item_ids and found.total == expected.total
    assert [hit.score for hit in found] == pytest.approx([hit.score for hit in expected], abs=1e-4)
    assert len(found) and found[0].item.title == expected[0].item.title
    facets = {name: [(one.value, one.count) for one in values] for name, values in found.facets.items()}
    assert facets == {name: [(one.value, one.count) for one in values] for name, values in expected.facets.items()}
    assert all((hit.reasons is not None) == asked.get("explain", False) for hit in found)


def test_browsing_and_what_is_alike(client: Client, python: Catalogue) -> None:
    dearest = client.search(sort="-price", k=3)
    prices = sorted((item.price for item in python if item.price is not None), reverse=True)
    assert [hit.item.price for hit in dearest] == prices[:3] and dearest[0].score is None
    assert ODD not in client.similar(ODD, k=5).item_ids
    assert {one.item_id for one in client.variants(ODD)} <= {item.item_id for item in python}
    with pytest.raises(NotFoundError, match="nobody"):
        client.similar("nobody")
    with pytest.raises(ServerProblemError, match="bad-filter"):
        client.search(where="price <")
    with pytest.raises(UsageError, match=r"expected names: facets=\['brand'\]"):
        client.search(facets="brand")


def test_items_are_those_of_python(client: Client, python: Catalogue) -> None:
    expected = list(python)
    assert [item.item_id for item in client.items()] == [item.item_id for item in expected]
    kept = [item.item_id for item in client.items(where="price <= 300")]
    assert 0 < len(kept) < len(expected)
    page = client.list_items(limit=5)
    following = client.list_items(limit=5, after=page.next)
    assert [one.item_id for one in (*page.items, *following.items)] == [item.item_id for item in expected[:10]]
    one, other = client.get(ODD), python.get(ODD)
    assert one is not None and other is not None
    assert (one.title, one.price, one.brand) == (other.title, other.price, other.brand)
    assert {name: one.values(name) for name in one.labels} == other.labels
    assert client.sample(4, seed=1) == client.sample(4, seed=1) != client.sample(4, seed=2)
    assert client.picture(ODD, width=60).startswith(b"\xff\xd8")
    assert client.catalogue().items == len(expected) and client.catalogue().can_write


@given(item_id=st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(str.isprintable))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_item_of_any_name_is_put_found_and_removed(client: Client, pictures: list[Path], item_id: str) -> None:
    put = client.put(ItemIn(item_id, title="Odd", price=5, picture=pictures[0]))
    assert put.item_id == item_id and client.get(item_id) == put
    assert client.update(ItemPatch(item_id, price=4.5, variants=[Variant("M", 3)])).price == 4.5
    assert client.bulk(patch=[ItemPatch(item_id, variants=[Variant("M", 0)])]).patched == 1
    changed = client.get(item_id)
    assert changed is not None and changed.variants == (Variant("M", 0),)
    assert client.remove(item_id) and not client.remove(item_id)


@pytest.mark.parametrize("item_id", [".", "..", "../items", "a/b", "%2F", "%", "?", "#", "a b", "ä", "+", ";", "\\"])
def test_an_id_may_look_like_an_address(client: Client, pictures: list[Path], item_id: str) -> None:
    assert client.put(ItemIn(item_id, picture=pictures[0])).item_id == item_id
    assert client.opinions(item_id) == () and client.similar(item_id, k=1).hits
    assert client.remove(item_id)


def test_many_items_at_once(client: Client, pictures: list[Path]) -> None:
    items = [ItemIn(f"bulk {place}", title="Bulk", picture=path) for place, path in enumerate(pictures)]
    done = client.bulk(put=[*items, ItemIn("bulk broken", picture=b"no picture")])
    assert (done.put, [one.item_id for one in done.problems]) == (4, ["bulk broken"])
    assert done.problems[0].problem.kind == "bad-picture"
    replaced = client.put(ItemIn("bulk 0", title="New"))  # and keeps its picture
    assert (replaced.title, replaced.picture is None) == ("New", False)
    done = client.bulk(delete=[f"bulk {place}" for place in range(5)])
    assert (done.deleted, done.missing) == (4, ("bulk 4",))
    with pytest.raises(ServerProblemError, match="picture"):
        client.put(ItemIn("without a picture"))


def test_opinions_become_corrections(client: Client, tmp_path: Path) -> None:
    first = client.add_opinion(ODD, "colour", ["Blue"], author="Ann")
    client.add_opinion(ODD, "colour", "Blue", author="Ben")
    assert first.item is not None and first.item.values("colour") == ("Blue",)
    assert [one.author for one in client.opinions(ODD)] == ["Ann", "Ben"]
    for name, read in (("c.csv", pl.read_csv), ("c.parquet", pl.read_parquet), ("c.jsonl", pl.read_ndjson)):
        table = read(client.corrections(tmp_path / name))
        assert table.filter(pl.col("item_id") == ODD)["colour"].to_list() == ["Blue"]
    client.add_opinion(ODD, "colour", ["Red"], author="Cid")
    review = client.review(limit=3, field="colour")
    assert review.left >= 1 and (review.items[0].item.item_id, review.items[0].field) == (ODD, "colour")
    assert {one.author for one in review.items[0].opinions} == {"Ann", "Ben", "Cid"}
    for one in client.opinions(ODD):
        assert client.remove_opinion(one.id).opinion is None
    assert client.opinions(ODD) == ()


def test_a_batch_is_sent_followed_corrected_and_taken_away(
    client: Client, pictures: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for path in pictures:
        path.rename(folder / path.name)
    (folder / "broken.jpg").write_bytes(b"no picture")
    job = client.submit(folder)
    told = [one.status for one in client.follow(job.id, every=0.05)]
    assert told[-1] == "done" and client.wait(job.id).done == 5 and job.id in [one.id for one in client.jobs()]
    rows = client.rows(job.id, limit=2)
    assert (rows.total, len(rows.rows)) == (4, 2) and rows.rows[0].tags["colour"].value
    assert [one.name for one in client.job_errors(job.id).errors] == ["broken.jpg"]
    assert client.correct_row(job.id, 0, "colour", ["Blue"]).corrected == {"colour": ("Blue",)}
    assert client.row_picture(job.id, 0).startswith(b"\xff\xd8")
    table = pl.read_csv(client.download(job.id, tmp_path / "tags.csv"))
    assert table.height == 4 and table["colour"][0] == "Blue"
    assert client.download(job.id, tmp_path / "tags.xlsx").read_bytes().startswith(b"PK")
    client.remove_job(job.id)
    with pytest.raises(NotFoundError):
        client.job(job.id)


def test_why_and_what_with(client: Client, shop: Shop, pictures: list[Path]) -> None:
    told, item = client.explain(pictures[0], "colour"), client.explain_item(ODD, "colour")
    assert told.value == client.tag_one(pictures[0])["colour"].value
    assert (len(item.map.values), len(item.map.values[0])) == (item.map.rows, item.map.columns)
    bundle = client.bundle()
    assert [field.name for field in bundle.fields] == list(Tagger(shop.bundle, threads=1).bundle.taxonomy.names)
    with pytest.raises(NotFoundError, match="no confusion matrix"):
        client.confusion("colour")
    assert client.is_live() and client.is_ready()
    assert "modiste_requests_total" in client.metrics() and "429" in client.describe_problem("too-many")


def test_keys_say_who_may_do_what(shop: Shop, tmp_path: Path) -> None:
    read, write = make_key(), make_key()
    keys = tmp_path / "keys.toml"
    keys.write_text(f'[keys.shop]\nkey = "{read}"\nmay = "read"\n[keys.staff]\nkey = "{write}"\nmay = "write"\n')
    with connect(shop, keys=keys) as nobody, pytest.raises(KeyRefusedError, match="MODISTE_KEY"):
        nobody.catalogue()
    with connect(shop, keys=keys, key=read) as reader:
        assert not reader.catalogue().can_write
        with pytest.raises(KeyRefusedError, match="may read, not write"):
            reader.remove(ODD)
    with connect(shop, keys=keys, key=write) as writer:
        assert writer.catalogue().can_write


def test_a_server_that_wants_patience_gets_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    monkeypatch.setattr("modiste.serving.limits.time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr("modiste.client.sending.time", SimpleNamespace(sleep=sleep))
    transport = shop.client(limits=limits(rate=0.5, burst=1))._transport
    with Client("http://localhost", transport=transport) as patient:
        assert patient.catalogue().items == patient.catalogue().items
    assert 2 <= clock[0] <= 2.5
    hasty = Client("http://localhost", transport=transport, patience=0)
    with hasty, pytest.raises(BusyError, match=r"more than 0\.5 requests a second"):
        hasty.catalogue()


def test_in_an_event_loop_it_says_the_same(client: Client, shop: Shop, pictures: list[Path], tmp_path: Path) -> None:
    async def ask(asked: AsyncClient) -> tuple[Any, ...]:
        tags, vectors, found = await asyncio.gather(
            asked.tag(pictures, top_k=2), asked.embed(pictures), asked.search(image=pictures[0], k=3)
        )
        ids = [item.item_id async for item in asked.items()]
        job = await asked.submit(pictures)
        told = [step.status async for step in asked.follow(job.id, every=0.05)]
        path = await asked.download(job.id, tmp_path / "async.csv")
        with pytest.raises(ServerProblemError, match="bad-filter"):
            await asked.search(where="price <")
        return tags, vectors, found, ids, told[-1], path, await asked.get("nobody")

    tags, vectors, found, ids, status, path, nobody = in_a_loop(shop, ask)
    assert tags == client.tag(pictures, top_k=2) and found.item_ids == client.search(image=pictures[0], k=3).item_ids
    assert np.allclose(vectors.vectors, client.embed(pictures).vectors, atol=1e-6)
    assert ids == [item.item_id for item in client.items()]
    assert status == "done" and pl.read_csv(path).height == 4 and nobody is None


def test_a_loop_that_gives_up_leaves_no_half_file(shop: Shop, tmp_path: Path) -> None:
    class Slow(httpx2.AsyncByteStream):
        async def __aiter__(self):
            yield b"a,b\n"
            await asyncio.sleep(60)

    async def run() -> None:
        transport = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=Slow()))
        async with AsyncClient("http://localhost", transport=transport) as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.download("8f", tmp_path / "tags.csv"), 0.1)

    asyncio.run(run())
    assert not list(tmp_path.iterdir())
