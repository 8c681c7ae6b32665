"""``modiste serve`` and what it can't read: the longest addresses and headers, and what is no HTTP, get a problem."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from modiste.bundle import Bundle
from modiste.catalogue import Catalogue, CatalogueItem
from modiste.serving.problems import KINDS
from modiste.synthetic import draw_shop
from tests.e2e.test_serve import TINY, serving

PLACES = ["/", "/v1/items/", "/problems/", "/health/live?q=", "/v1/items?where=", "/v1/catalogue?q="]
SHORT, LONG = [1_000, 20_000, 59_000], [61_000, 70_000, 200_000, 2_000_000]


@pytest.fixture(scope="module", params=["1", "2"], ids=["one-process", "two-workers"])
def address(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    place = tmp_path_factory.mktemp("heads") / "shop"
    with Catalogue.create(place, bundle=Bundle.open(TINY), threads=1) as made:
        made.add_items([CatalogueItem("1")], pictures=[next(iter(draw_shop(1, size=(60, 80)))).picture])
    with serving(place, "--no-log", "--workers", request.param) as (process, address):
        yield address
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert "Traceback" not in err and '"error"' not in err, err


def ask(address: str, sent: bytes, parts: int = 1) -> tuple[int, dict[str, str], bytes]:
    """Send a request, at once or in parts that come one after the other."""
    place = urlsplit(address)
    with socket.create_connection((place.hostname, place.port), timeout=60) as connection:
        size = -(-len(sent) // parts)
        for start in range(0, len(sent), size):
            connection.sendall(sent[start : start + size])
            time.sleep(0.02 if parts > 1 else 0)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        body = answer.read()
        if answer.getheader("connection") == "close":
            assert connection.recv(1) == b""
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


def write_head(target: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: localhost", *headers, "", ""]).encode()


def read_problem(answer: tuple[int, dict[str, str], bytes]) -> str:
    """Check that an answer is a problem, such as all errors are; return its kind."""
    status, headers, body = answer
    assert headers["content-type"] == "application/problem+json", (status, body[:300])
    assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-store"
    said = json.loads(body)
    kind = said["type"].removeprefix("/problems/")
    assert said["status"] == status == KINDS[kind].status
    assert said["detail"] and said["next"] and len(body) < 3_000
    return kind


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("place", PLACES)
def test_a_long_address_is_answered_as_a_short_one(address: str, place: str, parts: int) -> None:
    short = ask(address, write_head(f"{place}x"))
    for length in SHORT:
        long = ask(address, write_head(place + "x" * length), parts)
        if short[0] == 200:
            assert long[0] == 200 and long[2] == short[2]
        else:
            assert read_problem(long) in {read_problem(short), "invalid"}


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("place", PLACES)
def test_a_longer_one_is_too_long(address: str, place: str, parts: int) -> None:
    for length in LONG:
        assert read_problem(ask(address, write_head(place + "x" * length), parts)) == "too-long"


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("length", LONG)
def test_so_are_longer_headers(address: str, length: int, parts: int) -> None:
    one, many = [f"X-Long: {'x' * length}"], [f"X-{number}: {'x' * 1000}" for number in range(length // 1000)]
    for headers in (one, many):
        assert read_problem(ask(address, write_head("/v1/catalogue", *headers), parts)) == "too-long"


@pytest.mark.parametrize(
    "sent",
    [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nno header\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n", b"\0" * 2_000_000],
)
def test_what_is_no_http_gets_a_problem(address: str, sent: bytes) -> None:
    answer = ask(address, sent)
    assert read_problem(answer) in {"bad-request", "too-long"} and answer[1]["connection"] == "close"


def test_an_answer_that_has_begun_is_not_broken_by_another(address: str) -> None:
    """What can't be read comes behind a whole request, on the same connection."""
    place = urlsplit(address)
    with socket.create_connection((place.hostname, place.port), timeout=60) as connection:
        connection.sendall(write_head("/health/live") + b"nonsense\r\n\r\n")
        got = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert got.startswith(b"HTTP/1.1 200") and b"HTTP/1.1 400" in got and got.endswith(b"}")


def test_a_body_that_goes_wrong_gets_a_problem(address: str) -> None:
    head = b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    sent = head + b'Transfer-Encoding: chunked\r\n\r\n2\r\n{"\r\n' + b"no length of a chunk\r\n"
    for parts in (1, 3):
        assert read_problem(ask(address, sent, parts)) == "bad-request"


def test_an_answered_request_whose_body_goes_wrong_is_cut_off(address: str) -> None:
    place = urlsplit(address)
    with socket.create_connection((place.hostname, place.port), timeout=60) as connection:
        head = b"POST /no-such-place HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status in (404, 405) and answer.read()
        connection.sendall(b"no length of a chunk\r\n")
        assert connection.recv(1) == b""


def test_the_server_goes_on(address: str) -> None:
    assert ask(address, write_head("/problems/too-long"))[0] == 200
