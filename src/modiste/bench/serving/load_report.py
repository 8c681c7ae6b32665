"""The report of a server under load: targets, tables, and what they mean."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from typing import Final

from modiste.bench.material import Material
from modiste.bench.serving.lanes import LaneResult
from modiste.bench.serving.load_figures import CLIENTS, TAG, VECTOR, WORDS, Measured, join_lanes
from modiste.bench.serving.measuring import Load
from modiste.evaluation import Report, Section, Target, render_table

__all__ = ["report_load"]

_LEAST_SHARE: Final = 0.5
_LEAST_RATE: Final = 300.0
_MOST_TAIL: Final = 8.0  # times the median
_MOST_SEARCH: Final = 50.0  # milliseconds
_MOST_FLOODED: Final = 2000.0


def report_load(seen: Measured, material: Material, *, rounds: int, seconds: float, flood: int) -> Report:
    """Return the report of a measurement.

    Args:
        seen: What was measured.
        material: The pictures.
        rounds: How often.
        seconds: That each kind of request was asked for in a round.
        flood: How many clients were too many.
    """
    crowd = max(load.crowd_share for loads in seen.loads.values() for load in loads)
    facts = {
        "data": f"{material.data}; the catalogue of all of them",
        "picture size": material.sizes,
        "server": "`modiste serve`, one process, its own settings, on the loopback, every request logged",
        "clients": ", ".join(f"{count} for {name}" for name, count in CLIENTS.items())
        + f"; each asks again when it has its answer; {rounds} rounds of {seconds:g} s each",
        "the clients' share": f"at most {crowd:.0%} of the time of the cores, which are the server's, too",
    }
    sections = [_show_rates(seen), _show_batch(seen), _show_floods(seen, flood), _show_review(seen)]
    return Report("Serving a catalogue of 40,000 products", facts, sections, list(_list_targets(seen, flood)))


def _list_targets(seen: Measured, clients: int) -> Iterator[Target]:
    tagged = seen.join(TAG)
    yield Target("tagging, 16 clients, share of the batch pipeline", _LEAST_SHARE, statistics.median(seen.shares))
    tail = tagged.quantile(0.99) / tagged.quantile(0.5)
    yield Target("tagging, 16 clients, p99 as times p50", _MOST_TAIL, tail, at_least=False)
    for name in (VECTOR, WORDS):
        yield Target(name, _LEAST_RATE, seen.rate(name), unit="/s")
        yield Target(f"{name}, p99", _MOST_SEARCH, seen.join(name).quantile(0.99), at_least=False, unit="ms")
    failed = [one for name in seen.loads for one in (seen.join(name),)]
    yield Target("requests that failed, below overload", 0, sum(map(_count_failures, failed)), at_least=False)
    for name, load in seen.floods.items():
        whole, label = join_lanes(load), f"{clients} clients that {name}"
        yield Target(f"{label}: connections that failed, requests without an answer", 0, _count_lost(whole), False)
        yield Target(f"{label}: answers but 2xx, 429 and 503", 0, _count_strange(whole), at_least=False)
        yield Target(f"{label}: refusals without Retry-After", 0, whole.bare, at_least=False)
        yield Target(f"{label}: p99 of those served", _MOST_FLOODED, whole.quantile(0.99), at_least=False, unit="ms")


def _count_lost(result: LaneResult) -> int:
    return result.errors + result.unanswered


def _count_strange(result: LaneResult) -> int:
    return sum(count for status, count in result.statuses.items() if status[0] != "2" and status not in ("429", "503"))


def _count_failures(result: LaneResult) -> int:
    return _count_lost(result) + _count_strange(result) + len(result.refused)


def _make_plain(figure: float) -> float | None:
    return None if math.isnan(figure) else round(figure, 3)


_HEADER: Final = (
    "",
    "clients",
    "a second",
    "round by round",
    "p50",
    "p95",
    "p99",
    "a core",
    "cores busy",
    "clients' share",
)


def _show_rates(seen: Measured) -> Section:
    rows, data = [], {}
    for suffix, all_loads in (("", seen.loads), (", 2 processes", seen.doubled)):
        for name, loads in all_loads.items():
            row, figures = _describe(name, loads)
            rows.append((f"{name}{suffix}", *row))
            data[f"{name}{suffix}"] = figures
    text = (
        f"{render_table(_HEADER, rows)}\n\n`a core`: answers for each second of a processor that the server needed, "
        "that is what one core serves of this alone. `clients' share`: of the time of all cores. `2 processes`: of "
        "`modiste serve --workers 2`."
    )
    return Section("Requests a second, and capacity per core", text, data)


def _describe(name: str, loads: Sequence[Load]) -> tuple[list[object], dict[str, object]]:
    """Return the cells of a row, and the same as figures."""
    whole, rates = LaneResult.join([load.lanes[name] for load in loads]), [load.rate(name) for load in loads]
    cores = statistics.median(load.server_work / load.wall for load in loads)
    per_core = statistics.median(load.per_core for load in loads)
    quantiles = {f"p{100 * share:.0f}": whole.quantile(share) for share in (0.5, 0.95, 0.99)}
    crowd = statistics.median(load.crowd_share for load in loads)
    row: list[object] = [CLIENTS[name], f"{statistics.median(rates):.0f}", f"{min(rates):.0f} to {max(rates):.0f}"]
    row += [f"{one:.1f} ms" for one in quantiles.values()]
    row += [f"{per_core:.0f}", f"{cores:.2f}", f"{crowd:.1%}"]
    figures: dict[str, object] = {
        "rates": [round(rate, 2) for rate in rates],
        **{key: _make_plain(one) for key, one in quantiles.items()},
        "per_core": round(per_core, 2),
        "cores": round(cores, 3),
        "crowd": round(crowd, 4),
    }
    return row, figures


def _show_batch(seen: Measured) -> Section:
    rates = [seen.pictures / seconds for seconds in seen.batch]
    text = (
        f"The batch pipeline (`modiste tag`, {seen.pictures} pictures a round, in turns with the server) tags "
        f"{statistics.median(rates):.0f} pictures a second ({min(rates):.0f} to {max(rates):.0f}); the server's "
        f"rate as a share of it, round by round: {', '.join(f'{one:.2f}' for one in seen.shares)}."
    )
    return Section("Beside the batch pipeline", text, {"rates": rates, "shares": seen.shares})


def _show_floods(seen: Measured, clients: int) -> Section:
    rows, data = [], {}
    for name, load in seen.floods.items():
        whole = join_lanes(load)
        rate = sum(load.rate(lane) for lane in load.lanes)
        refused = statistics.median(whole.refused) if whole.refused else math.nan
        rows.append(
            (
                name,
                f"{rate:.0f}",
                *(f"{whole.quantile(share):.0f} ms" for share in (0.5, 0.99, 1.0)),
                len(whole.refused),
                f"{refused:.0f} ms",
                whole.errors + whole.unanswered,
            )
        )
        data[name] = {
            "statuses": whole.statuses,
            "rate": rate,
            "p99": _make_plain(whole.quantile(0.99)),
            "notes": whole.notes[:5],
        }
    header = ("refused clients", "served a second", "p50", "p99", "longest", "refused", "a refusal takes", "lost")
    text = f"{render_table(header, rows)}\n\n{clients} clients, half of them tag and half search by words. "
    text += f"The first request after them took {1000 * seen.recovery:.0f} ms."
    return Section("Too many clients", text, data)


def _show_review(seen: Measured) -> Section:
    later: Sequence[float] = seen.review[1:]
    text = (
        f"The first page of `/v1/review` (50 doubts, their pictures looked at again) takes {seen.review[0]:.2f} s, "
        f"since the whole catalogue is looked through; further ones {statistics.median(later):.2f} s "
        f"({min(later):.2f} to {max(later):.2f})."
    )
    return Section("The review queue", text, {"seconds": seen.review})
