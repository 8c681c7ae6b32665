"""JSON from strangers."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["parse_json"]


def parse_json(text: str) -> Any:
    r"""Return what a JSON text says; escapes that stand for half a character become question marks.

    Raises:
        ValueError: It is damaged, or nested too deeply.

    Example:
        >>> parse_json('{"name": "\\ud83d"}')
        {'name': '?'}
    """
    try:
        value = json.loads(text)
        if "\\ud" in text.lower():
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply") from error
    return value
