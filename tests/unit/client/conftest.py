"""A client whose server is a function, and clients of the application itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from modiste.client import Client
from tests.unit.serving.conftest import Shop, drawn_shop, shop

__all__ = ["Shop", "drawn_shop", "shop"]

Answer = Callable[[httpx2.Request], httpx2.Response]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Client]]:
    """Make clients of a server that is a function, or a list of what it answers, one after the other."""
    monkeypatch.delenv("MODISTE_KEY", raising=False)
    monkeypatch.delenv("MODISTE_ADDRESS", raising=False)
    made: list[Client] = []

    def make(answer: Answer | list[httpx2.Response | Exception], **options: Any) -> Client:
        waiting = iter(answer) if isinstance(answer, list) else None

        def reply(request: httpx2.Request) -> httpx2.Response:
            if waiting is None:
                return answer(request)  # type: ignore[operator]
            said = next(waiting)
            if isinstance(said, Exception):
                raise said
            return said

        made.append(Client(transport=httpx2.MockTransport(reply), **options))
        return made[-1]

    yield make
    for client in made:
        client.close()


def problem(status: int, kind: str, detail: str = "it is so", **headers: str) -> httpx2.Response:
    said = {"type": f"/problems/{kind}", "title": "A title", "status": status, "detail": detail, "next": "Do that."}
    content = json.dumps(said)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.Response(status, content=content, headers={"content-type": "application/problem+json", **named})


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the client slept, without that it did."""
    seconds: list[float] = []
    monkeypatch.setattr("modiste.client.sending.time.sleep", seconds.append)
    return seconds
