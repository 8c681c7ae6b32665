"""How pictures gather into runs of the network."""

from __future__ import annotations

import asyncio
import time

import numpy as np
import pytest

from modiste.bundle import Bundle
from modiste.imaging.limits import DecodeLimits
from modiste.runtime import Network
from modiste.serving.batching import Batcher
from modiste.serving.metrics import Metrics
from modiste.serving.pools import Pool

from .conftest import Shop


@pytest.mark.parametrize(("clients", "least", "most"), [(1, 1, 1), (24, 4, 12), (150, 13, 32)])
def test_no_run_takes_more_than_its_share(
    tiny: Bundle, drawn_shop: Shop, monkeypatch: pytest.MonkeyPatch, clients: int, least: int, most: int
) -> None:
    sizes: list[int] = []
    run = Network.run

    def note(network: Network, pictures: np.ndarray) -> object:
        sizes.append(len(pictures))
        time.sleep(0.02)  # so that the others gather meanwhile
        return run(network, pictures)

    monkeypatch.setattr(Network, "run", note)
    picture = next(iter(drawn_shop.files.values()))

    async def ask_often() -> None:
        decoding = Pool("decoding", 2, 1000)
        batcher = Batcher(tiny, decoding, DecodeLimits(), Metrics(), threads=2)
        batcher.start()

        async def ask() -> None:
            for _ in range(4):
                assert (await batcher.see(picture)).tags is None

        await asyncio.gather(*(ask() for _ in range(clients)))
        assert batcher._running == batcher._coming == 0
        await batcher.stop()
        decoding.close()

    asyncio.run(ask_often())
    assert sum(sizes) == 4 * clients
    assert least <= max(sizes) <= most
