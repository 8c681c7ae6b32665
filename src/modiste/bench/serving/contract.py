"""Acceptance of the REST interface: thousands of requests an operation, and no answer that its document lacks."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2

from modiste.bench.accept import Setting
from modiste.bench.processes import list_options
from modiste.bench.serving.asking import MODES, Mode, ask_operation, list_operations
from modiste.bench.serving.serving_process import Served, run_server
from modiste.bench.serving.shop import draw_catalogue
from modiste.errors import import_extra
from modiste.evaluation import Report, Section, Target, render_table

__all__ = ["measure_contract", "run"]

_CASES: Final = 2_000  # an operation, half of each mode
_ITEMS: Final = 24
_LONGEST: Final = 600  # characters of a finding


@dataclass(frozen=True)
class _Asked:
    """What became of one operation in one mode: answers by status, what was found, seconds."""

    answers: Counter[int]
    finding: str
    seconds: float


def run(setting: Setting) -> Report:
    """Ask every operation of a server of a drawn shop.

    Args:
        setting: The bundle and the cores; no data is needed.

    Raises:
        MissingExtraError: Schemathesis is not installed.
    """
    return measure_contract(setting, cases=_CASES)


def measure_contract(setting: Setting, *, cases: int) -> Report:
    """Ask every operation what the document allows and what it does not.

    Args:
        setting: The bundle, the cores, and who is told.
        cases: Requests an operation; half of them are allowed, half are not.
    """
    schemathesis = import_extra("schemathesis", purpose="Asking whatever an OpenAPI document allows", extra="dev")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        place = draw_catalogue(folder / "shop", setting.open_bundle(), _ITEMS, threads=setting.threads)
        with run_server(place, folder, options=list_options(setting)) as server:
            schema = schemathesis.openapi.from_url(f"{server.address}/openapi.json", timeout=60)
            asked = {
                (method, path, mode): _ask(schema, method, path, mode, cases // 2, setting)
                for method, path in list_operations()
                for mode in MODES
            }
            healthy = _is_healthy(server)
            traces = server.read_log().count('"trace"')
    facts = {
        "data": f"a drawn shop of {_ITEMS} items; requests drawn by Schemathesis {schemathesis.__version__}",
        "requests": f"up to {cases} an operation: {cases // 2} that its document allows, {cases // 2} that it does not",
    }
    return Report("The REST interface and its document", facts, [_show(asked)], _list_targets(asked, healthy, traces))


def _ask(schema: Any, method: str, path: str, mode: Mode, cases: int, setting: Setting) -> _Asked:
    start, finding, answers = time.perf_counter(), "", Counter[int]()
    try:
        answers = ask_operation(schema, method, path, mode, cases)
    except Exception as error:  # whatever it is, the other operations are asked, too
        finding = f"{type(error).__name__}: {error}"[:_LONGEST]
    seconds = time.perf_counter() - start
    setting.say(f"{method} {path}, {mode}: {answers.total()} answers in {seconds:.0f} s {finding[:100]}")
    return _Asked(answers, finding, seconds)


def _is_healthy(server: Served) -> bool:
    paths = ("/health/ready", "/v1/catalogue", "/v1/items")
    return all(httpx2.get(f"{server.address}{path}", timeout=60).is_success for path in paths)


def _list_targets(asked: Mapping[tuple[str, str, Mode], _Asked], healthy: bool, traces: int) -> list[Target]:
    answers = Counter[int]()
    for one in asked.values():
        answers += one.answers
    failures = sum(count for status, count in answers.items() if status >= 500 and status != 503)
    return [
        Target(
            "operations, in a mode, with an answer that the document lacks",
            0,
            sum(bool(o.finding) for o in asked.values()),
            False,
        ),
        Target("answers of 5xx but 503", 0, failures, at_least=False),
        Target("tracebacks in the log", 0, traces, at_least=False),
        Target("the server answers afterwards", 1, float(healthy)),
    ]


def _show(asked: Mapping[tuple[str, str, Mode], _Asked]) -> Section:
    rows, data = [], {}
    for (method, path, mode), one in asked.items():
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(one.answers.items()))
        rows.append((f"`{method} {path}`", mode, one.answers.total(), statuses, f"{one.seconds:.0f} s"))
        data[f"{method} {path}, {mode}"] = {
            "answers": {str(status): count for status, count in one.answers.items()},
            "finding": one.finding,
        }
    findings = [f"\n\n`{one.finding}`" for one in asked.values() if one.finding]
    text = render_table(("operation", "requests", "answers", "by status", "time"), rows)
    return Section("Operations", f"{text}\n\nNo answers: there is no request of this kind.{''.join(findings)}", data)
