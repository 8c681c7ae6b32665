"""What is too much is refused as soon as that is known, and told when to come back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from modiste.errors import UsageError
from modiste.serving.callers import Caller
from modiste.serving.limits import Limits, Rates
from modiste.serving.pools import Pool
from modiste.serving.problems import ProblemError
from modiste.serving.settings import ServerLimits

from .conftest import Shop
from .problems import check_problem

JPEG = {"content-type": "image/jpeg"}


@pytest.fixture(scope="module")
def narrow(shop: Shop) -> TestClient:
    return shop.client(limits=ServerLimits(body=20_000, pixels=5_000, pictures=2, upload=30_000))


def test_a_body_that_says_it_is_too_long_is_not_read(narrow: TestClient) -> None:
    answer = narrow.post("/v1/tag", content=b"x" * 20_001, headers=JPEG)
    check_problem(answer, "too-large", "20,000")
    assert answer.headers["connection"] == "close"


def test_a_body_that_does_not_say_is_cut(narrow: TestClient) -> None:
    told = 0

    def stream() -> Iterator[bytes]:
        nonlocal told
        for _ in range(100):
            told += 1
            yield b"x" * 1000

    check_problem(narrow.post("/v1/tag", content=stream(), headers=JPEG), "too-large", "20,000")
    for path in ("/v1/search", "/v1/items/bulk"):
        answer = narrow.post(path, content=stream(), headers={"content-type": "application/json"})
        check_problem(answer, "too-large", "20,000")


def test_a_form_that_is_too_long_is_cut(narrow: TestClient) -> None:
    check_problem(narrow.post("/v1/tag", files={"pictures": ("a.jpg", b"x" * 30_000)}), "too-large")
    check_problem(narrow.post("/v1/jobs", files={"file": ("a.zip", b"x" * 40_000)}), "too-large", "30,000")
    assert narrow.get("/v1/jobs").json() == {"jobs": []}


def test_a_picture_with_too_many_pixels_is_refused(narrow: TestClient, shop: Shop) -> None:
    picture = shop.files["10002"]  # 60 x 80
    assert narrow.post("/v1/tag", content=picture, headers=JPEG).status_code == 200
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (100, 51)).save(file, "PNG")
    check_problem(narrow.post("/v1/tag", content=file.getvalue(), headers=JPEG), "bad-picture", "5,100", "5,000")
    answer = narrow.put("/v1/items/large", files={"picture": ("a.png", file.getvalue())})
    check_problem(answer, "bad-picture", "5,000")
    check_problem(narrow.post("/v1/search", files={"picture": ("a.png", file.getvalue())}), "bad-picture", "5,000")


def test_too_many_pictures_are_refused(narrow: TestClient, shop: Shop) -> None:
    files = [("pictures", ("a.jpg", shop.files["10002"]))] * 3
    check_problem(narrow.post("/v1/tag", files=files), "bad-request", "2")


def test_a_rate_is_kept_and_says_when_to_come_back(fresh: Callable[..., TestClient]) -> None:
    client = fresh(limits=ServerLimits(rate=0.1, burst=3))
    answers = [client.get("/v1/catalogue") for _ in range(4)]
    assert [answer.status_code for answer in answers[:3]] == [200] * 3
    check_problem(answers[3], "too-many", "0.1")
    assert 1 <= int(answers[3].headers["retry-after"]) <= 10
    assert client.get("/health/live").status_code == 200


def test_rates_fill_up_and_clients_are_apart() -> None:
    rates = Rates(2.0, burst=2)
    taken = [rates.take(client, at) for client, at in [("a", 0), ("a", 0), ("a", 0), ("b", 0), ("a", 0.5), ("a", 0.5)]]
    assert taken == [0, 0, 0.5, 0, 0, 0.5]
    assert rates.take("a", 100.0) == rates.take("a", 100.0) == 0
    assert rates.take("a", 100.0) > 0


def test_what_is_remembered_of_clients_is_bounded() -> None:
    rates = Rates(1.0, burst=1)
    for number in range(20_000):
        rates.take(str(number), 0.0)
    assert len(rates._buckets) == 10_000


@pytest.mark.parametrize("name", ["body", "pixels", "seconds", "waiting", "rate"])
def test_a_limit_of_nothing_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=name):
        ServerLimits(**{name: 0})


class Answer:
    """Collects what an application sends."""

    def __init__(self) -> None:
        self.status, self.headers, self.body = 0, {}, b""

    async def __call__(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        self.body += message.get("body", b"")


def build_scope(method: str = "POST", path: str = "/v1/tag", **headers: str) -> dict[str, Any]:
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    state = {"caller": Caller("me", can_read=True, can_write=True)}
    return {"type": "http", "method": method, "path": path, "headers": sent, "state": state}


async def read_all(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def reading_app(scope: Any, receive: Any, send: Any) -> None:
    body = await read_all(receive)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(len(body)).encode()})


def test_a_slow_body_ends_at_its_time() -> None:
    async def drip() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def run() -> Answer:
        answer = Answer()
        await Limits(reading_app, limits=ServerLimits(seconds=0.2))(build_scope(), drip, answer)
        return answer

    start = time.monotonic()
    answer = asyncio.run(run())
    assert time.monotonic() - start < 5
    assert answer.status == 408 and answer.headers["connection"] == "close" and b"bytes had come" in answer.body


def test_slow_work_ends_at_its_time() -> None:
    async def never(scope: Any, receive: Any, send: Any) -> None:
        await read_all(receive)
        await asyncio.sleep(60)

    async def run() -> Answer:
        answer = Answer()
        await Limits(never, limits=ServerLimits(seconds=0.1))(build_scope(), whole(b"x"), answer)
        return answer

    answer = asyncio.run(run())
    assert answer.status == 503 and answer.headers["retry-after"] == "1" and b"more than 0.1 seconds" in answer.body


def whole(body: bytes) -> Callable[[], Any]:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def test_requests_beyond_the_limit_are_told_to_come_back() -> None:
    async def run() -> list[int]:
        go = asyncio.Event()

        async def wait(scope: Any, receive: Any, send: Any) -> None:
            await go.wait()
            await reading_app(scope, receive, send)

        app = Limits(wait, limits=ServerLimits(waiting=3))
        answers = [Answer() for _ in range(5)]
        tasks = [asyncio.create_task(app(build_scope(), whole(b""), answer)) for answer in answers]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        go.set()
        await asyncio.gather(*tasks)
        late = Answer()
        await app(build_scope(), whole(b""), late)
        refused = [answer for answer in answers if answer.status == 503]
        assert all(answer.headers["retry-after"] == "1" for answer in refused)
        return [*(answer.status for answer in answers), late.status]

    assert asyncio.run(run()) == [200, 200, 200, 503, 503, 200]


def test_bodies_are_held_up_to_a_sum() -> None:
    async def run() -> list[int]:
        go = asyncio.Event()

        async def wait(scope: Any, receive: Any, send: Any) -> None:
            await go.wait()
            await reading_app(scope, receive, send)

        app = Limits(wait, limits=ServerLimits(body=100, memory=250))
        answers = [Answer() for _ in range(4)]
        # Two that say their length, one that does not and counts in full, one too many.
        said = [
            {"content_length": "100"},
            {"content_length": "50"},
            {"transfer_encoding": "chunked"},
            {"content_length": "1"},
        ]
        tasks = [
            asyncio.create_task(app(build_scope(**headers), whole(b"x"), answer))
            for headers, answer in zip(said, answers, strict=True)
        ]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        go.set()
        await asyncio.gather(*tasks)
        return [answer.status for answer in answers]

    assert asyncio.run(run()) == [200, 200, 200, 503]


def test_a_pool_refuses_what_it_can_not_do_soon() -> None:
    async def run() -> list[str]:
        pool, go = Pool("testing", 1, 2), asyncio.Event()
        loop = asyncio.get_running_loop()

        def work() -> str:
            asyncio.run_coroutine_threadsafe(go.wait(), loop).result()
            return "done"

        tasks = [asyncio.create_task(pool.run(work)) for _ in range(3)]
        await asyncio.sleep(0.05)
        tasks[0].cancel()  # whoever gives up leaves his work in the thread: it still counts
        await asyncio.sleep(0.05)
        with pytest.raises(ProblemError) as refused:
            await pool.run(work)
        assert refused.value.status == 503
        go.set()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        again = await pool.run(work)
        pool.close()
        return [*(type(one).__name__ if isinstance(one, BaseException) else one for one in done), again]

    assert asyncio.run(run()) == ["CancelledError", "done", "ProblemError", "done"]
