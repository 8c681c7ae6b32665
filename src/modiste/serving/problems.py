"""Everything that goes wrong, as ``application/problem+json`` (RFC 9457): what happened, and what to do next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from modiste.errors import (
    BundleError,
    CatalogueError,
    FilterError,
    MissingExtraError,
    ModisteError,
    PictureError,
    SourceError,
    UnknownNameError,
    UsageError,
)

__all__ = ["KINDS", "MEDIA_TYPE", "ProblemError", "ProblemKind", "describe_error", "handle_problems", "to_response"]

MEDIA_TYPE: Final = "application/problem+json"
_SHOWN: Final = 500  # characters of what a stranger sent that are repeated to him


class ProblemKind(NamedTuple):
    """A kind of problem: its HTTP status, its title, and what helps."""

    status: int
    title: str
    next: str


KINDS: Final[Mapping[str, ProblemKind]] = {
    "bad-request": ProblemKind(
        400, "The request contradicts itself", "Correct what the detail names, and send it again."
    ),
    "bad-filter": ProblemKind(
        400, "The filter can't be read", "Write it as in: price <= 1500 and size = 'M' and stock > 0"
    ),
    "key-missing": ProblemKind(401, "A key is needed", "Send the header: Authorization: Bearer KEY"),
    "not-allowed": ProblemKind(403, "This is not allowed", "Ask whoever runs the server for a key that may do it."),
    "not-found": ProblemKind(404, "There is no such thing", "Check the address; GET /openapi.json lists all of them."),
    "wrong-method": ProblemKind(405, "This can't be done here", "Use a method that the header Allow names."),
    "too-slow-body": ProblemKind(408, "The body came too slowly", "Send it again, or send less at a time."),
    "conflict": ProblemKind(409, "The catalogue does not fit the request", "Read it anew, then try again."),
    "too-large": ProblemKind(413, "The body is too large", "Send fewer or smaller pictures; POST /v1/jobs takes more."),
    "wrong-type": ProblemKind(
        415, "The body is of another type", "Send a picture as image/*, several as multipart/form-data, or JSON."
    ),
    "invalid": ProblemKind(422, "A value is not what is expected", "Correct the values that the detail names."),
    "bad-picture": ProblemKind(
        422, "The picture can't be read", "Send a whole JPEG, PNG, WebP, GIF, BMP or TIFF file within the limits."
    ),
    "too-many": ProblemKind(429, "Too many requests", "Wait as long as the header Retry-After says, then try again."),
    "too-long": ProblemKind(
        431, "The address or the headers are too long", "Shorten them; what is long goes into the body of a POST."
    ),
    "failed": ProblemKind(500, "The server failed", "Tell whoever runs it the request's id: it is in the log."),
    "overloaded": ProblemKind(
        503, "The server has its hands full", "Wait as long as the header Retry-After says, then try again."
    ),
    "too-slow": ProblemKind(503, "This took too long", "Ask for less at a time, or try again later."),
}
# The first class that fits says the kind.
_ERRORS: Final[tuple[tuple[type[ModisteError], str], ...]] = (
    (FilterError, "bad-filter"),
    (UnknownNameError, "invalid"),
    (MissingExtraError, "failed"),
    (UsageError, "bad-request"),
    (PictureError, "bad-picture"),
    (SourceError, "invalid"),
    (CatalogueError, "conflict"),
    (BundleError, "failed"),
)
_BY_STATUS: Final = {400: "bad-request", 404: "not-found", 405: "wrong-method", 413: "too-large", 415: "wrong-type"}


class ProblemError(HTTPException):
    """A problem to answer with.

    Args:
        kind: Its name in `KINDS`.
        detail: What was given, and what was expected.
        next: What helps; by default what the kind says.
        headers: Of the answer, such as ``Retry-After``.
        more: Further members of the answer.
    """

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        next: str = "",
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(KINDS[kind].status, detail, dict(headers or {}))
        self.kind, self.next, self.more = kind, next, dict(more or {})

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.status_code

    def to_json(self) -> dict[str, Any]:
        """Return the problem as plain JSON types."""
        kind = KINDS[self.kind]
        return {
            "type": f"/problems/{self.kind}",
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail,
            "next": self.next or kind.next,
            **self.more,
        }


def describe_error(error: ModisteError) -> ProblemError:
    """Return the problem that an error of modiste is.

    Example:
        >>> describe_error(PictureError("the file is empty")).to_json()["status"]
        422
    """
    name = next((name for kind, name in _ERRORS if isinstance(error, kind)), "failed")
    return ProblemError(name, str(error)[: 4 * _SHOWN])


def to_response(problem: ProblemError) -> Response:
    """Return the answer that tells a problem."""
    text = json.dumps(problem.to_json(), ensure_ascii=False).encode("utf-8", "replace")
    return Response(text, problem.status, headers=dict(problem.headers or {}), media_type=MEDIA_TYPE)


def handle_problems(app: FastAPI) -> None:
    """Make an application answer every error with a problem."""
    app.add_exception_handler(ProblemError, _answer_problem)  # type: ignore[arg-type]
    app.add_exception_handler(ModisteError, _answer_error)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _answer_http)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _answer_invalid)  # type: ignore[arg-type]


def _answer_problem(_: Request, problem: ProblemError) -> Response:
    return to_response(problem)


def _answer_error(_: Request, error: ModisteError) -> Response:
    return to_response(describe_error(error))


def _answer_http(request: Request, error: HTTPException) -> Response:
    kind = _BY_STATUS.get(error.status_code, "bad-request")
    detail = {
        "not-found": f"there is nothing at {request.url.path[:_SHOWN]}",
        "wrong-method": f"{request.method} is not possible at {request.url.path[:_SHOWN]}",
    }.get(kind, str(error.detail)[:_SHOWN])
    return to_response(ProblemError(kind, detail, headers=error.headers or {}))


def _answer_invalid(_: Request, error: RequestValidationError) -> Response:
    places = [_describe_place(one) for one in error.errors()[:10]]
    detail = "; ".join(f"{place['where']}: {place['reason']}" for place in places) or "the request can't be read"
    return to_response(ProblemError("invalid", detail[: 4 * _SHOWN], more={"places": places}))


def _describe_place(one: Mapping[str, Any]) -> dict[str, str]:
    # The value itself is left out: it may be long, and it is the sender's own.
    where = ".".join(str(part) for part in one["loc"])
    return {"where": where[:_SHOWN], "reason": str(one["msg"])[:_SHOWN]}
