"""Requests are those that an HTTP library reads, and answers are put together however they come in pieces."""

from __future__ import annotations

import asyncio
import itertools

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from modiste.bench.serving.wire import AnswerReader, Part, build_form, build_request
from modiste.errors import ModisteError

ANSWERS = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
    b"HTTP/1.1 304 Not Modified\r\netag: x\r\n\r\n"
    b"HTTP/1.1 503 Busy\r\nretry-after: 2\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
)


@given(st.lists(st.integers(0, len(ANSWERS)), max_size=12))
def test_answers_come_in_any_pieces(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(ANSWERS)]
    reader, found = AnswerReader(), []
    for start, end in itertools.pairwise(edges):
        answer = reader.feed(ANSWERS[start:end])
        while answer is not None:
            found.append((answer.status, answer.body, answer.has("Retry-After"), answer.closes))
            answer = reader.feed(b"")
    assert found == [(200, b"hello", False, False), (304, b"", False, False), (503, b"", True, True)]
    assert reader.is_empty


def test_an_answer_without_a_length_is_told() -> None:
    with pytest.raises(ModisteError, match="how long"):
        AnswerReader().feed(b"HTTP/1.1 200 OK\r\n\r\nendless")


def test_an_answer_that_ends_with_its_connection_is_not_waited_for() -> None:
    answer = AnswerReader().feed(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
    assert answer is not None and answer.status == 400 and answer.closes


def test_a_request_is_read_by_h11() -> None:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(
        build_request("PUT", "/v1/items/a", b"xyz", content_type="image/jpeg", headers=[("a", "b")])
    )
    request, data = connection.next_event(), connection.next_event()
    assert isinstance(request, h11.Request) and isinstance(data, h11.Data)
    assert (request.method, request.target, bytes(data.data)) == (b"PUT", b"/v1/items/a", b"xyz")
    assert {(b"content-length", b"3"), (b"content-type", b"image/jpeg"), (b"a", b"b")} <= set(request.headers)


def test_a_form_is_read_by_starlette() -> None:
    body, content_type = build_form([Part("picture", b"\xff\xd8\r\n--", "ä.jpg", "image/jpeg"), Part("query", b"{}")])

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def read() -> tuple[str, bytes, str]:
        scope = {"type": "http", "method": "POST", "headers": [(b"content-type", content_type.encode())]}
        async with Request(scope, receive).form() as form:
            return form["picture"].filename, await form["picture"].read(), form["query"]

    assert asyncio.run(read()) == ("ä.jpg", b"\xff\xd8\r\n--", "{}")
