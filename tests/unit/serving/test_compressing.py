"""What is sent compressed is what would be sent otherwise, and only to those who take it."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.testclient import TestClient

from modiste.serving.compressing import Compressed, accepts_gzip
from modiste.serving.page_files import PAGE, PageFiles

from .conftest import Shop

PLAIN, GZIP = {"accept-encoding": "identity"}, {"accept-encoding": "gzip, deflate, br"}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("gzip", True), ("GZIP", True), ("br;q=1.0, gzip;q=0.2", True), ("*", True), ("deflate, gzip ; q=0.001", True),
        ("", False), ("br", False), ("gzip;q=0", False), ("gzip;q=0.0", False), ("*;q=0", False),
        ("*, gzip;q=0", False), ("x-gzip-not", False), (";;,,=", False),
    ],
)  # fmt: skip
def test_who_takes_gzip(said: str, expected: bool) -> None:
    assert accepts_gzip(Headers({"accept-encoding": said})) is expected


@pytest.mark.parametrize(
    "path", ["/v1/search?k=12&facets=colour", "/v1/bundle", "/v1/items?sample=12", "/openapi.json"]
)
def test_json_is_the_same_either_way(client: TestClient, path: str) -> None:
    plain, packed = client.get(path, headers=PLAIN), client.get(path, headers=GZIP)
    assert "content-encoding" not in plain.headers and packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    first, second = plain.json(), packed.json()
    for said in (first, second):
        said.pop("seconds", None)
    assert first == second
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert int(plain.headers["content-length"]) == len(plain.content)


def test_what_gains_nothing_is_sent_as_it_is(client: TestClient, shop: Shop) -> None:
    for path in ("/v1/items/10001/picture", "/health/live", "/v1/nothing", "/v1/corrections?format=parquet"):
        assert "content-encoding" not in client.get(path, headers=GZIP).headers, path
    assert "content-encoding" not in client.get("/metrics", headers=GZIP).headers


def send(*pieces: bytes, kind: bytes = b"application/json", more: tuple[tuple[bytes, bytes], ...] = ()) -> list[dict]:
    """Return what a client that takes gzip gets of an answer that is sent in some pieces."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind), *more]})
        for place, piece in enumerate(pieces):
            await send({"type": "http.response.body", "body": piece, "more_body": place < len(pieces) - 1})

    async def take(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "headers": [(b"accept-encoding", b"gzip")]}
    asyncio.run(Compressed(app)(scope, lambda: None, take))  # type: ignore[arg-type]
    return sent


def test_only_json_that_comes_whole_is_compressed() -> None:
    body = json.dumps(list(range(1_000))).encode()
    head, rest = send(body)
    assert dict(head["headers"])[b"content-encoding"] == b"gzip" and gzip.decompress(rest["body"]) == body
    for sent in (send(body[:2_000], body[2_000:]), send(body, kind=b"text/csv"), send(b"[1]")):
        assert b"content-encoding" not in dict(sent[0]["headers"])
        assert b"".join(one["body"] for one in sent[1:]) in (body, b"[1]")
    once = gzip.compress(body)
    sent = send(once + b" " * 1_000, more=((b"content-encoding", b"gzip"),))
    assert sent[1]["body"].startswith(once)


def list_page() -> list[str]:
    return [f"/{path.relative_to(PAGE).as_posix()}" for path in sorted(PAGE.rglob("*")) if path.is_file()]


@pytest.fixture(scope="module")
def page() -> TestClient:
    return TestClient(PageFiles())


@pytest.mark.parametrize("path", list_page())
def test_a_file_of_the_page_is_the_same_either_way(page: TestClient, path: str) -> None:
    plain, packed = page.get(path, headers=PLAIN), page.get(path, headers=GZIP)
    assert plain.content == packed.content == (PAGE / path[1:]).read_bytes()
    assert "content-encoding" not in plain.headers and packed.headers["content-encoding"] == "gzip"
    for name in ("content-type", "vary", "cache-control", "content-security-policy", "last-modified"):
        assert plain.headers[name] == packed.headers[name]
    # Each has a strong tag of its own, which is known again with the same encoding, and with no other.
    tags = {"plain": plain.headers["etag"], "packed": packed.headers["etag"]}
    assert tags["plain"] != tags["packed"] and all(tag.startswith('"') for tag in tags.values())
    for headers, own, other in ((PLAIN, "plain", "packed"), (GZIP, "packed", "plain")):
        known = page.get(path, headers={**headers, "if-none-match": tags[own]})
        assert known.status_code == 304 and known.headers["etag"] == tags[own] and not known.content
        assert known.headers["vary"] == "Accept-Encoding"
        assert page.get(path, headers={**headers, "if-none-match": tags[other]}).status_code == 200


def test_a_file_that_changed_is_packed_anew(tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text("first")
    page = TestClient(PageFiles(tmp_path))
    before = page.get("/app.js", headers=GZIP)
    (tmp_path / "app.js").write_text("the second")
    after = page.get("/app.js", headers={**GZIP, "if-none-match": before.headers["etag"]})
    assert (before.text, after.text) == ("first", "the second") and before.headers["etag"] != after.headers["etag"]


def test_the_page_as_it_is_sent_is_light(page: TestClient) -> None:
    """All files together, which is more than any view asks for."""
    sent = {path: int(page.get(path, headers=GZIP).headers["content-length"]) for path in list_page()}
    assert len(sent) > 30 and 20_000 < sum(sent.values()) < 75_000
