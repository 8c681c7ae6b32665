"""What a server is told when it starts: what it serves, to whom, and how much a stranger may ask of it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Self

from modiste.errors import UsageError

__all__ = ["ServerLimits", "ServerSettings"]

_STATE: Final = "serving"  # the folder, inside a catalogue's, that holds what people upload and say
_ORIGIN: Final = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?")


@dataclass(frozen=True)
class ServerLimits:
    """How much one request, and all of them together, may ask of this machine.

    Args:
        body: Bytes of one request's body.
        upload: Bytes of a batch that is uploaded as a job.
        pixels: Width times height of one picture.
        pictures: Pictures of one request.
        seconds: How long a request may take, its body's arrival included; an upload may take 30 times that.
        rate: Requests a second of one key, or of one address where no keys are asked for; None is without limit.
        burst: How many requests may come at once before the rate counts.
        waiting: Requests under way at a time; further ones are told to come back.
        memory: Bytes of bodies that are held at a time.

    Raises:
        UsageError: A limit is not positive.

    Example:
        >>> ServerLimits(body=1_000_000).pixels
        40000000
    """

    body: int = 25_000_000
    upload: int = 2_000_000_000
    pixels: int = 40_000_000
    pictures: int = 64
    seconds: float = 20.0
    rate: float | None = None
    burst: int = 50
    waiting: int = 128
    memory: int = 500_000_000

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if value is not None and not value > 0:
                raise UsageError(f"the limit {one.name} is {value}; expected a number above 0")


@dataclass(frozen=True)
class ServerSettings:
    """What a server serves, and how.

    Args:
        catalogue: A folder, or ``milvus://HOST:PORT/NAME``.
        bundle: The bundle that it was made with; by default the one that modiste ships.
        state: Folder for what people upload and say (pictures, opinions, jobs); by default ``serving`` inside the
            catalogue's folder. A catalogue that is no folder needs one.
        keys: File of the keys that requests must bring; None serves everything to this machine alone.
        cors: Origins whose pages may read answers, such as ``https://shop.example``; ``*`` stands for all.
        limits: How much may be asked of it.
        workers: Processes.
        threads: Cores of one process; by default all of the machine's, shared out among the workers.
        log: Write a line of JSON for each request to standard error.

    Raises:
        UsageError: A number is not positive, an origin is none, or a folder is missing.

    Example:
        >>> ServerSettings("shop.catalogue").folder.as_posix()
        'shop.catalogue/serving'
    """

    catalogue: str
    bundle: Path | None = None
    state: Path | None = None
    keys: Path | None = None
    cors: tuple[str, ...] = ()
    limits: ServerLimits = ServerLimits()
    workers: int = 1
    threads: int | None = None
    log: bool = True

    def __post_init__(self) -> None:
        for name in ("workers", "threads"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UsageError(f"{name} is {value}; expected 1 or more")
        if self.state is None and "://" in self.catalogue:
            raise UsageError(f"{self.catalogue} is no folder to keep uploads and opinions in. Add: --state FOLDER")
        for origin in self.cors:
            _check_origin(origin)

    @property
    def folder(self) -> Path:
        """Where pictures, opinions and jobs are kept."""
        return Path(self.catalogue) / _STATE if self.state is None else self.state

    def to_json(self) -> str:
        """Return the settings as text, for worker processes; `from_json` reads them back."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        data: dict[str, Any] = json.loads(text)
        for name in ("bundle", "state", "keys"):
            data[name] = None if data[name] is None else Path(data[name])
        return cls(**{**data, "cors": tuple(data["cors"]), "limits": ServerLimits(**data["limits"])})


def _check_origin(origin: str) -> None:
    if origin != "*" and not _ORIGIN.fullmatch(origin):
        raise UsageError(f"{origin!r} is no origin; expected scheme and host alone, such as https://shop.example")
