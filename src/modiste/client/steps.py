"""A call as steps: what is to be sent, how long to wait, what came of it; who sends it is another matter.

Each verb of the client is written once, as a generator that yields `Exchange` and `Pause` and is told what came of
them. `modiste.client.sending` carries the steps out, in a thread or in an event loop: nothing else differs.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Self, TypeAlias, TypeVar, overload

import httpx2

from modiste.client.receiving import Reply

if TYPE_CHECKING:
    from modiste.client.sending import AsyncSender, SyncSender

__all__ = ["Exchange", "Flow", "Pause", "Series", "Steps", "Told", "Verb", "series", "take_step", "tell_end", "verb"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True)
class Exchange:
    """A request to be sent.

    Args:
        draft: The arguments of httpx2's ``build_request``.
        reply: Takes the answer as it comes.
    """

    draft: dict[str, Any]
    reply: Reply


@dataclass(frozen=True)
class Pause:
    """A wait, in seconds."""

    seconds: float


@dataclass(frozen=True)
class Told(Generic[_T]):
    """One value of many, for whoever iterates over them."""

    value: _T


Outcome: TypeAlias = httpx2.RequestError | OSError | None
"""What a step comes back with: None where it was done (its `Reply` holds the answer), else why it was not."""

Steps: TypeAlias = Generator[Exchange | Pause, Outcome, _T]
"""The steps of a call that gives one value."""

Flow: TypeAlias = Generator[Exchange | Pause | Told[_T], Outcome, None]
"""The steps of a call that gives one value after the other."""


class _Method:
    def __call__(self, client: Any, *given: Any, **options: Any) -> Any:
        """Call it as ``Client.tag(client, ...)``; this also shows its parameters to ``help(Client.tag)``."""
        return self.__get__(client, type(client))(*given, **options)  # type: ignore[attr-defined]


class Verb(_Method, Generic[_P, _T]):
    """A method that is written once, as steps: a `Client` carries it out, an `AsyncClient` is awaited.

    Args:
        steps: The method.
    """

    def __init__(self, steps: Callable[Concatenate[Any, _P], Steps[_T]]) -> None:
        self.steps = steps
        functools.update_wrapper(self, steps)

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...
    @overload
    def __get__(self, client: SyncSender, owner: type) -> Callable[_P, _T]: ...
    @overload
    def __get__(self, client: AsyncSender, owner: type) -> Callable[_P, Coroutine[Any, Any, _T]]: ...
    def __get__(self, client: Any, owner: type) -> Any:
        """Return the method of a client."""
        return self if client is None else _bind(self.steps, client, client.carry_out)


class Series(_Method, Generic[_P, _T]):
    """A method that gives one value after the other: a `Client` with ``for``, an `AsyncClient` with ``async for``.

    Args:
        steps: The method.
    """

    def __init__(self, steps: Callable[Concatenate[Any, _P], Flow[_T]]) -> None:
        self.steps = steps
        functools.update_wrapper(self, steps)

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...
    @overload
    def __get__(self, client: SyncSender, owner: type) -> Callable[_P, Iterator[_T]]: ...
    @overload
    def __get__(self, client: AsyncSender, owner: type) -> Callable[_P, AsyncIterator[_T]]: ...
    def __get__(self, client: Any, owner: type) -> Any:
        """Return the method of a client."""
        return self if client is None else _bind(self.steps, client, client.iterate)


def verb(steps: Callable[Concatenate[Any, _P], Steps[_T]]) -> Verb[_P, _T]:
    """Make a method of steps that give one value."""
    return Verb(steps)


def series(steps: Callable[Concatenate[Any, _P], Flow[_T]]) -> Series[_P, _T]:
    """Make a method of steps that give one value after the other."""
    return Series(steps)


def tell_end(steps: Steps[_T]) -> Flow[_T]:
    """Return steps that tell what they come to."""
    value = yield from steps
    yield Told(value)


def take_step(steps: Flow[_T], outcome: Outcome) -> Exchange | Pause | Told[_T] | None:
    """Return the next step; None at the end.

    Args:
        steps: The steps.
        outcome: What the last one came back with.
    """
    try:
        return steps.send(outcome)
    except StopIteration:
        return None


def _bind(steps: Callable[..., Any], client: Any, carry_out: Callable[[Any], Any]) -> Callable[..., Any]:
    @functools.wraps(steps)
    def call(*given: Any, **options: Any) -> Any:
        return carry_out(steps(client, *given, **options))

    return call
