"""The REST interface keeps to its OpenAPI document: whatever is asked, no 5xx and no answer that it does not list.

`MODISTE_CASES` is how many requests each operation gets, of each of two kinds: those that the document allows, and
those that it does not. The continuous run makes do with a few, `MODISTE_CASES=1000` is the long one.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from modiste.bundle import Bundle
from modiste.catalogue import Catalogue, CatalogueItem, Variant
from modiste.serving import ServerSettings, create_app
from modiste.synthetic import draw_shop
from tests.conftest import REPOSITORY

schemathesis = pytest.importorskip("schemathesis")

CASES = int(os.environ.get("MODISTE_CASES", "10"))
TINY = REPOSITORY / "tests" / "golden" / "tiny"
KEPT = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
OPERATIONS = [
    (method.upper(), path)
    for path, methods in create_app(ServerSettings("none")).openapi()["paths"].items()
    for method in methods
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server on a port of its own: what a test client smooths over, a network does not."""
    import uvicorn

    from modiste.serving.server import open_port

    folder = tmp_path_factory.mktemp("contract")
    build_shop(folder)
    port = open_port("127.0.0.1", 0)
    app = create_app(ServerSettings(str(folder / "shop"), bundle=TINY, threads=1, log=False))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [port]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port.getsockname()[1]}"
    server.should_exit = True
    thread.join(30)
    shutil.rmtree(folder)


def build_shop(folder: Path) -> None:
    bundle = Bundle.open(TINY)
    items = []
    for one in draw_shop(8, size=(60, 80)):
        path = folder / f"{one.picture_id}.png"
        one.picture.save(path)
        sizes = tuple(Variant(*pair) for pair in one.sizes.items())
        items.append(CatalogueItem(one.picture_id, image=str(path), title=one.title, price=9.5, variants=sizes))
    with Catalogue.create(folder / "shop", bundle=bundle, threads=1) as shop:
        shop.add_items(items)


@pytest.fixture(scope="module")
def schema(address: str) -> object:
    return schemathesis.openapi.from_url(f"{address}/openapi.json")


@pytest.mark.parametrize("mode", ["positive", "negative"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda part: part)
def test_every_answer_is_listed(schema: object, method: str, path: str, mode: str) -> None:
    operation = schema[path][method]
    checks = [check for check in list_checks() if check.__name__ in KEPT]
    assert len(checks) == len(KEPT)
    strategy = operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode))

    @given(strategy)
    @settings(
        max_examples=CASES,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=CASES <= 50,
        database=None,
    )
    def ask(case: object) -> None:
        case.call_and_validate(checks=checks, timeout=60)

    try:
        ask()
    except Exception as error:
        if "Unsatisfiable" in type(error).__name__ or "no way to" in str(error):
            pytest.skip(f"{method} {path} has nothing that could be {mode}")
        raise


def list_checks() -> list[object]:
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    return [not_a_server_error, *(getattr(checks, name) for name in KEPT[1:])]


def test_the_server_is_healthy_afterwards(schema: object, address: str) -> None:
    import httpx2

    assert httpx2.get(f"{address}/health/ready").status_code == 200
    assert httpx2.get(f"{address}/v1/catalogue").status_code == 200
