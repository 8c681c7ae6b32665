"""The parts of a fetch, each by itself: addresses, name resolution, turns, shards, hashes, delays."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import random
import socket
import tarfile
import zipfile
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpcore2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.collect.fetching import FetchOptions, network
from modiste.collect.fetching.addresses import is_public, parse_address
from modiste.collect.fetching.answers import choose_delay, explain_status, parse_retry_after
from modiste.collect.fetching.content import DamagedPictureError, check_hash, examine_picture
from modiste.collect.fetching.network import GuardedBackend, PrivateAddressError
from modiste.collect.fetching.schedule import Schedule, Task
from modiste.collect.fetching.shards import Member, open_shard
from modiste.errors import ModisteError, PictureError, UsageError
from modiste.imaging import DecodeLimits, decode_picture
from tests.unit.collect.web import draw

# Copied by hand from the IANA special-purpose registries, beside a few that are public.
PRIVATE = (
    *("0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1"),
    *("172.31.255.255", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1"),
    *("239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1"),
    *("2001:db8::1", "fec0::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
    *("2002:7f00:1::", "2002:a00:1::", "2001:0:7f00:1::", "::127.0.0.1"),
)
PUBLIC = (
    "1.1.1.1",
    "93.184.216.34",
    "172.32.0.1",
    "2606:4700::1111",
    "::ffff:1.1.1.1",
    "64:ff9b::101:101",
    "2002:101:101::",
)


@pytest.mark.parametrize("text", PRIVATE)
def test_private_numbers_are_told(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_public_numbers_are_told(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "text",
    ["", "shop", "/1.jpg", "ftp://a/1.jpg", "file:///etc/passwd", "http://", "http:///1.jpg", "http://a:99999/",
     "data:image/png;base64,AAAA", "http://me:secret@shop.example/", "http://[::1", "http://a" + "b" * 9000],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(PictureError):
        parse_address(text)


@given(st.text(max_size=60) | st.text(max_size=40).map("http://".__add__))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        target = parse_address(text)
    except PictureError:
        return
    assert target.scheme in ("http", "https")
    assert target.url.isascii()
    assert "\r" not in target.path + target.host
    assert "\n" not in target.path + target.host


def test_address_is_normalised() -> None:
    target = parse_address("http://München.example:80/a b?q=ü#x")
    assert target.authority == "xn--mnchen-3ya.example"
    assert target.url == "http://xn--mnchen-3ya.example/a%20b?q=%C3%BC"
    assert parse_address("http://[2606:4700::1111]:8080/").authority == "[2606:4700::1111]:8080"


def connect(backend: GuardedBackend, host: str, port: int) -> None:
    async def attempt() -> None:
        stream = await backend.connect_tcp(host, port, timeout=5)
        await stream.aclose()

    asyncio.run(attempt())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "::1", "0.0.0.0"])
def test_ways_to_write_this_machine_are_refused(host: str) -> None:
    with pytest.raises(PrivateAddressError):
        connect(GuardedBackend(allow_private=False), host, 80)


def test_mixed_answer_of_a_name_server_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask(host: str, port: int) -> list[object]:
        return [ipaddress.ip_address("93.184.216.34"), ipaddress.ip_address("10.0.0.1")]

    monkeypatch.setattr(network, "_ask", ask)
    with pytest.raises(PrivateAddressError):
        connect(GuardedBackend(allow_private=False), "both.example", 80)


def test_rebinding_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection goes to the number that was checked; the name server is not asked again."""
    answers = iter(["93.184.216.34", "127.0.0.1"])
    connected: list[str] = []

    async def ask(host: str, port: int) -> list[object]:
        return [ipaddress.ip_address(next(answers))]

    async def note(host: str, port: int) -> None:
        connected.append(host)
        raise httpcore2.ConnectError("nobody is there")

    monkeypatch.setattr(network, "_ask", ask)
    monkeypatch.setattr(network, "open_stream", note)
    backend = GuardedBackend(allow_private=False)
    for _ in range(3):
        with pytest.raises(httpcore2.ConnectError, match="nobody"):
            connect(backend, "rebind.example", 80)
    assert connected == ["93.184.216.34"] * 3
    # Asked again when the answer is old: the private one is refused then.
    monkeypatch.setattr(network, "_FRESH", -1.0)
    backend._known.clear()
    with pytest.raises(PrivateAddressError):
        connect(backend, "rebind.example", 80)


def test_sockets_of_this_machine_and_unknown_names_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(httpcore2.UnsupportedProtocol):
        asyncio.run(GuardedBackend(allow_private=True).connect_unix_socket("/run/docker.sock"))

    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror("unknown")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(httpcore2.ConnectError, match="can't be resolved"):
        connect(GuardedBackend(allow_private=True), "nowhere.example", 80)


def test_retry_after_and_status() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert 90 < (parse_retry_after(later) or 0) <= 100
    assert parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert [parse_retry_after(text) for text in (None, "", "-5", "soon", "²")] == [None] * 5
    assert explain_status(503, "7").wait == 7
    assert explain_status(999, None).reason == "the server answered 999"
    assert not explain_status(403, "7").again


@given(st.integers(1, 40), st.floats(0.01, 5))
def test_delays_double_and_are_bounded(attempts: int, base: float) -> None:
    middle = min(base * 2 ** (attempts - 1), 60)
    assert 0.5 * middle <= choose_delay(attempts, base=base) <= 1.5 * middle


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.integers(0, 4), max_size=60), st.integers(1, 3), st.sampled_from([0.0, 1.0]), st.integers(0, 99))
def test_every_task_has_its_turn_and_every_host_its_limits(
    hosts: list[int], per_host: int, interval: float, seed: int
) -> None:
    """A simulation with random durations and failures, beside the limits that are to hold."""
    rng, clock = random.Random(seed), Clock()
    tasks = [Task(n, "", target=parse_address(f"http://h{host}.example/")) for n, host in enumerate(hosts)]
    schedule = Schedule(iter(tasks), per_host=per_host, interval=interval, clock=clock, window=7)
    running: list[tuple[float, Task]] = []
    done: list[int] = []
    started: dict[str, list[float]] = {}
    while running or not schedule.is_empty:
        while (task := schedule.take()) is not None:
            starts = started.setdefault(task.host, [])
            assert not starts or clock.now >= starts[-1] + interval
            starts.append(clock.now)
            running.append((clock.now + rng.random(), task))
            assert sum(other.host == task.host for _, other in running) <= per_host
        wait = schedule.time_until_ready()
        ends = [end for end, _ in running]
        assert ends or wait is not None
        clock.now = min([*ends, *([] if wait is None else [clock.now + wait + 1e-9])])
        for pair in [pair for pair in running if pair[0] <= clock.now]:
            running.remove(pair)
            schedule.finish(pair[1])
            if rng.random() < 0.3 and pair[1].attempts < 3:
                pair[1].attempts += 1
                schedule.put_back(pair[1], rng.random())
            else:
                done.append(pair[1].number)
    assert sorted(done) == list(range(len(hosts)))


def test_schedule_holds_few_of_many_and_lets_hosts_rest() -> None:
    read = 0

    def endless() -> object:
        nonlocal read
        while True:
            read += 1
            yield Task(read, "", target=parse_address(f"http://h{read % 2}.example/"))

    clock = Clock()
    schedule = Schedule(endless(), per_host=2, clock=clock, window=50)  # type: ignore[arg-type]
    taken = [schedule.take() for _ in range(4)]
    assert all(taken)
    assert schedule.take() is None
    assert read <= 55
    first = taken[0]
    assert first is not None
    schedule.rest(first.host, 10.0)
    schedule.finish(first)
    assert schedule.take() is None
    assert schedule.time_until_ready() == 10.0
    clock.now = 10.0
    again = schedule.take()
    assert again is not None
    assert again.host == first.host


@given(st.lists(st.binary(max_size=700), max_size=6), st.sampled_from(["zip", "tar"]), st.data())
def test_shard_cut_anywhere_is_taken_up(
    tmp_path_factory: pytest.TempPathFactory, files: list[bytes], kind: str, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("shard")
    part, whole = folder / "a.part", folder / f"a.{kind}"
    shard = open_shard(part, kind, [])  # type: ignore[arg-type]
    members = [shard.add(f"{number}.jpg", content) for number, content in enumerate(files)]
    shard.close()
    kept = data.draw(st.integers(0, len(members)))
    garbage = data.draw(st.binary(max_size=900))
    end = members[kept - 1].end if kept else 0
    part.write_bytes(part.read_bytes()[:end] + garbage)
    shard = open_shard(part, kind, members[:kept])  # type: ignore[arg-type]
    assert [shard.add(f"{number}.jpg", files[number]) for number in range(kept, len(files))] == members[kept:]
    shard.finish(whole)
    assert not part.exists()
    found: dict[str, bytes] = {}
    if kind == "zip":
        with zipfile.ZipFile(whole) as archive:
            assert archive.testzip() is None
            found = {name: archive.read(name) for name in archive.namelist()}
    else:
        with tarfile.open(whole) as tar:
            found = {item.name: tar.extractfile(item).read() for item in tar}  # type: ignore[union-attr]
    assert found == {f"{number}.jpg": content for number, content in enumerate(files)}


def test_unknown_shard_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="zip or tar"):
        open_shard(tmp_path / "a.part", "rar", [Member("a", 1, 1, 1)])  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["md5", "sha1", "sha256"])
def test_hashes_are_compared(kind: str) -> None:
    digest = hashlib.new(kind, b"abc").hexdigest()
    check_hash(b"abc", f" {digest.upper()} ")
    with pytest.raises(PictureError, match=kind):
        check_hash(b"abd", digest)


@pytest.mark.parametrize("kind", ["md5", "sha1", "sha256"])
def test_picture_has_its_sha256_whatever_it_was_compared_with(kind: str) -> None:
    data = draw(1)
    expected = hashlib.new(kind, data).hexdigest().upper()
    picture = examine_picture(data, expected=expected, max_side=None, limits=DecodeLimits())
    assert picture.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("text", ["", "abc", "z" * 64, "0" * 33])
def test_what_is_no_hash_is_told(text: str) -> None:
    with pytest.raises(PictureError, match="expected 64"):
        check_hash(b"abc", text)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_pictures_are_measured_and_shrunk(kind: str) -> None:
    data = draw(1, (300, 120), kind)
    kept = examine_picture(data, expected=None, max_side=None, limits=DecodeLimits())
    assert (kept.data, kept.width, kept.height, kept.scale) == (data, 300, 120, 1.0)
    small = examine_picture(data, expected=None, max_side=100, limits=DecodeLimits())
    assert (small.width, small.height, small.suffix) == (100, 40, ".jpg")
    assert decode_picture(small.data).shape == (40, 100, 3)
    assert small.scale == pytest.approx(1 / 3)
    assert small.sha256 == hashlib.sha256(small.data).hexdigest()


@given(st.integers(30, 2000))
def test_cut_pictures_are_noticed(length: int) -> None:
    data = draw(3, (200, 200))
    if length < len(data) - 2:
        with pytest.raises(DamagedPictureError):
            examine_picture(data[:length], expected=None, max_side=None, limits=DecodeLimits())


def test_large_pictures_are_refused_before_they_are_decoded() -> None:
    with pytest.raises(PictureError, match="at most 100 are decoded"):
        examine_picture(draw(1, kind="PNG"), expected=None, max_side=None, limits=DecodeLimits(max_pixels=100))


@pytest.mark.parametrize(
    "changes",
    [{"shards": "rar"}, {"shard_pictures": 0}, {"shard_bytes": 5_000_000_000}, {"max_side": 0}, {"timeout": 0},
     {"interval": -1}, {"back_off": float("nan")}, {"per_host": 0}, {"attempts": 0}],
)  # fmt: skip
def test_options_out_of_range_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ModisteError):
        FetchOptions(**changes)  # type: ignore[arg-type]
