"""A run that is ended from outside ends what it has started."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from modiste import bench
from modiste.cli.main import main


@pytest.fixture
def handler() -> Iterator[None]:
    """Give this process its own way of ending back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("handler")
def test_a_run_that_is_terminated_cleans_up(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []

    def carry_out(*given: object, **options: object) -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(20)
        finally:
            ended.append("the server")

    monkeypatch.setattr(bench, "accept", carry_out)
    with pytest.raises(SystemExit) as left:
        main(["bench", "accept", "statistics"])
    assert left.value.code == 128 + signal.SIGTERM
    assert ended == ["the server"]
