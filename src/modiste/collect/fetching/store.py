"""What was fetched so far: shards, and beside each a journal with a line for every address that is done.

A picture is written into its shard first and noted in the journal then. After a kill, a picture without its line is cut
off and fetched again; a line is never without its picture. So nothing that was noted is lost, and nothing is there
twice.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import polars as pl

from modiste.collect.fetching.content import Picture
from modiste.collect.fetching.shards import Member, ShardFormat, ShardWriter, open_shard

__all__ = ["OUTCOMES", "Store"]

# A journal says more about a picture, which only a shard that is taken up needs; for a million that is 24 MB.
OUTCOMES: dict[str, pl.DataType] = {
    "number": pl.Int64(),  # the address, by its row in the list
    "shard": pl.Int64(),
    "member": pl.String(),  # null where there is no picture
    "sha256": pl.String(),
    "width": pl.Int64(),
    "height": pl.Int64(),
    "scale": pl.Float64(),
    "final": pl.String(),  # the address that the picture came from, where it is another one
    "reason": pl.String(),  # why there is no picture
    "attempts": pl.Int64(),
}


class Store:
    """The folder of an unfinished job; any number of threads may add to it.

    Args:
        folder: Where the unfinished shard and the journals are.
        finished: Where finished shards go; made if it is not there.
        format: Of the shards.
        max_pictures: The most pictures of a shard.
        max_bytes: The most bytes of a shard, unless its only picture is larger.
    """

    def __init__(self, folder: Path, finished: Path, *, format: ShardFormat, max_pictures: int, max_bytes: int) -> None:
        self._folder = folder
        self._finished = finished
        self._format: ShardFormat = format
        self._max_pictures = max_pictures
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._journal: IO[bytes] | None = None
        self._shard: ShardWriter | None = None
        self._number = 0
        self._pictures = 0
        finished.mkdir(exist_ok=True)

    def resume(self) -> Iterator[int]:
        """Take up what an earlier run left.

        Yields:
            The numbers of the addresses that are done.
        """
        for number in range(self._count_journals()):
            members: list[Member] = []
            for line in self._read_journal(number):
                yield line["number"]
                if "member" in line:
                    members.append(_to_member(line))
            if self._place(number).exists():
                self._number = number + 1
            else:
                self._open(number, members)

    def keep(self, number: int, picture: Picture, *, final: str | None, attempts: int) -> None:
        """Write a picture and note it.

        Args:
            number: Of the address.
            picture: What is written.
            final: The address that it came from in the end, or None if that is the one in the list.
            attempts: Requests that it took.
        """
        with self._lock:
            shard = self._choose_shard(len(picture.data))
            member = shard.add(f"{number:09}{picture.suffix}", picture.data)
            self._pictures += 1
            facts = {"sha256": picture.sha256, "width": picture.width, "height": picture.height}
            place = {"member": member.name, "end": member.end, "length": member.length, "checksum": member.checksum}
            rare: dict[str, Any] = {} if picture.scale == 1 else {"scale": picture.scale}
            rare |= {} if final is None else {"final": final}
            self._note({"number": number, **place, **facts, **rare, "attempts": attempts})

    def refuse(self, number: int, reason: str, *, attempts: int) -> None:
        """Note why there is no picture.

        Args:
            number: Of the address.
            reason: The same text for the same reason.
            attempts: Requests that were made.
        """
        with self._lock:
            self._choose_shard(0)
            self._note({"number": number, "reason": reason, "attempts": attempts})

    def finish(self) -> None:
        """Finish the last shard; a shard without a picture is left out."""
        with self._lock:
            if self._shard is not None:
                self._finish_shard(self._shard)

    def close(self) -> None:
        """Leave the last shard unfinished, to be taken up again."""
        with self._lock:
            for file in (self._shard, self._journal):
                if file is not None:
                    file.close()
            self._shard = self._journal = None

    def read_outcomes(self) -> pl.DataFrame:
        """Return what became of each address, see `OUTCOMES`, in any order; for a job that is finished."""
        parts = [pl.DataFrame(schema=OUTCOMES)]
        for number in range(self._count_journals()):
            path = self._name_journal(number)
            if path.stat().st_size:
                part = pl.read_ndjson(path, schema={name: kind for name, kind in OUTCOMES.items() if name != "shard"})
                parts.append(part.with_columns(shard=pl.lit(number, pl.Int64)).select(*OUTCOMES))
        return pl.concat(parts, rechunk=True)

    def name_shard(self, number: int) -> str:
        """Return the file name of a shard."""
        return f"shard-{number:05}.{self._format}"

    def _choose_shard(self, coming: int) -> ShardWriter:
        shard = self._shard
        if shard is not None and self._pictures:
            full = self._pictures >= self._max_pictures or (coming and shard.size + coming > self._max_bytes)
            if not full:
                return shard
            self._finish_shard(shard)
            shard = None
        return self._open(self._number, []) if shard is None else shard

    def _open(self, number: int, members: list[Member]) -> ShardWriter:
        self._number, self._pictures = number, len(members)
        self._journal = self._name_journal(number).open("ab", buffering=0)
        self._shard = open_shard(self._name_part(number), self._format, members)
        return self._shard

    def _finish_shard(self, shard: ShardWriter) -> None:
        if self._pictures:
            shard.finish(self._place(self._number))
            self._number += 1
        else:
            shard.close()
        if self._journal is not None:
            self._journal.close()
        self._shard = self._journal = None

    def _note(self, line: dict[str, Any]) -> None:
        assert self._journal is not None  # noqa: S101  (every caller has chosen a shard)
        text = json.dumps(line, ensure_ascii=True, separators=(",", ":"))
        self._journal.write(text.encode("ascii") + b"\n")

    def _read_journal(self, number: int) -> Iterator[dict[str, Any]]:
        """Yield the lines of a journal whose pictures are there, then cut off what follows them.

        A shard has few pictures, but there is no end to what may fail beside them: the lines are not held.
        """
        there = self._place(number).exists()
        part = self._name_part(number)
        length = part.stat().st_size if part.exists() else 0
        kept = 0
        with self._name_journal(number).open("r+b") as file:
            for text in file:
                line = _parse_line(text)
                if line is None or not (there or line.get("end", 0) <= length):
                    break
                yield line
                kept += len(text)
            file.truncate(kept)

    def _count_journals(self) -> int:
        return sum(1 for _ in self._folder.glob("journal-*.jsonl"))

    def _place(self, number: int) -> Path:
        return self._finished / self.name_shard(number)

    def _name_part(self, number: int) -> Path:
        return self._folder / f"{self.name_shard(number)}.part"

    def _name_journal(self, number: int) -> Path:
        return self._folder / f"journal-{number:05}.jsonl"


def _parse_line(text: bytes) -> dict[str, Any] | None:
    """Return what a line says, or None for one that a kill cut short."""
    if not text.endswith(b"\n"):
        return None
    try:
        line: dict[str, Any] = json.loads(text)
    except ValueError:
        return None
    return line


def _to_member(line: dict[str, Any]) -> Member:
    return Member(line["member"], line["end"], line["length"], line["checksum"])
