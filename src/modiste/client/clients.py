"""The two clients: one that waits in its thread, one that is awaited."""

from __future__ import annotations

from modiste.client.sending import AsyncSender, SyncSender
from modiste.client.verbs.about import AboutVerbs
from modiste.client.verbs.items import ItemVerbs
from modiste.client.verbs.jobs import JobVerbs
from modiste.client.verbs.opinions import OpinionVerbs
from modiste.client.verbs.pictures import PictureVerbs
from modiste.client.verbs.search import SearchVerbs

__all__ = ["AsyncClient", "Client"]


class _Verbs(PictureVerbs, SearchVerbs, ItemVerbs, OpinionVerbs, JobVerbs, AboutVerbs):
    pass


class Client(_Verbs, SyncSender):
    """Asks a server of modiste (``modiste serve``); the verbs are those of the Python API.

    Connections are kept and used again; threads may share a client. Close it when it is done, or use ``with``.

    Args:
        address: Of the server; by default that of the environment variable MODISTE_ADDRESS, or http://127.0.0.1:8000.
        key: By default that of the environment variable MODISTE_KEY; a server on this machine may want none.
        timeout: Seconds that one request may take.
        patience: Seconds that a call waits in all for a server that has its hands full and says when to come back;
            0 is not at all. Only what may be asked twice is asked again.
        transport: What sends instead of a network: a transport of httpx2.

    Raises:
        UsageError: The address is none, the key can't be sent, or a time is below 0.

    Example:
        >>> from modiste import Client
        >>> with Client() as client:
        ...     shown = client.tag_one("shirt.jpg")
        ...     found = client.search(image="shirt.jpg", where="price <= 10000", k=2)
        >>> shown["masterCategory"].value, len(found)
        ('Apparel', 2)
    """


class AsyncClient(_Verbs, AsyncSender):
    """Asks a server of modiste from an event loop of asyncio; as `Client`, each verb awaited.

    Args:
        address: As for `Client`.
        key: As for `Client`.
        timeout: As for `Client`.
        patience: As for `Client`.
        transport: An asynchronous transport of httpx2.

    Raises:
        UsageError: As for `Client`.

    Example:
        >>> import asyncio
        >>> from modiste import AsyncClient
        >>> async def count() -> tuple[int, int]:
        ...     async with AsyncClient() as client:
        ...         shop, found = await asyncio.gather(client.catalogue(), client.search(text="shirt", k=2))
        ...         return len([item async for item in client.items()]) - shop.items, len(found)
        >>> asyncio.run(count())
        (0, 2)
    """
