"""The REST interface keeps to its OpenAPI document: whatever is asked, no 5xx and no answer that it does not list.

`MODISTE_CASES` is how many requests each operation gets, of each of two kinds: those that the document allows, and
those that it does not. The continuous run makes do with a few; `modiste bench accept rest-contract` is the long one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from modiste.bench.serving.asking import MODES, Mode, ask_operation, list_operations
from modiste.bench.serving.shop import draw_catalogue
from modiste.bundle import Bundle
from tests.conftest import REPOSITORY
from tests.threaded_server import serving

schemathesis = pytest.importorskip("schemathesis")

CASES = int(os.environ.get("MODISTE_CASES", "10"))
TINY = REPOSITORY / "tests" / "golden" / "tiny"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server on a port of its own: what a test client smooths over, a network does not."""
    folder = tmp_path_factory.mktemp("contract")
    place = draw_catalogue(folder, Bundle.open(TINY), 8, threads=1)
    with serving(place, bundle=TINY) as address:
        yield address
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def schema(address: str) -> object:
    return schemathesis.openapi.from_url(f"{address}/openapi.json", timeout=60)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("method", "path"), list_operations(), ids=lambda part: part)
def test_every_answer_is_listed(schema: object, method: str, path: str, mode: Mode) -> None:
    if not ask_operation(schema, method, path, mode, CASES):
        pytest.skip(f"{method} {path} has nothing that could be {mode}")


def test_the_server_is_healthy_afterwards(schema: object, address: str) -> None:
    import httpx2

    assert httpx2.get(f"{address}/health/ready").status_code == 200
    assert httpx2.get(f"{address}/v1/catalogue").status_code == 200
