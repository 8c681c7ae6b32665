"""Hostile bodies: each costs bounded time, is answered with a problem, and leaves the server healthy."""

from __future__ import annotations

import random
import time

import numpy as np
import pytest
from starlette.testclient import TestClient

from modiste.bench.serving.bodies import NO_PICTURES

from .conftest import Shop
from .problems import check_problem

SECONDS = 20.0


def build_bodies(good: bytes) -> dict[str, bytes]:
    return {name: make(random.Random(0), good) for name, make in NO_PICTURES.items()}


@pytest.fixture(scope="module")
def bodies(shop: Shop) -> dict[str, bytes]:
    return build_bodies(shop.files["10001"])


@pytest.mark.parametrize("name", NO_PICTURES)
@pytest.mark.parametrize("path", ["/v1/tag", "/v1/embed", "/v1/explain?field=kind"])
def test_a_body_that_is_no_picture(client: TestClient, bodies: dict[str, bytes], name: str, path: str) -> None:
    start = time.monotonic()
    answer = client.post(path, content=bodies[name], headers={"content-type": "image/png"})
    assert time.monotonic() - start < SECONDS
    check_problem(answer, "bad-picture")


def test_all_of_them_at_once_and_as_a_batch(client: TestClient, bodies: dict[str, bytes], shop: Shop) -> None:
    files = [("pictures", (f"{name}.jpg", data)) for name, data in bodies.items()]
    said = client.post("/v1/tag", files=files).json()["pictures"]
    assert all(one["problem"]["type"] == "/problems/bad-picture" for one in said)
    job = client.post("/v1/jobs", files=[("file", (f"{name}.jpg", data)) for name, data in bodies.items()]).json()
    end = time.monotonic() + 3 * SECONDS
    while time.monotonic() < end and client.get(f"/v1/jobs/{job['id']}").json()["status"] in ("waiting", "running"):
        time.sleep(0.1)
    done = client.get(f"/v1/jobs/{job['id']}").json()
    assert done["status"] in ("done", "failed") and done["doubtful"] == 0
    assert client.get("/health/ready").status_code == 200
    good = client.post("/v1/tag", content=shop.files["10002"], headers={"content-type": "image/jpeg"})
    assert good.status_code == 200


def test_a_polyglot_is_shown_as_the_picture_it_is(client: TestClient, shop: Shop) -> None:
    polyglot = shop.files["10001"] + b"<script>alert(1)</script>"
    assert client.put("/v1/items/polyglot", files={"picture": ("x.html", polyglot, "text/html")}).status_code == 200
    answer = client.get("/v1/items/polyglot/picture")
    assert answer.headers["content-type"] == "image/jpeg" and b"<script>" not in answer.content
    assert answer.headers["x-content-type-options"] == "nosniff"
    client.delete("/v1/items/polyglot")


@pytest.mark.parametrize(
    "item_id",
    ["..%2F..%2Fetc%2Fpasswd", "%00", "a" * 600, "%FF%FE", "..", "%2e%2e%2f", "a%0Ab", "%F0%9F%91%95", "%25%32%46"],
)
def test_ids_lead_nowhere(client: TestClient, shop: Shop, item_id: str) -> None:
    before = sorted(path for path in shop.place.parent.rglob("*") if "serving" not in path.parts)
    for path in ("", "/picture", "/similar", "/variants", "/opinions", "/explanation?field=kind"):
        assert client.get(f"/v1/items/{item_id}{path}").status_code in (200, 404)
    answer = client.put(f"/v1/items/{item_id}", files={"picture": ("x.jpg", shop.files["10001"])})
    assert answer.status_code in (200, 404, 405, 422), answer.text
    if answer.status_code == 200:
        client.delete(f"/v1/items/{item_id}")
    assert sorted(path for path in shop.place.parent.rglob("*") if "serving" not in path.parts) == before


@pytest.mark.parametrize(
    "path", ["/..%2f..%2fetc/passwd", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/js/%00", "/" + "a" * 5000]
)
def test_the_page_shows_its_own_files_only(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (404, 405) and b"root:" not in answer.content
    check_problem(answer, "not-found")


@pytest.mark.parametrize("seed", range(30))
def test_flipped_bytes_of_a_picture(client: TestClient, shop: Shop, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = bytearray(shop.files["10003"])
    for place in rng.integers(0, len(data), rng.integers(1, 40)):
        data[place] = rng.integers(0, 256)
    answer = client.post("/v1/tag", content=bytes(data), headers={"content-type": "image/jpeg"})
    assert answer.status_code in (200, 422), answer.text
