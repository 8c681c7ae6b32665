"""Carries steps out: in a thread, or in an event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx2

from modiste.client.asking import Asker
from modiste.client.steps import Exchange, Flow, Outcome, Pause, Steps, Told, take_step, tell_end

__all__ = ["AsyncSender", "SyncSender"]

_T = TypeVar("_T")


class SyncSender(Asker):
    """Sends from the thread that asks; threads may share one.

    Args:
        transport: What sends instead of a network, such as httpx2's ``MockTransport``.
        **options: As for `Asker`.
    """

    def __init__(
        self, address: str | None = None, *, transport: httpx2.BaseTransport | None = None, **options: Any
    ) -> None:
        super().__init__(address, **options)
        self._http = httpx2.Client(transport=transport, **self._settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; a client that is closed can't be used again."""
        self._http.close()

    def carry_out(self, steps: Steps[_T]) -> _T:
        """Carry out the steps of a call, and return what they come to."""
        (value,) = self.iterate(tell_end(steps))
        return value

    def iterate(self, steps: Flow[_T]) -> Iterator[_T]:
        """Carry out steps, and give each value when it is there."""
        outcome: Outcome = None
        try:
            while (step := take_step(steps, outcome)) is not None:
                outcome = None
                if isinstance(step, Told):
                    yield step.value
                else:
                    outcome = self._do(step)
        finally:
            steps.close()  # a file that is half written goes now, not some time

    def _do(self, step: Exchange | Pause) -> Outcome:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        try:
            response = self._http.send(self._http.build_request(**step.draft), stream=True)
            try:
                step.reply.start(response.status_code, response.headers)
                for piece in response.iter_bytes():
                    step.reply.take(piece)
            finally:
                response.close()
        except (httpx2.RequestError, OSError) as error:
            return error
        return None


class AsyncSender(Asker):
    """Sends from an event loop of asyncio; tasks may share one.

    Args:
        transport: What sends instead of a network, such as httpx2's ``ASGITransport``.
        **options: As for `Asker`.
    """

    def __init__(
        self, address: str | None = None, *, transport: httpx2.AsyncBaseTransport | None = None, **options: Any
    ) -> None:
        super().__init__(address, **options)
        self._http = httpx2.AsyncClient(transport=transport, **self._settings)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; a client that is closed can't be used again."""
        await self._http.aclose()

    async def carry_out(self, steps: Steps[_T]) -> _T:
        """Carry out the steps of a call, and return what they come to."""
        (value,) = [value async for value in self.iterate(tell_end(steps))]
        return value

    async def iterate(self, steps: Flow[_T]) -> AsyncIterator[_T]:
        """Carry out steps, and give each value when it is there."""
        outcome: Outcome = None
        try:
            while (step := take_step(steps, outcome)) is not None:
                outcome = None
                if isinstance(step, Told):
                    yield step.value
                else:
                    outcome = await self._do(step)
        finally:
            steps.close()  # a file that is half written goes now, not some time

    async def _do(self, step: Exchange | Pause) -> Outcome:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        try:
            response = await self._http.send(self._http.build_request(**step.draft), stream=True)
            try:
                step.reply.start(response.status_code, response.headers)
                async for piece in response.aiter_bytes():
                    step.reply.take(piece)
            finally:
                await response.aclose()
        except (httpx2.RequestError, OSError) as error:
            return error
        return None
