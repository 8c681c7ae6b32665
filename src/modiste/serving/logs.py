"""One line of JSON for each request, and for whatever else is to be told, on standard error."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

__all__ = ["LOGGER", "JsonLines", "write_logs"]

LOGGER: Final = logging.getLogger("modiste.serving")
_OWN: Final = "facts"


class JsonLines(logging.Formatter):
    """Writes a record as a line of JSON; what is in its ``facts`` is added.

    Example:
        >>> record = logging.LogRecord("x", logging.INFO, "", 0, "done", None, None)
        >>> record.facts = {"status": 200}
        >>> line = json.loads(JsonLines().format(record))
        >>> line["level"], line["message"], line["status"]
        ('info', 'done', 200)
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, _OWN, {}),
        }
        if record.exc_info:
            said["trace"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=True, default=str)


def write_logs(*, requests: bool) -> None:
    """Begin to write to standard error.

    Args:
        requests: Also a line for each request; else warnings and errors only.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for logger in (LOGGER, logging.getLogger("uvicorn")):
        logger.handlers = [handler]
        logger.propagate = False
    LOGGER.setLevel(logging.INFO if requests else logging.WARNING)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
