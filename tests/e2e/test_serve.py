"""``modiste serve`` as a process: it says where it is, ends well, and a batch outlives a kill."""

from __future__ import annotations

import io
import os
import re
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import polars as pl
import pytest

from modiste.bundle import Bundle
from modiste.catalogue import Catalogue, CatalogueItem
from modiste.client import Client
from modiste.errors import KeyRefusedError, UnreachableError
from modiste.runtime import Tagger
from modiste.serving.keys import make_key
from modiste.synthetic import draw_shop
from tests.conftest import REPOSITORY

TINY = REPOSITORY / "tests" / "golden" / "tiny"
PATIENCE = 300.0


@pytest.fixture(scope="module")
def pictures() -> list[bytes]:
    files = []
    for one in draw_shop(12, size=(60, 80)):
        file = io.BytesIO()
        one.picture.save(file, "JPEG")
        files.append(file.getvalue())
    return files


@pytest.fixture
def shop(tmp_path: Path, pictures: list[bytes]) -> Path:
    with Catalogue.create(tmp_path / "shop", bundle=Bundle.open(TINY), threads=1) as made:
        made.add_items([CatalogueItem(str(number)) for number in range(len(pictures))], pictures=pictures)
    return tmp_path / "shop"


@contextmanager
def serving(shop: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    words = ["serve", str(shop), "--bundle", str(TINY), "--port", "0", "--threads", "1", *options]
    process = subprocess.Popen(
        [sys.executable, "-m", "modiste", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        line = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert address, line + process.stderr.read()
        # The address is told when it is answered, not before.
        assert httpx2.get(f"{address[0]}/health/ready", timeout=30).status_code == 200
        yield process, address[0]
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # and its workers
        process.communicate(timeout=PATIENCE)


def wait_until(is_so: object) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it never came so far"
        time.sleep(0.1)


def test_it_serves_and_ends_well(shop: Path, pictures: list[bytes]) -> None:
    with serving(shop) as (process, address):
        said = httpx2.post(f"{address}/v1/tag", content=pictures[0], headers={"content-type": "image/jpeg"})
        assert said.json()["pictures"][0]["tags"]["kind"]["value"]
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode in (0, -signal.SIGTERM), err
        assert "Traceback" not in err
        assert [line for line in err.splitlines() if '"route": "/v1/tag"' in line and '"status": 200' in line]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_answer_does_not_wait_for_its_heads_acknowledgement(shop: Path, workers: str) -> None:
    """Head and body are sent in two parts; without TCP_NODELAY each answer on a kept connection takes 40 ms."""
    with serving(shop, "--workers", workers) as (_, address), httpx2.Client(base_url=address) as client:
        seconds = []
        for _ in range(30):
            start = time.perf_counter()
            assert client.get("/health/live").status_code == 200
            seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.03


def test_a_batch_outlives_a_kill(shop: Path, pictures: list[bytes]) -> None:
    archive = io.BytesIO()
    count = 600
    with zipfile.ZipFile(archive, "w") as writer:
        for number in range(count):
            writer.writestr(f"{number:04}.jpg", pictures[number % len(pictures)])
    with serving(shop, "--no-log") as (process, address):
        answer = httpx2.post(f"{address}/v1/jobs", files={"file": ("many.zip", archive.getvalue())}, timeout=60)
        job = f"/v1/jobs/{answer.json()['id']}"
        opinion = {"field": "colour", "values": ["Red"], "author": "Ann"}
        assert httpx2.post(f"{address}/v1/items/1/opinions", json=opinion).status_code == 200
        wait_until(lambda: httpx2.get(address + job, timeout=30).json()["done"] > 0)
        process.kill()
        process.wait()
    with serving(shop, "--no-log") as (_, address):
        assert httpx2.get(f"{address}/v1/items/1").json()["labels"]["colour"] == ["Red"]
        wait_until(lambda: httpx2.get(address + job, timeout=30).json()["status"] == "done")
        said = httpx2.get(address + job).json()
        assert (said["pictures"], said["done"], said["failed"]) == (count, count, 0)
        table = pl.read_csv(httpx2.get(f"{address}{job}/download", timeout=60).content)
        assert table["image"].to_list() == [f"{number:04}.jpg" for number in range(count)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="workers need processes")
def test_several_workers_answer_alike(shop: Path) -> None:
    with serving(shop, "--workers", "2", "--no-log") as (process, address):
        for number in range(20):
            with httpx2.Client() as client:  # a connection each, so that both get some
                patched = client.patch(f"{address}/v1/items/1", json={"price": number}, timeout=30)
                assert patched.status_code == 200
                assert client.get(f"{address}/v1/items/1", timeout=30).json()["price"] == number
        text = httpx2.get(f"{address}/metrics").text
        counted = re.findall(r'modiste_requests_total\{method="PATCH",.*\} ([\d.]+)', text)
        assert sum(map(float, counted)) == 20
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)


def list_workers(process: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def count_connections(process: int, port: int) -> int:
    """Count the connections to a port that a process has open."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ours = {f"socket:[{line[9]}]" for line in lines if line[1].endswith(f":{port:04X}") and line[3] == "01"}
    return sum(str(one.readlink()) in ours for one in Path(f"/proc/{process}/fd").iterdir() if one.is_symlink())


@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="the kernel does not tell whose connections are")
def test_workers_share_connections_and_none_waits_in_vain(shop: Path) -> None:
    with serving(shop, "--workers", "2", "--no-log") as (process, address), ExitStack() as stack:
        port = int(address.rpartition(":")[2])
        kept = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60)) for _ in range(48)]
        for one in kept:
            one.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert all(one.recv(1000).startswith(b"HTTP/1.1 200") for one in kept)
        counts = [count_connections(one, port) for one in list_workers(process.pid)]
        assert sum(counts) == 48 and min(filter(None, counts)) >= 5 and len(list(filter(None, counts))) == 2
        # However few a worker takes at a time, the others wait in the kernel's queue.
        wait_until(lambda: _has_room(process.pid, port))


def _has_room(process: int, port: int) -> bool:
    workers = list_workers(process)
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    try:
        with ExitStack() as stack:
            for _ in range(40):
                stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=0.5))
            return True
    except TimeoutError:
        return False
    finally:
        for worker in workers:
            os.kill(worker, signal.SIGCONT)


def test_a_client_asks_the_process(shop: Path, pictures: list[bytes], tmp_path: Path) -> None:
    key = make_key()
    keys = tmp_path / "keys.toml"
    keys.write_text(f'[keys.staff]\nkey = "{key}"\nmay = "write"\n')
    expected = [tags.to_dict() for tags in Tagger(Bundle.open(TINY), threads=1).tag(pictures)]
    with serving(shop, "--keys", str(keys), "--no-log") as (process, address):
        with Client(address) as nobody, pytest.raises(KeyRefusedError, match="key"):
            nobody.catalogue()
        with Client(address, key=key) as client:
            assert [shown.to_dict() for shown in client.tag(pictures)] == expected
            for number, data in enumerate(pictures):
                (tmp_path / f"{number:02}.jpg").write_bytes(data)
            job = client.submit(sorted(tmp_path.glob("*.jpg")))
            assert client.wait(job.id, every=0.2).done == len(pictures)
            table = pl.read_parquet(client.download(job.id, tmp_path / "tags.parquet"))
            assert table["colour"].to_list() == [tags["colour"] for tags in expected]
            process.terminate()
            process.wait(PATIENCE)
            with pytest.raises(UnreachableError, match="modiste serve"):
                client.catalogue()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["no-such-catalogue", "--port", "0"], "no-such-catalogue"),
        (["{shop}", "--port", "0"], "made with the bundle"),
        (["{shop}", "--bundle", str(TINY), "--keys", "no-such-file"], "can't be read"),
        (["{shop}", "--bundle", str(TINY), "--cors", "shop.example"], "no origin"),
        (["{shop}", "--bundle", str(TINY), "--host", "203.0.113.1", "--port", "0"], "can't be had"),
    ],
)
def test_a_mistake_is_told_without_a_traceback(shop: Path, words: list[str], expected: str) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "modiste", "serve", *(word.replace("{shop}", str(shop)) for word in words)],
        capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert said.returncode == 2, said.stderr
    assert expected in said.stderr and "Traceback" not in said.stderr


def test_a_key_is_made(tmp_path: Path) -> None:
    from modiste.serving.keys import KeyRing

    said = subprocess.run(
        [sys.executable, "-m", "modiste", "serve", "--make-key"], capture_output=True, text=True, check=True
    ).stdout
    key = re.search(r"to be sent: (\S+)", said)
    (tmp_path / "keys.toml").write_text(said[said.index("[keys") :].replace("NAME", "me"))
    found = KeyRing.read(tmp_path / "keys.toml").find(key[1])
    assert found is not None and found.name == "me" and not found.can_write
