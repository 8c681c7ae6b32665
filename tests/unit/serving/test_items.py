"""Items over HTTP: lists, pictures, and changes that are on the disk when they are acknowledged."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from modiste.bundle import Bundle
from modiste.catalogue import Catalogue
from modiste.errors import CatalogueError
from modiste.runtime import Embedder, Tagger

from .conftest import Shop
from .problems import check_problem


def test_pages_make_up_the_catalogue(client: TestClient, catalogue: Catalogue) -> None:
    told, after = [], None
    while True:
        said = client.get("/v1/items", params={"limit": 7, **({} if after is None else {"after": after})}).json()
        told += [item["item_id"] for item in said["items"]]
        after = said["next"]
        if after is None:
            break
    assert told == [item.item_id for item in catalogue]


def test_samples_are_by_chance_and_the_same_for_the_same_seed(client: TestClient) -> None:
    def sample(seed: int, where: str = "") -> list[dict]:
        return client.get("/v1/items", params={"sample": 12, "seed": seed, "where": where}).json()["items"]

    first, again, other = sample(1), sample(1), sample(2)
    assert first == again != other
    assert len({item["item_id"] for item in first}) == 12
    assert all(item["price"] > 300 for item in sample(3, "price > 300"))


def test_a_picture_is_small_cached_and_the_items_own(client: TestClient, shop: Shop) -> None:
    answer = client.get("/v1/items/10002/picture", params={"width": 50})
    shown = Image.open(io.BytesIO(answer.content))
    own = Image.open(io.BytesIO(shop.files["10002"]))
    assert (answer.headers["content-type"], shown.format, shown.size) == ("image/jpeg", "JPEG", own.size)
    known = {"If-None-Match": answer.headers["etag"]}
    assert client.get("/v1/items/10002/picture", params={"width": 60}, headers=known).status_code == 304
    assert client.get("/v1/items/10002/picture", params={"width": 61}, headers=known).status_code == 200
    check_problem(client.get("/v1/items/nobody/picture"), "not-found", "nobody")
    check_problem(client.get("/v1/items/10002/picture", params={"width": 0}), "invalid", "width")


def test_a_wide_picture_is_made_small(fresh: Callable[..., TestClient]) -> None:
    client = fresh()
    file = io.BytesIO()
    Image.new("RGB", (900, 300), (200, 30, 30)).save(file, "PNG")
    assert client.put("/v1/items/wide", files={"picture": ("w.png", file.getvalue())}).status_code == 200
    for width, expected in ((60, (60, 20)), (100, (120, 40)), (1000, (900, 300))):
        answer = client.get("/v1/items/wide/picture", params={"width": width})
        assert Image.open(io.BytesIO(answer.content)).size == expected


def test_a_new_item_is_embedded_tagged_and_found(
    fresh: Callable[..., TestClient], drawn_shop: Shop, tiny: Bundle
) -> None:
    client, picture = fresh(), drawn_shop.files["10005"]
    item = {"title": "New", "price": 12.5, "labels": {"colour": ["Blue"]}, "variants": [{"size": "M", "stock": 3}]}
    said = client.put("/v1/items/a%2Fb", files={"picture": ("x.jpg", picture)}, data={"item": json.dumps(item)}).json()
    assert (said["item_id"], said["product_id"], said["title"], said["price"]) == ("a/b", "a/b", "New", 12.5)
    assert said["labels"]["colour"] == ["Blue"]
    expected = Tagger(tiny, threads=1).tag_one(picture)
    predicted = {tag["field"]: tag["value"] for tag in said["tags"] if tag["origin"] == "predicted"}
    assert predicted["article"] == expected["article"].value
    vector = Embedder(tiny, threads=1).embed_one(picture)
    hits = client.post("/v1/search", json={"vector": vector.tolist(), "k": 2}).json()["hits"]
    assert {hit["item_id"] for hit in hits} == {"a/b", "10005"}
    assert client.get(said["picture"]).status_code == 200


def test_a_put_without_a_picture_replaces_what_is_said_and_keeps_the_picture(fresh: Callable[..., TestClient]) -> None:
    client = fresh()
    before = client.get("/v1/items/10003").json()
    vectors = client.post("/v1/search", json={"item": "10003", "k": 5}).json()["hits"]
    said = client.put("/v1/items/10003", json={"title": "Renamed", "details": {"wool": True, "n": 3}}).json()
    assert (said["title"], said["brand"], said["price"], said["variants"]) == ("Renamed", None, None, [])
    assert said["details"] == {"wool": True, "n": 3}
    assert [tag for tag in said["tags"] if tag["origin"] == "predicted"] == [
        tag for tag in before["tags"] if tag["origin"] == "predicted"
    ]
    again = client.post("/v1/search", json={"item": "10003", "k": 5}).json()["hits"]
    assert [hit["score"] for hit in again] == [hit["score"] for hit in vectors]
    assert said["picture"] == before["picture"]


def test_what_is_left_out_of_a_patch_stays(fresh: Callable[..., TestClient]) -> None:
    client = fresh()
    before = client.get("/v1/items/10003").json()
    patch = {"price": 9, "variants": [{"size": "XL", "stock": 0}, {"size": "L"}], "details": {"fabric": None, "x": "y"}}
    said = client.patch("/v1/items/10003", json=patch).json()
    assert said == {
        **before,
        "price": 9.0,
        "variants": [{"size": "XL", "stock": 0}, {"size": "L", "stock": None}],
        "details": {"x": "y"},
    }
    assert client.get("/v1/items/10003").json() == said
    check_problem(client.patch("/v1/items/nobody", json=patch), "not-found", "nobody")


def test_a_removed_item_is_gone(fresh: Callable[..., TestClient]) -> None:
    client = fresh()
    assert client.delete("/v1/items/10003").json()["deleted"] == 1
    check_problem(client.get("/v1/items/10003"), "not-found", "10003")
    check_problem(client.delete("/v1/items/10003"), "not-found", "10003")
    assert "10003" not in [hit["item_id"] for hit in client.get("/v1/search", params={"k": 200}).json()["hits"]]


def test_bulk_does_what_can_be_done_and_tells_the_rest(fresh: Callable[..., TestClient], drawn_shop: Shop) -> None:
    client = fresh()
    picture = base64.b64encode(drawn_shop.files["10001"]).decode()
    bulk = {
        "put": [
            {"item_id": "new", "title": "N", "picture_base64": picture},
            {"item_id": "10001", "title": "Again"},
            {"item_id": "bare"},
            {"item_id": "broken", "picture_base64": base64.b64encode(b"no picture").decode()},
            {"item_id": "odd", "picture_base64": "***"},
        ],
        "patch": [{"item_id": "10002", "price": 5}, {"item_id": "nobody", "price": 5}],
        "delete": ["10004", "nobody either", "10004"],
    }
    said = client.post("/v1/items/bulk", json=bulk).json()
    assert (said["put"], said["patched"], said["deleted"]) == (2, 1, 1)
    assert said["missing"] == ["nobody", "nobody either"]
    assert {one["item_id"]: one["problem"]["type"] for one in said["problems"]} == {
        "bare": "/problems/invalid",
        "broken": "/problems/bad-picture",
        "odd": "/problems/invalid",
    }
    assert client.get("/v1/items/new").json()["title"] == "N"
    assert client.get("/v1/items/10001").json()["title"] == "Again"
    assert client.get("/v1/items/10002").json()["price"] == 5
    check_problem(client.get("/v1/items/broken"), "not-found")


def test_bulk_is_at_most_a_thousand(client: TestClient) -> None:
    check_problem(client.post("/v1/items/bulk", json={"delete": ["x"] * 1001}), "invalid", "delete")
    check_problem(client.post("/v1/items/bulk", json={"put": [{"title": "x"}]}), "invalid", "item_id")


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ({"image": "/etc/passwd"}, "invalid"),  # a picture is sent, never named
        ({"price": -1}, "invalid"),
        ({"price": "much"}, "invalid"),
        ({"item_id": "another"}, "invalid"),
        ({"variants": [{"size": "M", "stock": -1}]}, "invalid"),
        ({"title": "a\x00b"}, "invalid"),
        ({"title": "x" * 3000}, "invalid"),
        ({"details": {"x": {"y": 1}}}, "invalid"),
        ({"labels": {"colour": [""]}}, "invalid"),
        ({"picture_base64": "?"}, "invalid"),
    ],
)
def test_an_item_that_is_none_is_refused(client: TestClient, item: dict, kind: str) -> None:
    before = client.get("/v1/items/10001").json()
    check_problem(client.put("/v1/items/10001", json=item), kind)
    assert client.get("/v1/items/10001").json() == before


def test_a_new_item_needs_a_picture(client: TestClient) -> None:
    said = check_problem(client.put("/v1/items/brand-new", json={"title": "x"}), "invalid", "without a picture")
    assert "picture" in said["next"]
    check_problem(client.put("/v1/items/brand-new", files={"picture": ("x.jpg", b"nothing")}), "bad-picture")
    check_problem(client.put("/v1/items/brand-new", content=b"x", headers={"content-type": "text/plain"}), "wrong-type")
    check_problem(client.get("/v1/items/brand-new"), "not-found")


def test_names_are_kept_as_they_are(fresh: Callable[..., TestClient]) -> None:
    client, name = fresh(), '<script>alert("1")</script>\n=1+1'
    assert client.patch("/v1/items/10001", json={"title": name}).json()["title"] == name
    answer = client.get("/v1/items/10001")
    assert answer.json()["title"] == name
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


def list_uploaded(place: Path) -> list[str]:
    return sorted(path.name for path in (place / "serving" / "pictures").glob("*/*"))


def put_picture(client: TestClient, item_id: str, picture: bytes) -> None:
    assert client.put(f"/v1/items/{item_id}", files={"picture": ("x.jpg", picture)}).status_code == 200


def test_an_uploaded_picture_goes_with_its_item(
    fresh: Callable[..., TestClient], drawn_shop: Shop, tmp_path: Path
) -> None:
    client, place = fresh(), tmp_path / "shop"
    one, other = drawn_shop.files["10001"], drawn_shop.files["10002"]
    for item_id in ("a", "b"):  # of the same picture
        put_picture(client, item_id, one)
    assert len(list_uploaded(place)) == 2
    client.delete("/v1/items/a")
    assert len(list_uploaded(place)) == 1 and client.get("/v1/items/b/picture").status_code == 200
    kept = list_uploaded(place)
    client.put("/v1/items/b", json={"title": "Renamed"})
    assert list_uploaded(place) == kept
    put_picture(client, "b", other)
    (name,) = list_uploaded(place)
    assert name.startswith(hashlib.sha256(other).hexdigest())
    assert client.get("/v1/items/b/picture").status_code == 200
    client.post("/v1/items/bulk", json={"delete": ["b", "10001"]})
    assert list_uploaded(place) == []
    assert (drawn_shop.place.parent / "0.jpg").is_file()  # the shop's own picture was never the server's


def test_a_picture_whose_item_can_not_be_put_is_not_kept(
    fresh: Callable[..., TestClient], drawn_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = fresh()
    put_picture(client, "a", drawn_shop.files["10001"])
    before = list_uploaded(tmp_path / "shop")

    def refuse(*_: object) -> None:
        raise CatalogueError("the catalogue is busy")

    monkeypatch.setattr("modiste.serving.writing.put_rows", refuse)
    assert client.put("/v1/items/a", files={"picture": ("x.jpg", drawn_shop.files["10002"])}).status_code >= 400
    assert list_uploaded(tmp_path / "shop") == before
    assert client.get("/v1/items/a/picture").status_code == 200


def test_what_a_kill_left_behind_is_removed_at_the_start(drawn_shop: Shop, tmp_path: Path) -> None:
    shutil.copytree(drawn_shop.place, tmp_path / "shop")
    copy, place = Shop(tmp_path / "shop", drawn_shop.bundle, drawn_shop.files), tmp_path / "shop"
    with copy.clients:
        put_picture(copy.client(), "a", drawn_shop.files["10001"])
    (name,) = list_uploaded(place)
    folder = place / "serving" / "pictures" / name[:2]
    old, shared, fresh = folder / f"{'0' * 64}-{'1' * 16}.jpg", folder / f"{'2' * 64}.jpg", folder / f".{name}.12.part"
    for path in (old, shared, fresh):
        path.write_bytes(b"nobody's")
    for path in (old, shared, folder / name):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    with copy.clients:
        client = copy.client()
        end = time.monotonic() + 20
        while old.exists() and time.monotonic() < end:
            time.sleep(0.02)
        assert client.get("/v1/items/a/picture").status_code == 200
    assert list_uploaded(place) == sorted([name, fresh.name])  # what is new may be about to get its item


def test_a_folder_that_somebody_named_is_not_swept(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "state" / "pictures" / "00" / f"{'0' * 64}-{'1' * 16}.jpg"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"another catalogue's")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert shop.client(state=tmp_path / "state").get("/health/ready").status_code == 200
    time.sleep(0.1)
    assert path.exists()
