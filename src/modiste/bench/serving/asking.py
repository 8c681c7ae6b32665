"""Requests that an OpenAPI document allows, and those that it does not: no answer to them may be one that it lacks.

Needs Schemathesis and Hypothesis (the extra ``dev``), which are imported when they are first used.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, Literal

from modiste.errors import import_extra
from modiste.serving import ServerSettings, create_app

__all__ = ["KEPT", "MODES", "Mode", "ask_operation", "list_operations"]

Mode = Literal["positive", "negative"]
MODES: Final[tuple[Mode, Mode]] = ("positive", "negative")
"""Requests that the document allows, and requests that it does not."""

KEPT: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
"""What every answer must keep to."""

_FEW: Final = 50  # so few cases are the same in every run
_PATIENCE: Final = 60  # seconds for an answer


def list_operations() -> list[tuple[str, str]]:
    """Return method and path of everything that the document describes."""
    paths = create_app(ServerSettings("none")).openapi()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


def ask_operation(schema: Any, method: str, path: str, mode: Mode, cases: int) -> Counter[int]:
    """Ask one operation many times, and hold every answer against the document.

    Args:
        schema: Schemathesis's, of a server that runs.
        method: In capital letters.
        path: As the document has it.
        mode: Whether what is asked is allowed.
        cases: How many requests.

    Returns:
        How many answers had which status; nothing where the operation has no request of this mode.

    Raises:
        AssertionError: An answer does not keep to the document (Schemathesis's own error, which tells the request).
        MissingExtraError: Schemathesis is not installed.
    """
    schemathesis = _import("schemathesis")
    hypothesis = _import("hypothesis")
    operation, seen = schema[path][method], Counter[int]()
    checks = _list_checks()

    def ask(case: Any) -> None:
        seen[case.call_and_validate(checks=checks, timeout=_PATIENCE).status_code] += 1

    settings = hypothesis.settings(
        max_examples=cases,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
        derandomize=cases <= _FEW,
        database=None,
    )
    strategy = operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode))
    try:
        settings(hypothesis.given(strategy)(ask))()
    except Exception as error:
        if "Unsatisfiable" not in type(error).__name__ and "no way to" not in str(error):
            raise
    return seen


def _import(module: str) -> Any:
    return import_extra(module, purpose="Asking whatever an OpenAPI document allows", extra="dev")


def _list_checks() -> list[Any]:
    found = {
        **vars(_import("schemathesis.checks")),
        **vars(_import("schemathesis.specs.openapi.checks")),
    }
    return [found[name] for name in KEPT]
