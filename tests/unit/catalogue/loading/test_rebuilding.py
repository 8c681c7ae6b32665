"""A catalogue under another bundle: the same as one that was built with it, however often it was killed."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from modiste.bundle import Bundle
from modiste.catalogue import ItemChange
from modiste.catalogue.loading import build_catalogue, rebuild_catalogue
from modiste.catalogue.local import LocalBackend
from modiste.catalogue.local.verification import verify
from modiste.errors import UsageError
from tests.unit.catalogue.loading.conftest import Read

REBUILD = """
import sys, time
from modiste.bundle import Bundle
from modiste.catalogue.loading import rebuild_catalogue
from modiste.catalogue.local import LocalBackend
put = LocalBackend.put_pending
LocalBackend.put_pending = lambda *words: (put(*words), time.sleep(0.1))[0]  # so that there is something to kill
rebuild_catalogue(LocalBackend(sys.argv[1]), Bundle.open(sys.argv[2]), part_size=2, threads=1)
"""


@pytest.fixture
def own(shop: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shop, tmp_path / "own"))


@pytest.fixture
def place(own: Path, tmp_path: Path, tiny: Bundle) -> Path:
    build_catalogue(own, tmp_path / "c", bundle=tiny)
    return tmp_path / "c"


def test_the_same_as_a_new_build(own: Path, place: Path, tmp_path: Path, other: Bundle, read: Read) -> None:
    build_catalogue(own, tmp_path / "fresh", bundle=other)
    with LocalBackend(place) as backend:
        summary = rebuild_catalogue(backend, other, part_size=8)
        assert (summary.done, summary.failed, summary.finished) == (30, 0, True)
        assert backend.head.fingerprint == other.fingerprint
        with pytest.raises(UsageError, match="already"):
            rebuild_catalogue(backend, other)
    left, right = read(tmp_path / "fresh"), read(place)
    for name, (item, vector) in left.items():
        np.testing.assert_allclose(right[name][1], vector, atol=1e-6)
        assert set(right[name][0].tags) == set(item.tags)
    assert not verify(place)


def test_the_old_one_serves_until_the_end(own: Path, place: Path, other: Bundle, tiny: Bundle) -> None:
    (own / "images" / "10007.jpg").unlink()
    with LocalBackend(place) as backend:
        before = backend.get(["10007"])["10007"]
        summary = rebuild_catalogue(backend, other)
        assert (summary.done, summary.failed, summary.finished) == (29, 1, False)
        assert summary.errors is not None and "10007" in summary.errors.read_text()
        assert backend.head.fingerprint == tiny.fingerprint
        assert backend.get(["10007"])["10007"] == before
        assert backend.describe().rebuild == (other.fingerprint, 1)
        again = rebuild_catalogue(backend, other, remove_unreadable=True)
        assert (again.done, again.resumed, again.removed, again.finished, again.items) == (0, 29, 1, True, 29)
    assert not verify(place)


def test_corrections_survive(place: Path, other: Bundle, tiny: Bundle) -> None:
    value = tiny.taxonomy["colour"].values[0]
    with LocalBackend(place) as backend:
        backend.patch([ItemChange("10003", corrections={"colour": (value,)})])
        rebuild_catalogue(backend, other)
        assert backend.get(["10003"])["10003"].values("colour") == (value,)


def test_killed_rebuilds_go_on(place: Path, tmp_path: Path, other: Bundle, read: Read) -> None:
    shutil.copytree(place, tmp_path / "clean")
    with LocalBackend(tmp_path / "clean") as backend:
        rebuild_catalogue(backend, other)
    killed = 0
    for part in (2, 12):
        words = [sys.executable, "-c", REBUILD, str(place), str(other.path)]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while process.poll() is None:
            with LocalBackend(place) as backend:
                state = backend.describe().rebuild
            if state is not None and 30 - state[1] >= part:
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.002)
        stderr = process.communicate()[1]
        assert process.returncode in (0, -signal.SIGKILL), stderr
        killed += process.returncode == -signal.SIGKILL
        assert not verify(place)
    assert killed
    with LocalBackend(place) as backend:
        if backend.describe().rebuild is not None:
            summary = rebuild_catalogue(backend, other)
            assert summary.resumed > 0 and summary.finished
    left, right = read(tmp_path / "clean"), read(place)
    for name, (item, vector) in left.items():
        assert right[name][0] == item
        np.testing.assert_allclose(right[name][1], vector, atol=1e-6)
