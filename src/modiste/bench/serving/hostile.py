"""Acceptance of the server's defence: 10,000 hostile uploads, what each costs, and whether all is as before."""

from __future__ import annotations

import io
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2

from modiste.bench.accept import Setting
from modiste.bench.processes import list_options
from modiste.bench.serving.process_facts import count_files, read_memory
from modiste.bench.serving.sending import Outcome, send_measured, send_upload
from modiste.bench.serving.serving_process import Served, run_server
from modiste.bench.serving.shop import draw_catalogue
from modiste.bench.serving.uploads import KINDS, draw_uploads
from modiste.evaluation import Report, Section, Target, render_table
from modiste.synthetic import draw_shop

__all__ = ["measure_uploads", "run"]

_UPLOADS: Final = 10_000
_SEED: Final = 0
_ITEMS: Final = 60
_LIMIT: Final = 5.0  # seconds of a request, so that slow senders do not take all day
_SLACK: Final = 5.0  # seconds beyond the limit that an upload may take
_CROWD: Final = 64  # slow senders at a time
_MOST_MEMORY: Final = (
    400.0  # MB beyond what the server has at rest: a picture of 40 million pixels is 120, some times over
)
_MOST_GROWTH: Final = 1.1  # times what the server had in the middle, at the end
_BATCHES: Final = 600.0  # seconds that some batches may take
_LOOKS: Final = 20  # at the server's memory; each time, batches that have ended are removed, as only some are kept
_MB: Final = 1e6
_SHOWN: Final = 20


@dataclass(frozen=True)
class _State:
    """The server before or after.

    Args:
        answers: What it says to questions that nobody should have changed.
        files: What lies around it.
        resident: Its memory, in bytes.
        open: Files and connections that it has open.
    """

    answers: Any
    files: frozenset[str]
    resident: int
    open: int


def run(setting: Setting) -> Report:
    """Send hostile uploads to a server of a drawn shop.

    Args:
        setting: The bundle and the cores; no data is needed.
    """
    return measure_uploads(setting, count=_UPLOADS)


def measure_uploads(setting: Setting, *, count: int, seed: int = _SEED, limit: float = _LIMIT) -> Report:
    """Send hostile uploads, the slow ones many at a time, and look at the server afterwards.

    Args:
        setting: The bundle, the cores, and who is told.
        count: How many.
        seed: The same seed sends the same ones.
        limit: Seconds that the server gives a request.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        place = draw_catalogue(folder / "shop", setting.open_bundle(), _ITEMS, threads=setting.threads)
        options = [*list_options(setting), "--max-seconds", str(limit)]
        with run_server(place, folder, options=options) as server:
            _warm_up(server)
            before = _look(server, folder)
            outcomes, looks, batches = _send_all(server, setting, count, seed, limit)
            after = _look(server, folder)
            log = server.read_log()
    facts = {
        "data": f"{count} uploads of {len(KINDS)} kinds, seed {seed}, to a drawn shop of {_ITEMS} items",
        "server": f"its own limits, but {limit:g} s a request; uploads one at a time, slow senders {_CROWD} at a time; "
        "64 pictures were tagged and one explained three times before",
    }
    targets = list(_list_targets(count, outcomes, before, after, batches, looks, log, limit))
    return Report(
        "Hostile uploads",
        facts,
        [_show_kinds(outcomes), _show_memory(before, looks), _show_findings(outcomes, batches)],
        targets,
    )


def _warm_up(server: Served) -> None:
    """Let the server run its network on as many pictures as it ever does at once: that memory is its own."""
    picture = _draw_jpeg()
    with httpx2.Client(base_url=server.address, timeout=60) as client:
        for _ in range(3):
            client.post("/v1/tag", files=[("pictures", ("a.jpg", picture))] * 64).raise_for_status()
            client.post("/v1/explain?field=articleType", content=picture, headers={"content-type": "image/jpeg"}).read()


def _send_all(
    server: Served, setting: Setting, count: int, seed: int, limit: float
) -> tuple[list[Outcome], list[int], Counter[str]]:
    """Send all; return what became of each, the server's memory from time to time, and how batches ended."""
    # Twice the limit is what a request may take that is given up while a thread still works for it.
    patience = 2 * limit + _SLACK
    outcomes: list[Outcome] = []
    looks, batches, waiting = [], Counter[str](), []
    for number, upload in enumerate(draw_uploads(count, seed=seed, good=_draw_jpeg()), start=1):
        if upload.pause:
            waiting.append(upload)
        else:
            outcomes.append(send_measured(server, upload, patience=patience))
        if number % max(1, count // _LOOKS) == 0:
            batches += _settle(server)
            looks.append(read_memory(server.process).resident)
            wrong = sum(not one.is_fine for one in outcomes)
            setting.say(f"{number} of {count} uploads, {wrong} answered wrongly; {looks[-1] / _MB:.0f} MB")
    with ThreadPoolExecutor(_CROWD, "slow") as slow:
        outcomes += slow.map(lambda upload: send_upload(server.port, upload, patience=patience), waiting)
    return outcomes, looks, batches + _settle(server)


def _draw_jpeg() -> bytes:
    file = io.BytesIO()
    next(iter(draw_shop(1, seed=3, size=(60, 80)))).picture.save(file, "JPEG", quality=92)
    return file.getvalue()


def _settle(server: Served) -> Counter[str]:
    """Wait until no batch is under way, and remove them all; return how they ended, and of those that failed why."""
    until = time.monotonic() + _BATCHES
    with httpx2.Client(base_url=server.address, timeout=60) as client:
        while True:
            jobs = client.get("/v1/jobs").json()["jobs"]
            if time.monotonic() > until or not any(job["status"] in ("waiting", "running") for job in jobs):
                break
            time.sleep(0.2)
        for job in jobs:
            client.delete(f"/v1/jobs/{job['id']}").raise_for_status()
    return Counter(_name_end(job) for job in jobs)


def _name_end(job: dict[str, Any]) -> str:
    problem = job["problem"]
    return job["status"] if problem is None else f"{job['status']}: {problem['type']}"


def _look(server: Served, folder: Path) -> _State:
    memory = read_memory(server.process).resident
    return _State(_ask(server), frozenset(_list_files(folder)), memory, count_files(server.process))


def _ask(server: Served) -> Any:
    """Ask what nobody should have changed: tags, searches, items, the catalogue."""
    with httpx2.Client(base_url=server.address, timeout=60) as client:
        tags = client.post("/v1/tag", content=_draw_jpeg(), headers={"content-type": "image/jpeg"}).json()["pictures"]
        searches = [client.get("/v1/search", params={"text": text, "k": 20}).json() for text in ("red dress", "shoes")]
        items = client.get("/v1/items", params={"limit": 200}).json()
        known = client.get("/v1/catalogue").json()
    hits = [[(hit["item_id"], hit["score"]) for hit in search["hits"]] for search in searches]
    return tags, hits, items, known["items"]


def _list_files(folder: Path) -> Iterator[str]:
    """List what lies in and around the server's folder, but what it may write: its state, its log, a cache."""
    for path in folder.rglob("*"):
        inside = path.relative_to(folder).parts
        if (
            inside[0] not in ("state", "server.log")
            and "cache" not in inside
            and not path.name.startswith("catalogue.sqlite-")
        ):
            yield "/".join(inside)
    for path in (folder / "state").rglob("*"):
        if path.is_symlink():
            yield f"a link: {path.relative_to(folder)}"
    for outside in (folder.parent, Path("/"), Path("/etc"), Path.cwd(), Path.cwd().parent, Path.home()):
        yield from (str(path) for path in outside.glob("*escape*"))


def _list_targets(
    count: int,
    outcomes: Sequence[Outcome],
    before: _State,
    after: _State,
    batches: Counter[str],
    looks: Sequence[int],
    log: str,
    limit: float,
) -> Iterator[Target]:
    def none(name: str, seen: int) -> Target:
        return Target(name, 0, seen, at_least=False)

    yield Target("uploads", count, len(outcomes))
    yield none("answers of 5xx but 503", sum(_is_failure(one.status) for one in outcomes))
    yield none("uploads without an answer that is due, or with another one", sum(not one.is_fine for one in outcomes))
    yield none("tracebacks in the log", log.count('"trace"'))
    yield none("batches that failed without a reason, or never ended", _count_strange(batches))
    most = max(one.cost for one in outcomes) / _MB
    yield Target("the most memory that an upload cost", _MOST_MEMORY, most, at_least=False, unit="MB")
    growth = looks[-1] / looks[len(looks) // 2]
    yield Target("the server's memory at the end, times that in the middle", _MOST_GROWTH, growth, at_least=False)
    slowest = max(one.seconds for one in outcomes)
    yield Target("the longest that an upload took", limit + _SLACK, slowest, at_least=False, unit="s")
    yield none("files outside the server's folders", len(after.files - before.files))
    yield none("answers that differ from before", sum(map(_differs, before.answers, after.answers)))
    yield Target("files and connections left open", 10, after.open - before.open, at_least=False)


def _is_failure(status: int | None) -> bool:
    return status is not None and status >= 500 and status != 503


def _count_strange(batches: Counter[str]) -> int:
    return sum(count for end, count in batches.items() if end in ("waiting", "running") or end.endswith("/failed"))


def _differs(one: object, other: object) -> bool:
    return one != other


def _show_kinds(outcomes: Iterable[Outcome]) -> Section:
    by_kind: dict[str, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        by_kind[one.kind].append(one)
    rows, data = [], {}
    for kind, some in by_kind.items():
        answers = Counter("none" if one.status is None else str(one.status) for one in some)
        seconds = [one.seconds for one in some]
        memory = max(one.cost for one in some) / _MB
        rows.append(
            (
                kind,
                len(some),
                ", ".join(f"{status}: {number}" for status, number in sorted(answers.items())),
                f"{1000 * statistics.median(seconds):.0f} ms",
                f"{max(seconds):.2f} s",
                f"{memory:.0f} MB" if any(one.cost for one in some) else "",
            )
        )
        data[kind] = {
            "answers": dict(answers),
            "median": statistics.median(seconds),
            "longest": max(seconds),
            "MB": memory,
        }
    header = ("what is tried", "uploads", "answers", "median", "longest", "memory at most")
    note = (
        "`none`: the sender hung up, or the connection was closed while it still sent. Memory: the server's peak "
        "during an upload, beyond what it had just before; what a batch needs meanwhile is in it."
    )
    return Section("What each kind costs", f"{render_table(header, rows)}\n\n{note}", data)


def _show_memory(before: _State, looks: Sequence[int]) -> Section:
    figures = ", ".join(f"{one / _MB:.0f}" for one in looks)
    text = f"Resident before the first upload: {before.resident / _MB:.0f} MB; then, at equal distances: {figures} MB."
    return Section("The server's memory", text, {"before": before.resident, "looks": list(looks)})


def _show_findings(outcomes: Iterable[Outcome], batches: Counter[str]) -> Section:
    wrong = [f"{one.kind}: {one.status}, {one.seconds:.1f} s: {one.said}" for one in outcomes if not one.is_fine]
    rows = [(end, number) for end, number in sorted(batches.items())]
    text = render_table(("batches ended as", "number"), rows) + "".join(f"\n\n`{line}`" for line in wrong[:_SHOWN])
    return Section("Batches, and what is wrong", text, {"batches": dict(batches), "wrong": wrong[:_SHOWN]})
