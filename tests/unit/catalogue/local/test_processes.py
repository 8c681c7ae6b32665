"""Several processes and threads at once, and writers that are killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from modiste.catalogue import CatalogueItem
from modiste.catalogue.local import LocalBackend, verify
from modiste.errors import UsageError
from tests.unit.catalogue.local.drawing import HEAD, make_items, make_vectors

WRITER = """
import sys
from modiste.catalogue import CatalogueItem, ItemChange
from modiste.catalogue.local import LocalBackend
from tests.unit.catalogue.local.drawing import make_items, make_vectors

backend, first = LocalBackend(sys.argv[1]), int(sys.argv[2])
print("ready", flush=True)
for start in range(first, first + 100_000, 20):
    backend.put(make_items(20, start=start), make_vectors(20, seed=start))
    print("put", start, flush=True)
    backend.patch([ItemChange(str(start), title=f"changed {start}")])
    print("patch", start, flush=True)
    backend.remove([str(start + 1)])
    print("remove", start, flush=True)
"""

CHANGER = """
import sys
from modiste.catalogue import CatalogueItem
from modiste.catalogue.local import LocalBackend
from tests.unit.catalogue.local.drawing import make_vectors

with LocalBackend(sys.argv[1]) as backend:
    for number in range(20):
        backend.put([CatalogueItem(f"{sys.argv[2]}-{number}")], make_vectors(1, seed=number))
"""

READER = """
import sys
import numpy as np
from modiste.catalogue.filters import parse_filter
from modiste.catalogue.local import LocalBackend
from tests.unit.catalogue.local.drawing import make_vectors

with LocalBackend(sys.argv[1]) as backend:
    last = 0
    while last < int(sys.argv[2]):
        found = backend.nearest(make_vectors(1)[0], 10_000)
        assert (np.diff(found.scores) <= 0).all()
        assert len(set(found.item_ids)) == len(found.item_ids) >= last
        last = len(found.item_ids)
        assert len(backend.match_words(("shirt",), 10_000).item_ids) <= last
"""


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def kill_writer(folder: Path, first: int, seconds: float) -> list[tuple[str, int]]:
    """Let a writer write for some seconds, kill it, and return what it said it had done."""
    writer = start(WRITER, folder, first)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    threading.Timer(seconds, writer.send_signal, [signal.SIGKILL]).start()
    said = [line.split() for line in writer.stdout.read().splitlines()]
    writer.wait()
    writer.stdout.close()
    return [(done, int(number)) for done, number in (words for words in said if len(words) == 2)]


def test_killed_writers_lose_nothing_that_was_acknowledged(tmp_path: Path):
    seeds = random.Random(3)
    with LocalBackend(tmp_path / "shop", create=HEAD) as reader:
        for first in range(0, 500_000, 100_000):
            said = kill_writer(reader.path, first, seeds.uniform(0.02, 1.5))
            for done, number in said:
                there = reader.get([str(number), str(number + 1), str(number + 19)])
                assert there[str(number + 19)] == make_items(1, start=number + 19)[0]
                if done != "put":
                    assert there[str(number)].title == f"changed {number}"
                if done == "remove":
                    assert str(number + 1) not in there
                vector = reader.get_vectors([str(number + 19)])[str(number + 19)]
                assert np.array_equal(vector, make_vectors(20, seed=number)[19])
            assert verify(reader.path) == []
            query = make_vectors(1)[0]
            found = reader.nearest(query, 1_000_000)
            assert sorted(found.item_ids) == sorted(reader.list_ids())
            np.testing.assert_array_equal(reader.score(query, found.item_ids), found.scores)


def test_writers_and_readers_at_once(shop: LocalBackend):
    readers = [start(READER, shop.path, 70) for _ in range(2)]
    writers = [start(CHANGER, shop.path, name) for name in ("a", "b")]
    for process in (*writers, *readers):
        process.communicate(timeout=120)
        assert process.returncode == 0
    assert len(shop.list_ids()) == 70
    assert verify(shop.path) == []


def test_threads_share_a_backend(shop: LocalBackend):
    query = make_vectors(1, 99)[0]

    def read(_: int) -> None:
        found = shop.nearest(query, 1000)
        assert len(set(found.item_ids)) == len(found.item_ids) >= 30
        assert {"1", "2"} <= shop.get(["1", "2"]).keys()
        shop.match_words(("shirt",), 5)
        shop.count_facets(["brand"])

    def write(number: int) -> None:
        shop.put([CatalogueItem(f"new-{number}", brand="New")], make_vectors(1, number))

    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(task, number) for number in range(40) for task in (read, write, read)]
        for job in jobs:
            job.result()
    assert len(shop.nearest(query, 1000).item_ids) == 70
    assert verify(shop.path) == []


def test_an_answer_that_was_given_stays(shop: LocalBackend):
    vectors = shop._follower.look().vectors
    before = vectors.copy()
    for number in range(3):
        shop.put(make_items(500), make_vectors(500, number))
        shop.nearest(make_vectors(1)[0], 1)
    np.testing.assert_array_equal(vectors, before)


@pytest.mark.parametrize("processes", [3])
def test_caches_are_made_by_several_at_once(shop: LocalBackend, processes: int):
    shop.put(make_items(5000), make_vectors(5000))
    script = "import sys; from modiste.catalogue.local import LocalBackend; LocalBackend(sys.argv[1]).refresh_cache()"
    running = [start(script, shop.path) for _ in range(processes)]
    for process in running:
        process.communicate(timeout=120)
        assert process.returncode == 0
    assert len(list((shop.path / "cache").glob("0*"))) == 1


def test_a_forked_process_is_told_to_open_it_again(shop: LocalBackend, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "getpid", lambda: -1)
    for use in (lambda: shop.nearest(make_vectors(1)[0], 1), lambda: shop.get(["1"]), lambda: shop.remove(["1"])):
        with pytest.raises(UsageError, match="forked; open it in each process"):
            use()
