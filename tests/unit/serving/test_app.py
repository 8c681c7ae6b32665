"""The application as a whole: errors, the document, headers, the page's files, logs, metrics, start and end."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from modiste.errors import CatalogueError, ModisteError, UsageError
from modiste.serving import ServerSettings, create_app
from modiste.serving.logs import JsonLines
from modiste.serving.page_files import PAGE_POLICY, PageFiles
from modiste.serving.problems import KINDS, describe_error
from modiste.serving.settings import ServerLimits

from .conftest import Shop
from .problems import check_problem


def test_every_operation_lists_its_answers_with_examples(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            told = operation["responses"]
            assert operation["description"], path
            assert any(status.startswith("2") for status in told), path
            if not path.startswith("/v1/"):
                continue
            assert {"400", "401", "403", "408", "413", "415", "422", "429", "500", "503"} <= set(told), (method, path)
            for status, answer in told.items():
                if status[0] in "45":
                    examples = answer["content"]["application/problem+json"]["examples"]
                    assert all(one["value"]["status"] == int(status) for one in examples.values())
            if "{item_id}" in path and method == "get" and not path.endswith("opinions"):
                assert "404" in told, path


def test_every_reference_of_the_document_leads_somewhere(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    text = json.dumps(document)
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= set(document["components"]["schemas"])
    assert "HTTPValidationError" not in names


def test_every_example_has_its_shape(client: TestClient) -> None:
    from pydantic import TypeAdapter

    from modiste.serving.schemas import items, search

    for shape in (search.SearchIn, items.ItemIn, items.ItemPatch, items.Item):
        schema = TypeAdapter(shape).json_schema()
        example = {name: one["examples"][0] for name, one in schema["properties"].items() if "examples" in one}
        missing = {"variants": [], "tags": []} if shape is items.Item else {}
        shown = shape.model_validate({**missing, **example})
        assert len(shown.model_fields_set - missing.keys()) >= 5, shape


def test_every_kind_of_problem_says_what_helps(client: TestClient) -> None:
    for name, kind in KINDS.items():
        assert kind.title and kind.next.endswith((".", ">= 0", "stock > 0", "KEY", "them.")), name
        answer = client.get(f"/problems/{name}")
        assert answer.status_code == 200 and kind.title in answer.text and kind.next in answer.text
    check_problem(client.get("/problems/unheard-of"), "not-found")


def test_every_error_of_modiste_has_a_kind() -> None:
    def list_kinds(kind: type[ModisteError]) -> list[type[ModisteError]]:
        return [kind, *(one for child in kind.__subclasses__() for one in list_kinds(child))]

    for kind in list_kinds(ModisteError):
        try:
            error = kind("what happened")
        except TypeError:  # these take other arguments
            continue
        said = describe_error(error).to_json()
        assert said["detail"] == "what happened" and said["status"] in (400, 409, 422, 500)


def test_unknown_paths_and_methods_are_problems(client: TestClient) -> None:
    check_problem(client.get("/v1/nothing"), "not-found", "/v1/nothing")
    check_problem(client.get("/v1"), "not-found")
    answer = client.patch("/v1/search")
    check_problem(answer, "wrong-method", "PATCH")
    assert "GET" in answer.headers["allow"]
    check_problem(client.get("/v1/items/", headers={"accept": "text/html"}), "not-found")


def test_an_unforeseen_error_is_a_problem_with_the_requests_id(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from modiste.catalogue import Catalogue

    def fail(*_: object) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(Catalogue, "get", fail)
    answer = client.get("/v1/items/10001", headers={"x-request-id": "abc-123"})
    check_problem(answer, "failed", "abc-123")
    assert "secret" not in answer.text and answer.headers["x-request-id"] == "abc-123"
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("given", ["", "x" * 65, 'a"b', "a b", "ä".encode()])
def test_an_odd_request_id_is_replaced(client: TestClient, given: str | bytes) -> None:
    told = client.get("/health/live", headers={"x-request-id": given}).headers["x-request-id"]
    assert told != given and len(told) == 16


def test_each_request_is_a_line_of_json(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "modiste.serving")
    client.get("/v1/items/10001")
    client.get("/v1/items/no\u2028body")
    records = [record for record in caplog.records if record.getMessage() == "request"]
    lines = [json.loads(JsonLines().format(record)) for record in records]
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("GET", "/v1/items/{item_id}", 200),
        ("GET", "/v1/items/{item_id}", 404),
    ]
    assert lines[0]["caller"] == "127.0.0.1" and lines[0]["ms"] > 0 and lines[0]["time"].endswith("+00:00")
    assert "\n" not in JsonLines().format(records[1])


def test_a_trace_stays_on_its_line() -> None:
    record = logging.LogRecord("x", logging.ERROR, "", 0, "failed\nbadly", None, (ValueError, ValueError("x"), None))
    assert "\n" not in JsonLines().format(record)


def test_metrics_count_by_route(fresh: Callable[..., TestClient]) -> None:
    client = fresh()
    for path in ("/v1/items/10001", "/v1/items/10002", "/v1/items/nobody", "/v1/nothing", "/nothing.js"):
        client.get(path)
    client.request("BREW", "/v1/items/10001")
    text = client.get("/metrics").text
    assert 'modiste_requests_total{method="GET",route="/v1/items/{item_id}",status="200"} 2.0' in text
    assert 'modiste_requests_total{method="GET",route="/v1/items/{item_id}",status="404"} 1.0' in text
    assert 'method="other"' in text and "BREW" not in text
    assert 'modiste_request_seconds_count{route="/v1/items/{item_id}"}' in text
    assert "nobody" not in text and "/v1/nothing" not in text and "nothing.js" not in text


def test_answers_forbid_what_nobody_needs(client: TestClient) -> None:
    for path in ("/v1/catalogue", "/v1/items/10001/picture", "/v1/nothing", "/health/live"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["referrer-policy"] == "no-referrer" and headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in headers


@pytest.fixture
def page(tmp_path: Path) -> TestClient:
    (tmp_path / "js").mkdir()
    (tmp_path / "index.html").write_text("<p>page")
    (tmp_path / "embed.js").write_text("embedded")
    (tmp_path / "js" / "app.js").write_text("code")
    return TestClient(PageFiles(tmp_path))


def test_the_page_is_cached_by_its_tag_and_loads_nothing_else(page: TestClient) -> None:
    answer = page.get("/js/app.js")
    assert answer.headers["content-security-policy"] == PAGE_POLICY and "'unsafe-" not in PAGE_POLICY
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"].startswith(("text/javascript", "application/javascript"))
    again = page.get("/js/app.js", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304 and not again.content
    assert page.get("/embed.js").headers["cross-origin-resource-policy"] == "cross-origin"


def test_an_address_of_the_page_is_the_page(page: TestClient) -> None:
    html = {"accept": "text/html,*/*"}
    assert page.get("/", headers=html).text == page.get("/items/1", headers=html).text == "<p>page"


@pytest.mark.parametrize("path", ["/js/none.js", "/v1/items", "/items/1.png", "/health/x"])
def test_a_file_that_is_not_there_is_not_the_page(client: TestClient, path: str) -> None:
    assert "<html" not in client.get(path, headers={"accept": "text/html"}).text


def test_settings_survive_the_way_to_a_worker() -> None:
    settings = ServerSettings(
        "shop", bundle=Path("b"), keys=Path("k"), cors=("https://a.example",), limits=ServerLimits(rate=5), workers=3
    )
    assert ServerSettings.from_json(settings.to_json()) == settings


@pytest.mark.parametrize("origin", ["shop.example", "https://shop.example/", "ftp://x", "https://a b", ""])
def test_an_origin_that_is_none_is_refused(origin: str) -> None:
    with pytest.raises(UsageError, match="origin"):
        ServerSettings("shop", cors=(origin,))


def test_settings_that_can_not_be_are_refused() -> None:
    with pytest.raises(UsageError, match="workers"):
        ServerSettings("shop", workers=0)
    with pytest.raises(UsageError, match="--state"):
        ServerSettings("milvus://localhost:1/x")
    assert ServerSettings("milvus://localhost:1/x", state=Path("s")).folder == Path("s")


def test_a_server_of_nothing_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError), TestClient(create_app(ServerSettings(str(tmp_path / "none")))):
        pass


def test_a_server_of_another_bundle_does_not_start(drawn_shop: Shop) -> None:
    with (
        pytest.raises(CatalogueError, match="made with"),
        TestClient(create_app(ServerSettings(str(drawn_shop.place)))),
    ):
        pass


def test_a_server_that_can_not_write_does_not_start(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="--state"):
        shop.client(state=tmp_path / "file")
