"""Requests and answers of the client, with a server that is a function: errors, waiting, ids, keys, bounds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import unquote

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.client import Client, ItemIn, ItemPatch, Variant
from modiste.client.reading import read_shape
from modiste.client.shapes.items import Item
from modiste.client.shapes.jobs import Job
from modiste.errors import (
    AnswerError,
    BusyError,
    ClientError,
    KeyRefusedError,
    NotFoundError,
    ServerProblemError,
    UnreachableError,
    UsageError,
)

from .conftest import problem

Ask = Callable[..., Client]
HEALTHY = {"status": "ok"}
JOB = {
    "id": "8f", "name": "a.zip", "status": "running", "pictures": 4, "done": 1, "failed": 0, "doubtful": 0,
    "rate": None, "seconds_left": None, "problem": None, "created": "2025-11-04T09:30:00.000Z", "finished": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (400, "bad-filter", ServerProblemError),
        (401, "key-missing", KeyRefusedError),
        (403, "not-allowed", KeyRefusedError),
        (404, "not-found", NotFoundError),
        (409, "conflict", ServerProblemError),
        (422, "invalid", ServerProblemError),
        (429, "too-many", BusyError),
        (500, "failed", ServerProblemError),
        (503, "too-slow", BusyError),
    ],
)
def test_a_problem_is_an_exception_that_says_what_to_do(
    ask: Ask, status: int, kind: str, expected: type[ServerProblemError]
) -> None:
    with pytest.raises(ServerProblemError) as caught:
        ask([problem(status, kind, "price is -1; expected 0 or more", x_request_id="8f2c")]).catalogue()
    error = caught.value
    assert type(error) is expected and isinstance(error, ClientError)
    assert (error.status, error.kind, error.asked, error.request_id) == (status, kind, "GET /v1/catalogue", "8f2c")
    assert "price is -1; expected 0 or more" in str(error) and f"HTTP {status}" in str(error)
    following = {"key-missing": "MODISTE_KEY", "failed": "8f2c"}.get(kind, "Do that.")
    assert following in str(error)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx2.Response(502, html="<h1>Bad gateway</h1>"), "text/html"),
        (httpx2.Response(301, headers={"location": "https://shop.example/"}), "https://shop.example/"),
        (httpx2.Response(500, headers={"content-type": "application/problem+json"}, content=b"{"), "expected JSON"),
        (httpx2.Response(500, headers={"content-type": "application/problem+json"}, content=b"{}"), "'type'"),
    ],
)
def test_another_program_s_error_is_told_as_such(ask: Ask, answer: httpx2.Response, expected: str) -> None:
    with pytest.raises(ServerProblemError, match="Check the address") as caught:
        ask([answer]).catalogue()
    assert expected in str(caught.value) and caught.value.status == answer.status_code


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<html>", "expected JSON"),
        (b"[" * 100_000, "expected JSON"),
        (b"[]", "expected CatalogueAnswer"),
        (b'{"items": 1}', "has no 'bundle'"),
        (b'{"items": true, "bundle": "", "columns": [], "index": "", "price": null, "currency": null, '
         b'"can_write": true, "facets": []}', r"answer.items is 'True'; expected int"),
        (b'{"items": 1, "bundle": "", "columns": [{"name": 7, "kind": ""}]}', r"\[0\].name is '7'; expected str"),
        (b'{"items": 1, "bundle": "", "columns": {}}', r"columns is '{}'; expected a list"),
    ],
)  # fmt: skip
def test_an_answer_that_is_none_is_refused(ask: Ask, content: bytes, expected: str) -> None:
    with pytest.raises(AnswerError, match=expected):
        ask([httpx2.Response(200, content=content)]).catalogue()


def test_what_a_newer_server_says_more_is_left_out(ask: Ask) -> None:
    job = ask([httpx2.Response(200, json={**JOB, "colour": "blue", "status": "paused"})]).job("8f")
    assert (job.status, job.has_ended) == ("paused", False)


def test_nobody_answers() -> None:
    with Client("http://127.0.0.1:9") as client, pytest.raises(UnreachableError, match="modiste serve") as caught:
        client.catalogue()
    assert "http://127.0.0.1:9" in str(caught.value) and "MODISTE_ADDRESS" in str(caught.value)


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (httpx2.ReadTimeout("slow"), "Give it longer"),
        (httpx2.ReadError("reset"), "broke: reset"),
        (httpx2.RemoteProtocolError("no HTTP"), "no HTTP"),
    ],
)
def test_a_broken_connection_says_whether_it_may_have_been_done(ask: Ask, failure: Exception, expected: str) -> None:
    with pytest.raises(UnreachableError, match=expected) as caught:
        ask([failure]).catalogue()
    assert "may have been done" not in str(caught.value)
    with pytest.raises(UnreachableError, match="may have been done"):
        ask([failure]).add_opinion("7", "season", ["Summer"])


def test_a_server_with_its_hands_full_is_asked_again(ask: Ask, slept: list[float]) -> None:
    busy = [problem(429, "too-many", Retry_After="2"), problem(503, "overloaded", Retry_After="1")]
    assert ask([*busy, httpx2.Response(200, text="numbers")]).metrics() == "numbers"
    assert 2 <= slept[0] <= 2.5 and 1 <= slept[1] <= 1.25


def test_a_date_to_come_back_at_is_understood(ask: Ask, slept: list[float]) -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    answers = [problem(503, "overloaded", Retry_After=when), httpx2.Response(200, text="numbers")]
    assert ask(answers).metrics() == "numbers"
    assert 25 < slept[0] < 40


@pytest.mark.parametrize("said", ["", "soon", "-3"])
def test_without_a_time_nothing_is_waited_for(ask: Ask, slept: list[float], said: str) -> None:
    with pytest.raises(BusyError):
        ask([problem(503, "overloaded", Retry_After=said)]).catalogue()
    assert not slept


def test_patience_ends(ask: Ask, slept: list[float]) -> None:
    with pytest.raises(BusyError, match="seconds were waited"):
        ask(lambda _: problem(503, "overloaded", Retry_After="2"), patience=5).catalogue()
    assert slept and sum(slept) <= 5
    slept.clear()
    with pytest.raises(BusyError):
        ask([problem(503, "overloaded", Retry_After="1")], patience=0).catalogue()
    with pytest.raises(BusyError):
        ask([problem(503, "overloaded", Retry_After="999999999999")]).catalogue()
    assert not slept


@pytest.mark.parametrize(
    ("call", "repeats"),
    [
        (lambda client: client.get("7"), True),
        (lambda client: client.put(ItemIn("7", title="x")), True),
        (lambda client: client.update(ItemPatch("7", price=1)), True),
        (lambda client: client.tag(b"..."), True),
        (lambda client: client.embed(b"..."), True),
        (lambda client: client.search(text="shirt"), True),
        (lambda client: client.explain(b"...", "season"), True),
        (lambda client: client.bulk(delete=["7"]), True),
        (lambda client: client.correct_row("8f", 0, "season", ["Summer"]), True),
        (lambda client: client.remove("7"), False),
        (lambda client: client.add_opinion("7", "season", ["Summer"]), False),
        (lambda client: client.remove_opinion("8f"), False),
        (lambda client: client.remove_job("8f"), False),
        (lambda client: client.submit(Path(__file__)), False),
    ],
)
def test_only_what_may_be_asked_twice_is_asked_again(
    ask: Ask, slept: list[float], call: Callable[[Client], object], repeats: bool
) -> None:
    with pytest.raises(ServerProblemError) as caught:
        call(ask([problem(503, "overloaded", Retry_After="1"), problem(409, "conflict")]))
    assert (caught.value.status, len(slept)) == ((409, 1) if repeats else (503, 0))


@pytest.mark.parametrize(
    "answer", [problem(503, "overloaded", Retry_After="9"), problem(409, "conflict"), httpx2.ConnectError("refused")]
)
def test_who_is_not_ready_says_so_at_once(ask: Ask, slept: list[float], answer: httpx2.Response | Exception) -> None:
    assert not ask([answer]).is_ready() and not ask([answer]).is_live()
    assert not slept


def test_an_answer_that_drips_is_given_up(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    class Dripping(httpx2.SyncByteStream):
        def __iter__(self):
            while True:
                time.sleep(0.02)
                yield b" "

    with pytest.raises(UnreachableError, match="Give it longer"):
        ask([httpx2.Response(200, stream=Dripping())], timeout=0.2).catalogue()


def test_an_answer_without_end_is_given_up(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modiste.client.receiving._MOST", 1_000)
    with pytest.raises(AnswerError, match="more than 1,000 bytes"):
        ask([httpx2.Response(200, content=b" " * 1_001)]).catalogue()


def test_a_key_is_sent_and_never_shown(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json=HEALTHY)

    client = ask(answer, key="secret-of-the-shop")
    client.is_ready()
    ask(answer).is_ready()
    monkeypatch.setenv("MODISTE_KEY", "of-the-environment")
    ask(answer).is_ready()
    sent = [one.headers.get("authorization") for one in seen]
    assert sent == ["Bearer secret-of-the-shop", None, "Bearer of-the-environment"]
    assert "secret" not in repr(client) and client.address in repr(client)


def test_the_address_is_that_of_the_environment(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask([]).address == "http://127.0.0.1:8000"
    monkeypatch.setenv("MODISTE_ADDRESS", "https://shop.example/search/")
    seen: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(str(request.url))
        return httpx2.Response(200, json=HEALTHY)

    ask(answer).is_ready()
    assert seen == ["https://shop.example/search/health/ready"]


@pytest.mark.parametrize(
    ("given", "options", "expected"),
    [
        ("shop.example", {}, "expected one such as http://"),
        ("ftp://shop.example", {}, "expected one such as http://"),
        ("http://[::1", {}, "is none"),
        ("http://user:word@shop.example", {}, "key"),
        ("http://shop.example/?key=1", {}, "key"),
        (None, {"key": "ä"}, "can't be sent"),
        (None, {"key": "a\nb"}, "can't be sent"),
        (None, {"timeout": 0}, "timeout is 0"),
        (None, {"patience": -1}, "patience -1"),
    ],
)
def test_what_can_t_be_is_refused_at_once(given: str | None, options: dict, expected: str) -> None:
    with pytest.raises(UsageError, match=expected):
        Client(given, **options)


@given(st.text(min_size=1, max_size=40).filter(lambda text: not any("\ud800" <= one <= "\udfff" for one in text)))
def test_an_id_is_one_part_of_the_address(item_id: str) -> None:
    seen: list[bytes] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.url.raw_path)
        return problem(404, "not-found")

    with Client("http://localhost", transport=httpx2.MockTransport(answer)) as client:
        assert client.get(item_id) is None
    *start, last = seen[0].decode("ascii").split("/")
    assert start == ["", "v1", "items"] and unquote(last) == item_id


@pytest.mark.parametrize(("item_id", "expected"), [("", "is empty"), ("\ud800", "half a letter")])
def test_an_id_that_can_t_be_sent_is_refused(ask: Ask, item_id: str, expected: str) -> None:
    with pytest.raises(UsageError, match=expected):
        ask([]).get(item_id)


def test_a_job_is_followed_to_its_end(ask: Ask, slept: list[float]) -> None:
    states = [JOB, JOB, {**JOB, "done": 3}, {**JOB, "done": 4, "status": "done"}]
    client = ask([httpx2.Response(200, json=one) for one in states])
    assert [job.done for job in client.follow("8f", every=0.5)] == [1, 3, 4]
    assert slept == [0.5, 0.5, 0.5]


def test_waiting_for_a_job(ask: Ask, slept: list[float]) -> None:
    told: list[Job] = []
    done = {**JOB, "done": 4, "status": "done"}
    client = ask([httpx2.Response(200, json=one) for one in (JOB, done)])
    assert client.wait("8f", progress=told.append).status == "done"
    assert [one.done for one in told] == [1, 4]
    failed = {**JOB, "status": "failed", "problem": problem(422, "invalid", "the zip is damaged").json()}
    with pytest.raises(ServerProblemError, match="the zip is damaged"):
        ask([httpx2.Response(200, json=failed)]).wait("8f")
    with pytest.raises(ClientError, match="cancelled"):
        ask([httpx2.Response(200, json={**JOB, "status": "cancelled"})]).wait("8f")
    with pytest.raises(ClientError, match="not done after 0 seconds: 1 of 4"):
        ask([httpx2.Response(200, json=JOB)]).wait("8f", timeout=0)


def test_a_table_appears_whole_or_not_at_all(ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "tags.csv"

    class Breaking(httpx2.SyncByteStream):
        def __iter__(self):
            yield b"a,b\n"
            raise httpx2.ReadError("cut")

    path.write_text("old")
    with pytest.raises(UnreachableError, match="cut"):
        ask([httpx2.Response(200, stream=Breaking())]).download("8f", path)
    with pytest.raises(ServerProblemError, match="is running"):
        ask([problem(409, "conflict", "the batch is running")]).download("8f", path)
    assert [one.name for one in tmp_path.iterdir()] == ["tags.csv"] and path.read_text() == "old"
    assert ask([httpx2.Response(200, content=b"a,b\n1,2\n")]).download("8f", path) == path
    assert [one.name for one in tmp_path.iterdir()] == ["tags.csv"] and path.read_bytes() == b"a,b\n1,2\n"


def test_a_table_that_can_t_be_written_is_told(ask: Ask, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"table\.csv|tags\.csv"):
        ask([]).download("8f", tmp_path / "tags.docx")
    with pytest.raises(UsageError, match="can't be written"):
        ask([]).corrections(tmp_path / "nowhere" / "tags.csv")


def test_a_full_disk_is_told_and_leaves_nothing(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(self: object, piece: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("modiste.client.receiving.Reply.take", fill)
    with pytest.raises(UsageError, match="No space left"):
        ask([httpx2.Response(200, content=b"a")]).download("8f", tmp_path / "tags.csv")
    assert not list(tmp_path.iterdir())


def test_large_changes_are_sent_in_parts(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modiste.client.verbs.items._MOST", 2)
    bodies: list[dict[str, list]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content)
        bodies.append(body)
        counts = {name: len(body.get(key, ())) for name, key in (("put", "put"), ("patched", "patch"))}
        missing = body.get("delete", [])
        return httpx2.Response(200, json={**counts, "deleted": 0, "missing": missing, "problems": []})

    done = ask(answer).bulk(
        put=[ItemIn(str(number), picture=b"x", labels={"season": ("Summer",)}) for number in range(3)],
        patch=[ItemPatch("0", price=2.5, variants=[Variant("M", 3)])],
        delete=["5"],
    )
    assert (done.put, done.patched, done.missing) == (3, 1, ("5",))
    assert [list(body) for body in bodies] == [["put"], ["put"], ["patch"], ["delete"]]
    assert bodies[0]["put"][0] == {
        "item_id": "0", "variants": [], "labels": {"season": ["Summer"]}, "details": {}, "picture_base64": "eA==",
    }  # fmt: skip
    assert bodies[2]["patch"] == [{"item_id": "0", "price": 2.5, "variants": [{"size": "M", "stock": 3}]}]


def test_a_shape_reads_what_it_knows() -> None:
    with pytest.raises(AnswerError, match="the answer has no 'product_id'"):
        read_shape(Item, {"item_id": "7"})
