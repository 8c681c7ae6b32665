"""What a user may choose about fetching."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from modiste.collect.fetching.shards import ShardFormat
from modiste.errors import UnknownNameError, UsageError

__all__ = ["FetchOptions"]

_LARGEST_SHARD = 4_000_000_000  # bytes; beyond it a zip needs a longer directory


@dataclass(frozen=True)
class FetchOptions:
    """How pictures are fetched and kept.

    Args:
        shards: ``"zip"`` or ``"tar"`` (WebDataset's layout: one file a sample, named by its number).
        shard_pictures: The most pictures of a shard.
        shard_bytes: The most bytes of a shard, at most 4,000,000,000.
        max_side: The longest side in pixels; larger pictures are resized. None keeps all as they are.
        max_bytes: The longest file, in bytes.
        max_pixels: The largest picture, in pixels.
        hash_column: Column of the source with the hash that each file should have: SHA-256, SHA-1 or MD5.
        concurrency: Requests at once.
        per_host: Requests at once to one host.
        interval: Seconds between two requests to one host.
        attempts: Requests for one picture, the first one included.
        back_off: Seconds before the second attempt; doubled with each further one, and varied by chance.
        timeout: Seconds for one request, from the connection to the last byte.
        patience: The longest rest, in seconds, that a host may ask for (Retry-After); one that asks for more gets this.
        allow_private: Whether hosts in private networks may be reached.
        obey_robots: Whether robots.txt, its Crawl-delay, and ``X-Robots-Tag: noai`` are respected.

    Raises:
        UsageError: A number is out of its range.

    Example:
        >>> FetchOptions(concurrency=0)
        Traceback (most recent call last):
        modiste.errors.UsageError: concurrency is 0; expected at least 1
    """

    shards: ShardFormat = "zip"
    shard_pictures: int = 10_000
    shard_bytes: int = 1_000_000_000
    max_side: int | None = None
    max_bytes: int = 20_000_000
    max_pixels: int = 100_000_000
    hash_column: str | None = None
    concurrency: int = 64
    per_host: int = 8
    interval: float = 0.0
    attempts: int = 4
    back_off: float = 0.5
    timeout: float = 30.0
    patience: float = 300.0
    allow_private: bool = False
    obey_robots: bool = True

    def __post_init__(self) -> None:
        if self.shards not in get_args(ShardFormat):
            raise UnknownNameError("shard format", self.shards, get_args(ShardFormat))
        counts = ("shard_pictures", "shard_bytes", "max_bytes", "max_pixels", "concurrency", "per_host", "attempts")
        for name in (*counts, *(["max_side"] if self.max_side is not None else [])):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}; expected at least 1")
        for name in ("interval", "back_off", "patience"):
            if not getattr(self, name) >= 0:
                raise UsageError(f"{name} is {getattr(self, name)}; expected 0 seconds or more")
        if not self.timeout > 0:
            raise UsageError(f"timeout is {self.timeout}; expected more than 0 seconds")
        if self.shard_bytes > _LARGEST_SHARD:
            raise UsageError(f"shard_bytes is {self.shard_bytes:,}; expected at most {_LARGEST_SHARD:,}")

    def describe(self) -> dict[str, Any]:
        """Return what changes the output, each under the name of its option; how fast it comes does not."""
        return {
            "--shards": self.shards,
            "--shard-pictures": self.shard_pictures,
            "--shard-size": self.shard_bytes,
            "--max-side": self.max_side,
            "--max-bytes": self.max_bytes,
            "--hash-column": self.hash_column,
        }
