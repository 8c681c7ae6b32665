"""A process's memory; malloc is asked in processes of their own, since what is set there can't be taken back."""

from __future__ import annotations

import gc
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from modiste.serving import create_app, server
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


def test_a_process_that_serves_is_settled(drawn_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setenv("MODISTE_SERVE", drawn_shop.settings().to_json())
    monkeypatch.setattr(server, "keep_heaps_small", lambda: seen.append("heaps"))
    monkeypatch.setattr(server, "settle_memory", lambda: seen.append("garbage"))
    monkeypatch.setattr(server, "write_logs", lambda *, requests: seen.append(f"log {requests}"))
    before = sys.getswitchinterval()
    try:
        app = server.create_from_environment()
        assert sys.getswitchinterval() < before
    finally:
        sys.setswitchinterval(before)
    assert seen == ["heaps", "log False"]
    with TestClient(app, client=HERE, base_url="http://localhost"):
        assert seen[-1] == "garbage"


_ASK = """
import ctypes, sys, threading
from modiste.serving.memory import keep_heaps_small
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.fopen.restype = ctypes.c_void_p, ctypes.c_void_p
class Counts(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena o s hblks h u f x y z".split()]
libc.mallinfo2.restype = Counts
if sys.argv[1] == "keep":
    print(keep_heaps_small())
libc.free(ctypes.c_void_p(libc.malloc(8 << 20)))  # from now on glibc would take such blocks out of its heaps
blocks = libc.mallinfo2().hblks
libc.malloc(2 << 20)
print(libc.mallinfo2().hblks - blocks)
gate = threading.Barrier(8)
def take():
    gate.wait()
    libc.malloc(1000)
    gate.wait()
threads = [threading.Thread(target=take) for _ in range(8)]
[one.start() for one in threads], [one.join() for one in threads]
file = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, file), libc.fclose(file)
print(open(sys.argv[2]).read().count("<heap nr="))
"""


def ask_malloc(path: Path, word: str, **more: str) -> list[str]:
    free = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    words = [sys.executable, "-c", _ASK, word, str(path)]
    return subprocess.run(words, env=free | more, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another malloc")
def test_heaps_are_few_and_large_blocks_outside_of_them(tmp_path: Path) -> None:
    grown = ask_malloc(tmp_path / "info", "leave")
    assert grown[0] == "0" and int(grown[1]) > 2
    kept = ask_malloc(tmp_path / "info", "keep")
    assert kept[:2] == ["True", "1"] and int(kept[2]) <= 2
    told = ask_malloc(tmp_path / "info", "keep", MALLOC_ARENA_MAX="5")
    assert 2 < int(told[2]) <= 5
