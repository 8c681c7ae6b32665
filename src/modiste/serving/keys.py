"""API keys: a file of named keys, each of which may read, or read and write; kept and compared as hashes."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from modiste.errors import UsageError

__all__ = ["Key", "KeyRing", "hash_key", "make_key"]

_SHORTEST: Final = 16
_HASH: Final = re.compile(r"sha256:[0-9a-f]{64}")
_MOST_BYTES: Final = 1_000_000
_EXAMPLE: Final = '[keys.shop]\nkey = "…"  # or: "sha256:…"\nmay = "read"  # or "write"'


@dataclass(frozen=True)
class Key:
    """A key, as it is kept.

    Args:
        name: For people: it is written into the log.
        digest: SHA-256 of the key, hexadecimal.
        can_write: May change things; every key may read.
    """

    name: str
    digest: str
    can_write: bool


class KeyRing:
    """The keys of a server.

    Args:
        keys: The keys; names and digests differ from each other.

    Example:
        >>> ring = KeyRing([Key("shop", hash_key("a-key-of-the-shop"), can_write=False)])
        >>> ring.find("a-key-of-the-shop").name, ring.find("another")
        ('shop', None)
    """

    def __init__(self, keys: list[Key]) -> None:
        self._keys = tuple(keys)

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, key: str) -> Key | None:
        """Return the key that somebody sent, if it is one of these; it takes as long for each."""
        digest, found = hash_key(key), None
        for one in self._keys:
            if hmac.compare_digest(one.digest, digest):
                found = one
        return found

    @classmethod
    def read(cls, path: Path) -> KeyRing:
        """Read a TOML file: a table ``[keys.NAME]`` each, with ``key`` and ``may``.

        Raises:
            UsageError: It can't be read, or a key is too short or said twice.
        """
        try:
            if path.stat().st_size > _MOST_BYTES:
                raise UsageError(f"{path} has more than {_MOST_BYTES:,} bytes; expected a file of keys")
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise UsageError(f"the keys {path} can't be read: {error.strerror}") from error
        except ValueError as error:
            raise UsageError(f"the keys {path} are no TOML: {error}; expected:\n{_EXAMPLE}") from error
        tables = data.get("keys")
        if not isinstance(tables, dict) or not tables:
            raise UsageError(f"{path} holds no keys; expected:\n{_EXAMPLE}")
        keys = [_read_key(path, name, table) for name, table in tables.items()]
        if len({key.digest for key in keys}) < len(keys):
            raise UsageError(f"{path} gives the same key two names; each needs its own")
        return cls(keys)


def hash_key(key: str) -> str:
    """Return the SHA-256 of a key, hexadecimal. Keys are long and random: no salt and no slow hash is needed."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def make_key() -> str:
    """Return a new random key of 43 letters."""
    return secrets.token_urlsafe(32)


def _read_key(path: Path, name: str, table: Any) -> Key:
    if (
        not isinstance(table, dict)
        or set(table) != {"key", "may"}
        or not all(isinstance(v, str) for v in table.values())
    ):
        raise UsageError(f"the key {name!r} of {path} is not as expected:\n{_EXAMPLE}")
    key, may = table["key"], table["may"]
    if may not in ("read", "write"):
        raise UsageError(f'the key {name!r} of {path} may {may!r}; expected "read" or "write"')
    if _HASH.fullmatch(key):
        return Key(name, key.removeprefix("sha256:"), may == "write")
    if len(key) < _SHORTEST:
        raise UsageError(
            f"the key {name!r} of {path} has {len(key)} letters; expected {_SHORTEST} or more. "
            "Type: modiste serve --make-key"
        )
    return Key(name, hash_key(key), may == "write")
