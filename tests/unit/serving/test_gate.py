"""Who may ask what: keys, this machine alone, pages of other origins; nothing is written without leave."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from modiste.errors import UsageError
from modiste.serving.callers import find_need
from modiste.serving.keys import KeyRing, hash_key, make_key

from .conftest import Shop
from .problems import check_problem

READ, WRITE = "a-key-that-may-only-read", make_key()
ELSEWHERE = ("203.0.113.5", 40_000)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "keys.toml"
    path.write_text(
        f'[keys.page]\nkey = "{READ}"\nmay = "read"\n[keys.boss]\nkey = "sha256:{hash_key(WRITE)}"\nmay = "write"\n'
    )
    return path


@pytest.fixture(scope="module")
def guarded(shop: Shop, keys: Path) -> TestClient:
    return shop.client(keys=keys, client=ELSEWHERE, base_url="http://shop.example")


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def list_operations(client: TestClient) -> list[tuple[str, str]]:
    paths = client.get("/openapi.json").json()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


ASKED = {("POST", "/v1/tag"), ("POST", "/v1/embed"), ("POST", "/v1/explain"), ("POST", "/v1/search")}
OPEN = {("GET", "/health/live"), ("GET", "/health/ready"), ("GET", "/problems/{name}")}


def test_every_route_needs_what_it_should(client: TestClient) -> None:
    operations = list_operations(client)
    assert len(operations) > 30
    for method, path in operations:
        expected = (
            "nothing" if (method, path) in OPEN else "read" if method == "GET" or (method, path) in ASKED else "write"
        )
        assert find_need(method, path) == expected, (method, path)


def test_without_a_key_only_health_and_the_page_answer(guarded: TestClient) -> None:
    for method, path in list_operations(guarded):
        answer = guarded.request(method, path.replace("{item_id}", "10001"))
        if (method, path) in OPEN:
            assert answer.status_code in (200, 404), path
        else:
            check_problem(answer, "key-missing", "no key")
            assert answer.headers["www-authenticate"] == "Bearer"


def test_a_read_key_writes_nothing(guarded: TestClient) -> None:
    before = guarded.get("/v1/items/10001", headers=bearer(READ)).json()
    for method, path in list_operations(guarded):
        if find_need(method, path) == "write":
            answer = guarded.request(method, path.replace("{item_id}", "10001"), headers=bearer(READ))
            check_problem(answer, "not-allowed", "page")
    assert guarded.get("/v1/items/10001", headers=bearer(READ)).json() == before
    assert guarded.get("/v1/catalogue", headers=bearer(READ)).json()["can_write"] is False


def test_a_write_key_does_both(guarded: TestClient) -> None:
    said = guarded.patch("/v1/items/10001", json={"price": 3}, headers=bearer(WRITE)).json()
    assert said["price"] == 3
    assert guarded.get("/v1/catalogue", headers=bearer(WRITE)).json()["can_write"] is True


@pytest.mark.parametrize("sent", ["Bearer nonsense", f"Basic {READ}", "Bearer", READ, "Bearer " + "x" * 9000])
def test_another_key_is_none(guarded: TestClient, sent: str) -> None:
    check_problem(guarded.get("/v1/catalogue", headers={"Authorization": sent}), "key-missing", "not known")


def test_without_keys_only_this_machine_is_answered(shop: Shop) -> None:
    elsewhere = shop.client(client=ELSEWHERE)
    said = check_problem(elsewhere.get("/v1/catalogue"), "not-allowed", "localhost")
    assert "--keys" in said["next"]
    assert elsewhere.get("/health/live").status_code == 200


def test_without_keys_a_name_that_leads_here_is_refused(shop: Shop) -> None:
    rebound = shop.client(base_url="http://evil.example")
    check_problem(rebound.get("/v1/catalogue"), "not-allowed", "localhost")
    for host in ("localhost:8000", "127.0.0.1", "[::1]:8000"):
        assert rebound.get("/v1/catalogue", headers={"host": host}).status_code == 200
    for host in ("localhost.evil.example", "127.0.0.1.evil.example", "evil.example#localhost", ""):
        check_problem(rebound.get("/v1/catalogue", headers={"host": host}), "not-allowed")


def test_pages_of_other_origins_are_refused(client: TestClient) -> None:
    said = check_problem(client.get("/v1/catalogue", headers={"Origin": "https://evil.example"}), "not-allowed", "evil")
    assert "--cors https://evil.example" in said["next"]
    check_problem(client.delete("/v1/items/10001", headers={"Origin": "null"}), "not-allowed")
    assert client.get("/v1/catalogue", headers={"Origin": "http://localhost"}).status_code == 200


def test_cors_is_off_by_default(client: TestClient) -> None:
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"}
    for answer in (client.options("/v1/search", headers=asked), client.get("/v1/search", headers=asked)):
        assert "access-control-allow-origin" not in answer.headers


def test_cors_lets_those_pages_ask_that_are_named(shop: Shop, keys: Path) -> None:
    shared = shop.client(keys=keys, cors=("https://shop.example",), base_url="http://api.example", client=ELSEWHERE)
    asked = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    preflight = shared.options("/v1/search", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "https://shop.example"
    origin = {"Origin": "https://shop.example"}
    answer = shared.get("/v1/search", headers=origin | bearer(READ))
    assert answer.status_code == 200 and answer.headers["access-control-allow-origin"] == "https://shop.example"
    refused = shared.get("/v1/search", headers=origin)
    check_problem(refused, "key-missing")
    assert refused.headers["access-control-allow-origin"] == "https://shop.example"
    check_problem(shared.get("/v1/search", headers={"Origin": "https://other.example"} | bearer(READ)), "not-allowed")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "holds no keys"),
        ("keys = 5", "holds no keys"),
        ("[keys", "no TOML"),
        ('[keys.a]\nkey = "short"\nmay = "read"', "--make-key"),
        (f'[keys.a]\nkey = "{READ}"\nmay = "all"', "all"),
        (f'[keys.a]\nkey = "{READ}"', "not as expected"),
        (f'[keys.a]\nkey = "{READ}"\nmay = "read"\n[keys.b]\nkey = "{READ}"\nmay = "write"', "two names"),
    ],
)
def test_a_file_of_keys_that_is_none_is_refused(tmp_path: Path, text: str, word: str) -> None:
    (tmp_path / "keys.toml").write_text(text)
    with pytest.raises(UsageError, match=word):
        KeyRing.read(tmp_path / "keys.toml")


def test_no_file_of_keys_is_refused(tmp_path: Path, fresh: Callable[..., TestClient]) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        fresh(keys=tmp_path / "none.toml")


def test_the_key_itself_is_never_told(guarded: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "modiste.serving")
    answer = guarded.patch("/v1/items/10001", json={"price": 3}, headers=bearer(READ))
    assert READ not in answer.text and READ not in caplog.text
    assert [record.facts["caller"] for record in caplog.records if hasattr(record, "facts")] == ["page"]
