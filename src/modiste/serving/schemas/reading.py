"""Shapes out of JSON that a form brings as text, and out of what an address says."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from modiste.serving.problems import ProblemError

__all__ = ["check_shape", "read_shape"]

_Shape = TypeVar("_Shape", bound=BaseModel)
_SHOWN = 300


def read_shape(shape: type[_Shape], text: str | bytes) -> _Shape:
    """Read a shape from JSON.

    Raises:
        ProblemError: It is no JSON, or does not have the shape.
    """
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProblemError("invalid", f"the body is no JSON: {str(error)[:_SHOWN]}") from error
    return check_shape(shape, data, "body")


def check_shape(shape: type[_Shape], data: Any, where: str) -> _Shape:
    """Read a shape from plain data.

    Args:
        shape: The shape.
        data: What may have it.
        where: Where it came from, for those who sent it: ``"body"`` or ``"query"``.

    Raises:
        ProblemError: It does not have the shape.
    """
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        raise _explain(error.errors()[:10], where) from error
    except RecursionError as error:
        raise ProblemError("invalid", f"{where} is nested too deeply") from error


def _explain(errors: Iterable[Any], where: str) -> ProblemError:
    places = [
        {"where": ".".join(map(str, (where, *one["loc"])))[:_SHOWN], "reason": one["msg"][:_SHOWN]} for one in errors
    ]
    told = "; ".join(f"{one['where']}: {one['reason']}" for one in places)
    return ProblemError("invalid", told[:2_000], more={"places": places})
