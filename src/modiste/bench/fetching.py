"""Acceptance of fetching: a slow, faulty server, a kill in the middle, and a bare httpx loop beside it."""

from __future__ import annotations

import asyncio
import hashlib
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx2
import polars as pl

from modiste.bench.accept import Setting
from modiste.bench.picture_server import FAULTS, find_fault, is_good, make_picture, run_server
from modiste.bench.processes import Finished, run_modiste
from modiste.collect.fetching import FetchOptions, fetch_pictures
from modiste.evaluation import Report, Section, Target, render_table
from modiste.imaging import PictureSource, list_members
from modiste.manifest import Manifest

__all__ = ["PICTURES", "measure_fetching", "run"]

PICTURES = 20_000
_CONCURRENCY = 64
_LATENCY = 0.05  # seconds
_TIMEOUT = 3.0  # seconds, for both sides
_BACK_OFF = 0.2
_ATTEMPTS = 4
_LEAST_RATIO = 0.8
_ROUNDS = 3  # without faults, where the machine's own mood decides
_TIME_LIMIT = 3600.0
_REASONS = {
    "429": "429",
    "500": "500",
    "half body": "the connection ended before",
    "HTML page": "an HTML page",
    "hang": "no complete answer",
    "wrong hash": "its sha256 is not the expected one",
}


@dataclass(frozen=True)
class _Race:
    """One list, fetched by both.

    Args:
        pictures: Length of the list.
        bare: Seconds of the bare loop, one request a picture.
        bare_work: Seconds of processors that the bare loop needed; the server's are not counted.
        seconds: Seconds of modiste.
        work: Seconds of processors that modiste needed.
        requests: Requests that modiste needed.
    """

    pictures: int
    bare: float
    bare_work: float
    seconds: float
    work: float
    requests: int

    @property
    def ratio(self) -> float:
        """Requests a second, as a share of the bare loop's."""
        return (self.requests / self.seconds) / (self.pictures / self.bare)


@dataclass(frozen=True)
class _Verdict:
    """What is wrong with a finished folder.

    Args:
        missing: Good pictures that are not there, or not byte by byte.
        unexplained: Bad pictures without the reason that fits their fault.
        surplus: Members of shards beyond one a good picture.
        reasons: Reason -> how often.
    """

    missing: int
    unexplained: int
    surplus: int
    reasons: dict[str, int]


def run(setting: Setting) -> Report:
    """Fetch `PICTURES` pictures of about 50 kB from a server in a process of its own.

    Args:
        setting: Who is told.
    """
    return measure_fetching(setting, PICTURES)


def measure_fetching(setting: Setting, pictures: int, *, seed: int = 0, timeout: float = _TIMEOUT) -> Report:
    """Fetch a list without and with faults, each beside a bare loop, and once more with a kill in the middle.

    Args:
        setting: Who is told.
        pictures: Length of the list.
        seed: Of the kill's moment.
        timeout: Seconds that a request may take, for both sides; what hangs is waited for so long.
    """
    race = partial(_race, setting, pictures=pictures, timeout=timeout)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        rounds = [race(folder / f"clean-{number}", faulty=False)[0] for number in range(_ROUNDS)]
        clean = sorted(rounds, key=lambda race: race.ratio)[_ROUNDS // 2]
        faulty, verdict = race(folder / "faulty", faulty=True)
        moment = faulty.seconds * random.Random(seed).uniform(0.3, 0.7)  # noqa: S311  (nothing secret)
        killed, noted, resumed = _kill_and_go_on(setting, folder / "killed", pictures, moment, timeout)
    good = sum(map(is_good, range(pictures)))
    targets = [
        Target("rate, as a share of a bare httpx loop, no faults", _LEAST_RATIO, clean.ratio),
        Target("rate, as a share of a bare httpx loop, with faults", _LEAST_RATIO, faulty.ratio),
        Target("good pictures that did not arrive", 0, verdict.missing, at_least=False),
        Target("bad pictures without the right reason", 0, verdict.unexplained, at_least=False),
        Target("pictures noted before the kill and taken up after it, of those noted", noted, resumed),
        Target("good pictures that did not arrive, after the kill", 0, killed.missing, at_least=False),
        Target("pictures that stand twice in the shards, after the kill", 0, killed.surplus, at_least=False),
        Target("pictures noted at the kill", 1, noted),
    ]
    facts = {
        "data": f"{pictures} pictures of {len(make_picture(0)):,} bytes, made up; {good} of them can be had",
        "server": f"a process of its own on the same machine, {_LATENCY * 1000:.0f} ms before every answer",
        "faults": f"5 % each: {', '.join(FAULTS)}; of the 429, 500, half bodies and hangs four in five pass",
        "both sides": f"{_CONCURRENCY} requests at once, {timeout:g} s a request",
        "modiste": f"{_ATTEMPTS} attempts, every picture decoded and hashed, zip shards",
    }
    sections = [_show_races({"no faults": clean, "with faults": faulty}, rounds), _show_reasons(verdict)]
    sections.append(_show_kill(moment, noted, resumed, killed))
    return Report("Fetching from a slow, faulty server", facts, sections, targets)


def _race(setting: Setting, folder: Path, *, pictures: int, faulty: bool, timeout: float) -> tuple[_Race, _Verdict]:
    folder.mkdir()
    kind = "with faults" if faulty else "no faults"
    with run_server(latency=_LATENCY, faulty=faulty) as base:
        start, worked = time.perf_counter(), time.process_time()
        asyncio.run(_fetch_bare([f"{base}{number}.jpg" for number in range(pictures)], timeout))
        bare, bare_work = time.perf_counter() - start, time.process_time() - worked
    setting.say(f"{kind}: a bare httpx loop makes {pictures / bare:.0f} requests/s")
    with run_server(latency=_LATENCY, faulty=faulty) as base:
        table = _write_list(folder / "list.csv", base, pictures, faulty=faulty)
        options = FetchOptions(
            concurrency=_CONCURRENCY,
            per_host=_CONCURRENCY,
            timeout=timeout,
            attempts=_ATTEMPTS,
            back_off=_BACK_OFF,
            hash_column="sha256",
            allow_private=True,
        )
        start, worked = time.perf_counter(), time.process_time()
        summary = fetch_pictures(table, folder / "out", options=options)
        seconds, work = time.perf_counter() - start, time.process_time() - worked
    errors = _read_errors(folder / "out")
    # Every picture that arrived by itself took one request; of passing faults the first attempt failed.
    retried = sum(is_good(number) and find_fault(number) is not None for number in range(pictures)) if faulty else 0
    requests = summary.pictures + retried + int(errors["attempts"].sum())
    setting.say(f"{kind}: modiste makes {requests / seconds:.0f} requests/s, {summary.pictures} pictures arrived")
    race = _Race(pictures, bare, bare_work, seconds, work, requests)
    return race, _judge(folder / "out", pictures, faulty=faulty)


async def _fetch_bare(addresses: Sequence[str], timeout: float) -> Counter[str]:
    """Fetch every address once with nothing but httpx, and forget the bodies."""
    outcomes: Counter[str] = Counter()
    waiting = iter(addresses)
    limits = httpx2.Limits(max_connections=_CONCURRENCY, max_keepalive_connections=_CONCURRENCY)

    async def work(client: httpx2.AsyncClient) -> None:
        for address in waiting:
            try:
                response = await client.get(address)
                outcomes[str(response.status_code)] += 1
            except httpx2.HTTPError as error:
                outcomes[type(error).__name__] += 1

    async with httpx2.AsyncClient(limits=limits, timeout=timeout) as client:
        await asyncio.gather(*(work(client) for _ in range(_CONCURRENCY)))
    return outcomes


def _write_list(path: Path, base: str, pictures: int, *, faulty: bool) -> Path:
    rows = [(str(number), f"{base}{number}.jpg", _expect(number, faulty=faulty)) for number in range(pictures)]
    pl.DataFrame(rows, schema=["id", "image", "sha256"], orient="row").write_csv(path)
    return path


def _expect(number: int, *, faulty: bool) -> str:
    if faulty and find_fault(number) == "wrong hash":
        return "0" * 64
    return hashlib.sha256(make_picture(number)).hexdigest()


def _kill_and_go_on(
    setting: Setting, folder: Path, pictures: int, moment: float, timeout: float
) -> tuple[_Verdict, int, int]:
    """Kill the command at a moment, call it again; return the verdict, and the addresses noted and taken up."""
    folder.mkdir()
    words = ["data", "fetch", "list.csv", "out", "--hash-column", "sha256", "--allow-private", "--timeout"]
    words += [str(timeout), "--concurrency", str(_CONCURRENCY), "--per-host", str(_CONCURRENCY)]
    with run_server(latency=_LATENCY, faulty=True) as base:
        _write_list(folder / "list.csv", base, pictures, faulty=True)
        first = run_modiste(words, folder=folder, time_limit=moment)
        noted = _count_lines(folder.glob(".out.modiste/journal-*.jsonl"))
        setting.say(f"killed after {first.seconds:.1f} s with {noted} addresses noted")
        second = run_modiste(words, folder=folder, time_limit=_TIME_LIMIT)
    return _judge(folder / "out", pictures, faulty=True), noted, _find_resumed(second)


def _count_lines(journals: Iterable[Path]) -> int:
    return sum(journal.read_bytes().count(b"\n") for journal in journals)


def _find_resumed(finished: Finished) -> int:
    before, found, _ = finished.output.partition(" of them before")
    return int(before.rpartition(" ")[2]) if found else 0


def _judge(output: Path, pictures: int, *, faulty: bool) -> _Verdict:
    manifest = Manifest.read(output)
    good = [number for number in range(pictures) if not faulty or is_good(number)]
    arrived = dict(manifest.items.select("item_id", "image").rows())
    with PictureSource() as source:
        missing = sum(not _is_whole(source, arrived.get(str(number)), number) for number in good)
    said = dict(_read_errors(output).select("item_id", "reason").rows())
    bad = set(range(pictures)) - set(good)
    unexplained = sum(_REASONS[find_fault(number) or ""] not in said.get(str(number), "") for number in bad)
    return _Verdict(missing, unexplained, _count_members(output) - len(good), dict(Counter(said.values())))


def _read_errors(output: Path) -> pl.DataFrame:
    kinds = {"item_id": pl.String, "reason": pl.String, "attempts": pl.Int64}
    return pl.read_csv(output.with_name(output.name + ".errors.csv"), schema_overrides=kinds)


def _is_whole(source: PictureSource, reference: str | None, number: int) -> bool:
    return reference is not None and source.read(reference) == make_picture(number)


def _count_members(output: Path) -> int:
    return sum(len(list_members(shard)) for shard in output.glob("shard-*.zip"))


def _show_races(races: dict[str, _Race], rounds: Sequence[_Race]) -> Section:
    rows, data = [], {}
    for kind, race in races.items():
        bare, own = race.pictures / race.bare, race.requests / race.seconds
        costs = f"{1000 * race.bare_work / race.pictures:.2f} ms", f"{1000 * race.work / race.requests:.2f} ms"
        rows.append((kind, f"{bare:.0f}", f"{own:.0f}", f"{race.ratio:.2f}", *costs, race.requests))
        data[kind] = {"bare requests/s": round(bare, 1), "requests/s": round(own, 1), "ratio": round(race.ratio, 3)}
    costs_header = "bare, processor time a request", "modiste, processor time a request"
    header = ("list", "bare httpx, requests/s", "modiste, requests/s", "ratio", *costs_header, "modiste's requests")
    ratios = [race.ratio for race in rounds]
    note = f"Without faults: the median of {len(rounds)} rounds, whose ratios lie between {min(ratios):.2f} and "
    note += f"{max(ratios):.2f}. The bare loop forgets what it fetched; modiste decodes, hashes and keeps it."
    return Section("Rate", f"{render_table(header, rows)}\n\n{note}", data)


def _show_reasons(verdict: _Verdict) -> Section:
    rows = sorted(verdict.reasons.items(), key=lambda pair: -pair[1])
    return Section("What did not arrive", render_table(("reason", "addresses"), rows), verdict.reasons)


def _show_kill(moment: float, noted: int, resumed: int, verdict: _Verdict) -> Section:
    figures = {
        "killed after, s": round(moment, 1),
        "addresses noted then": noted,
        "taken up by the second call": resumed,
        "good pictures missing in the end": verdict.missing,
        "pictures there twice": verdict.surplus,
    }
    return Section("A kill in the middle", render_table(("", ""), figures.items()), figures)
