from __future__ import annotations

import gc

from starlette.testclient import TestClient

from modiste.serving import create_app
from modiste.serving.memory import settle_memory

from .conftest import HERE, Shop


def test_what_is_there_is_not_looked_through_again() -> None:
    try:
        settle_memory()
        assert gc.get_freeze_count() > 10_000
        assert len(gc.get_objects()) < 1_000
    finally:
        gc.unfreeze()


def test_it_is_settled_once_when_all_is_open(drawn_shop: Shop) -> None:
    seen = []
    app = create_app(drawn_shop.settings(), opened=lambda: seen.append(app.state.server))
    assert seen == []
    with TestClient(app, client=HERE, base_url="http://localhost") as client:
        assert seen == [app.state.server]
        assert client.get("/health/ready").is_success
    assert len(seen) == 1
