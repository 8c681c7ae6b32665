"""The ids of items as keys of rows: without what would need an escape, since pymilvus writes keys into expressions."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

__all__ = ["read_key", "write_key"]

_ESCAPED: Final = {ord(letter): f"%{ord(letter):02X}" for letter in "%\"'\\\n\r"}


def write_key(item_id: str) -> str:
    """Return the key of an item.

    Example:
        >>> write_key("10001"), write_key('12"')
        ('10001', '12%22')
    """
    return item_id.translate(_ESCAPED)


def read_key(key: str) -> str:
    """Return the id of an item by its key.

    Example:
        >>> read_key(write_key('100% "silk"'))
        '100% "silk"'
    """
    return unquote(key) if "%" in key else key
