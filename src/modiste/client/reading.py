"""From plain JSON types to the dataclasses of `modiste.client.shapes`."""

from __future__ import annotations

import dataclasses
import functools
import types
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from modiste.errors import AnswerError

__all__ = ["read_shape"]

_Shape = TypeVar("_Shape")


def read_shape(shape: type[_Shape], data: Any, where: str = "the answer") -> _Shape:
    """Read what a server sent.

    Args:
        shape: A dataclass of `modiste.client.shapes`.
        data: Plain JSON types.
        where: What the data is, for errors.

    Returns:
        The dataclass. Members that it does not know are left out: a newer server may say more.

    Raises:
        AnswerError: Something is missing or of another type.

    Example:
        >>> from modiste.client.shapes.items import Variant
        >>> read_shape(Variant, {"size": "M", "stock": 3, "colour": "said by a newer server"})
        Variant(size='M', stock=3)
    """
    if not isinstance(data, dict):
        raise _complain(where, shape.__name__, data)
    told: dict[str, Any] = {}
    for name, kind, is_needed in _list_members(shape):  # type: ignore[arg-type]  # a class can be hashed
        if name in data:
            told[name] = _read(kind, data[name], f"{where}.{name}")
        elif is_needed:
            raise AnswerError(
                f"{where} has no {name!r}; expected it in {shape.__name__}. "
                "The server is of another version: install the same version of modiste here and there"
            )
    return shape(**told)


@functools.cache
def _list_members(shape: Any) -> tuple[tuple[str, Any, bool], ...]:
    hints = get_type_hints(shape)
    missing = dataclasses.MISSING
    return tuple(
        (one.name, hints[one.name], one.default is missing and one.default_factory is missing)
        for one in dataclasses.fields(shape)
    )


def _read(kind: Any, data: Any, where: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        if data is None:
            return None
        (kind,) = (one for one in get_args(kind) if one is not types.NoneType)
        return _read(kind, data, where)
    if origin is tuple:
        if not isinstance(data, list):
            raise _complain(where, "a list", data)
        item = get_args(kind)[0]
        return tuple(_read(item, one, f"{where}[{place}]") for place, one in enumerate(data))
    if origin is dict:
        if not isinstance(data, dict):
            raise _complain(where, "an object", data)
        value = get_args(kind)[1]
        return {name: _read(value, one, f"{where}.{name}") for name, one in data.items()}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return read_shape(kind, data, where)
    return _read_plain(str if origin is Literal else kind, data, where)


def _read_plain(kind: Any, data: Any, where: str) -> Any:
    if kind is Any:
        return data
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    # True is an int for Python, and no number for anybody else.
    if not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        raise _complain(where, kind.__name__, data)
    return data


def _complain(where: str, expected: str, given: Any) -> AnswerError:
    return AnswerError(
        f"{where} is {str(given)[:100]!r}; expected {expected}. "
        "Check that a server of modiste is at this address, and of the same version"
    )
