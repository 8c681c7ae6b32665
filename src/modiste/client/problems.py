"""Answers that are no success, as exceptions."""

from __future__ import annotations

from typing import Any, Final

from modiste.client.reading import read_shape
from modiste.client.receiving import Reply
from modiste.client.shapes.problem import Problem
from modiste.errors import AnswerError, BusyError, KeyRefusedError, NotFoundError, ServerProblemError

__all__ = ["build_error", "raise_problem"]

_PROBLEM: Final = "application/problem+json"
_CLASSES: Final[dict[int, type[ServerProblemError]]] = {
    401: KeyRefusedError,
    403: KeyRefusedError,
    404: NotFoundError,
    429: BusyError,
    503: BusyError,
}
_KEY: Final = "Give the client a key: Client(key=...), or the environment variable MODISTE_KEY"


def build_error(reply: Reply, waited: float = 0.0) -> ServerProblemError:
    """Return the exception that an answer is.

    Args:
        reply: An answer that is no success.
        waited: Seconds that were waited for a better one.
    """
    said = _read_problem(reply)
    detail = said.detail + (f"; {waited:.0f} seconds were waited" if waited else "")
    request_id = reply.headers.get("x-request-id")
    facts: dict[str, Any] = {"status": reply.status, "kind": said.kind, "request_id": request_id}
    following = _KEY if said.kind == "key-missing" else said.next
    if reply.status == 500 and request_id:
        following = f"Tell whoever runs the server the request's id: {request_id}"
    chosen = _CLASSES.get(reply.status, ServerProblemError)
    return chosen(reply.asked, detail=detail, next=following, **facts)


def raise_problem(asked: str, problem: Problem) -> None:
    """Raise what a server said in the place of one answer of many."""
    chosen = _CLASSES.get(problem.status, ServerProblemError)
    raise chosen(asked, status=problem.status, kind=problem.kind, detail=problem.detail, next=problem.next)


def _read_problem(reply: Reply) -> Problem:
    if reply.type == _PROBLEM:
        try:
            return read_shape(Problem, reply.read_json())
        except AnswerError as error:
            return _make_problem(reply, str(error))
    where = reply.headers.get("location")
    if where is not None:
        return _make_problem(reply, f"it leads on to {where[:200]}, and is not followed")
    return _make_problem(reply, f"the answer is {reply.type or 'of no type'}, no problem that modiste describes")


def _make_problem(reply: Reply, detail: str) -> Problem:
    following = "Check the address, and what stands before the server"
    return Problem("http", "The answer is of another program", reply.status, detail, following)
