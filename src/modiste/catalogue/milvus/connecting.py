"""Connections to Milvus, and its errors as modiste's."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from modiste.catalogue.milvus.address import MilvusAddress
from modiste.errors import CatalogueError, UsageError, import_extra

__all__ = ["check_name_is_free", "connect", "explain_errors"]

_TOKEN: Final = "MODISTE_MILVUS_TOKEN"  # noqa: S105 (the name of a variable)
_TIMEOUT: Final = 30.0  # seconds


def connect(address: MilvusAddress, *, create: bool) -> Any:
    """Connect to a server, or open a file of Milvus Lite.

    Args:
        address: Which.
        create: Make the file if there is none.

    Returns:
        A ``pymilvus.MilvusClient``.

    Raises:
        MissingExtraError: pymilvus is not installed.
        CatalogueError: The server does not answer, or there is no such file.
    """
    pymilvus = import_extra("pymilvus", purpose="A catalogue in Milvus", extra="milvus")
    if address.is_file:
        if importlib.util.find_spec("milvus_lite") is None:
            raise UsageError(
                f"{address} is a file of Milvus Lite, which is not installed. Type: pip install milvus-lite"
            )
        # It says with every list that it has no clock of a server, which is no news.
        logging.getLogger("pymilvus.client.iterator.query_iterator").setLevel(logging.ERROR)
        path = Path(address.uri)
        if not create and not path.exists():
            raise CatalogueError(f"there is no catalogue at {address}. Type: modiste catalogue build SOURCE {address}")
        path.parent.mkdir(parents=True, exist_ok=True)
    token = address.token or os.environ.get(_TOKEN, "")
    with explain_errors(address):
        return pymilvus.MilvusClient(address.uri, token=token, db_name=address.database, timeout=_TIMEOUT)


@contextlib.contextmanager
def explain_errors(address: MilvusAddress) -> Iterator[None]:
    """Raise what Milvus refuses as a CatalogueError that says where."""
    from pymilvus.exceptions import MilvusException, MilvusUnavailableException

    try:
        yield
    except MilvusUnavailableException as error:
        raise CatalogueError(f"Milvus does not answer at {address}: {error}. Is it running there?") from error
    except MilvusException as error:
        raise CatalogueError(f"Milvus refused what was asked of {address}: {_shorten(error)}") from error


def check_name_is_free(client: Any, address: MilvusAddress, names: list[str]) -> None:
    """Check that none of some collections is there.

    Raises:
        UsageError: One is.
    """
    if taken := next((name for name in names if client.has_collection(name)), None):
        raise UsageError(f"{address} is there already (collection {taken}); choose another name, or drop it in Milvus")


def _shorten(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
