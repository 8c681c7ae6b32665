"""Where the record batches of an Arrow IPC stream lie, so that each can be read alone.

Polars reads a stream whole or not at all; a shard of Hugging Face `datasets` holds half a gigabyte of pictures. Read
here are only the envelopes of the messages: format of the Arrow columnar specification 1.0, "Encapsulated message
format" and Message.fbs, Schema.fbs; FlatBuffers' internals, "Tables". The file format (Feather 2) is refused:
`datasets` does not write it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from modiste.errors import SourceError
from modiste.imaging.storage import Stretch

__all__ = ["ArrowStream", "Batch", "read_arrow_stream"]

_FILE_MARK = b"ARROW1"
_CONTINUATION = b"\xff\xff\xff\xff"
_END = _CONTINUATION + bytes(4)
_LONGEST_ENVELOPE = 1 << 24
_SCHEMA, _DICTIONARY, _BATCH = 1, 2, 3
_DAMAGE = (struct.error, IndexError, UnicodeDecodeError)


@dataclass(frozen=True)
class Batch:
    """One record batch: where its message lies in the file, in bytes; its first row and how many it has."""

    position: int
    length: int
    first_row: int
    rows: int


@dataclass(frozen=True)
class ArrowStream:
    """The envelopes of a stream.

    Args:
        head: The message of the schema, and those of the dictionaries, if there are any.
        metadata: What the schema says beside the columns, such as ``"huggingface"``.
        batches: The record batches.
    """

    head: bytes
    metadata: dict[str, str]
    batches: tuple[Batch, ...]

    def cut(self, stretch: Stretch, batch: Batch | None) -> bytes:
        """Return a stream of one batch only, or of none."""
        body = b"" if batch is None else stretch.read_at(batch.position, batch.length)
        return self.head + body + _END


@dataclass(frozen=True)
class _Message:
    position: int
    length: int  # of envelope and body, in bytes
    body: int  # in bytes
    kind: int
    header: _Table


def read_arrow_stream(stretch: Stretch, max_batches: int, max_bytes: int) -> ArrowStream:
    """Find the messages of an Arrow stream.

    Args:
        stretch: The file.
        max_batches: More batches than this are refused.
        max_bytes: A longer batch is refused, as it is read whole.

    Raises:
        SourceError: It is damaged, cut short, compressed, or beyond the limits.
    """
    try:
        return _read(stretch, max_batches, max_bytes)
    except _DAMAGE as error:
        raise SourceError(f"it is no Arrow stream, or it is damaged: {error}") from error


def _read(stretch: Stretch, max_batches: int, max_bytes: int) -> ArrowStream:
    if stretch.read_at(0, len(_FILE_MARK)) == _FILE_MARK:
        raise SourceError("it is an Arrow file (Feather); expected an Arrow stream, or write it again as Parquet")
    position, head, metadata = 0, b"", {}
    batches: list[Batch] = []
    rows = 0
    while (message := _read_message(stretch, position)) is not None:
        if message.length > max_bytes:
            raise SourceError(f"a batch of {message.length:,} bytes; at most {max_bytes:,} are read at once")
        if (message.kind == _SCHEMA) != (not head):
            raise SourceError("it is no Arrow stream: it does not begin with one schema")
        if message.kind == _SCHEMA:
            metadata = message.header.read_pairs(2)
        if message.kind == _DICTIONARY:
            _check_lengths(message.header.read_table(1), message.body)
        if message.kind == _BATCH:
            batches.append(_to_batch(message, rows))
            rows += batches[-1].rows
        elif message.kind in (_SCHEMA, _DICTIONARY):
            head += stretch.read_at(position, message.length)
        position += message.length
        if len(batches) > max_batches or len(head) > max_bytes:
            raise SourceError(f"it has more than {max_batches:,} batches, or {max_bytes:,} bytes of dictionaries")
    if not head:
        raise SourceError("it is no Arrow stream: it has no schema")
    return ArrowStream(head, metadata, tuple(batches))


def _read_message(stretch: Stretch, position: int) -> _Message | None:
    """Return the message at a position, None where the stream ends."""
    start = stretch.read_at(position, 8)
    if position == stretch.length or start == _END:
        return None
    if len(start) < 8 or start[:4] != _CONTINUATION:
        raise SourceError(f"it is no Arrow stream, or it is damaged or cut short at byte {position:,}")
    size = struct.unpack("<i", start[4:])[0]
    if not 0 < size <= _LONGEST_ENVELOPE:
        raise SourceError(f"it is damaged at byte {position:,}")
    data = stretch.read_at(position + 8, size)
    envelope = _Table.root(data)
    body = envelope.read_number(3, "<q")
    length = 8 + size + body
    if body < 0 or len(data) < size or position + length > stretch.length:
        raise SourceError(f"it is damaged or cut short at byte {position:,}")
    return _Message(position, length, body, envelope.read_number(1, "<B"), envelope.read_table(2))


def _to_batch(message: _Message, first_row: int) -> Batch:
    if message.header.has(3):
        raise SourceError("its batches are compressed; write it again uncompressed, or as Parquet")
    _check_lengths(message.header, message.body)
    return Batch(message.position, message.length, first_row, message.header.read_number(0, "<q"))


def _check_lengths(batch: _Table, body: int) -> None:
    """Refuse a batch that claims more than its bytes can hold: polars would take the memory for it unasked."""
    lengths = [batch.read_number(0, "<q"), *(number for pair in batch.read_structures(1) for number in pair)]
    # The smallest value is a bit; a column of nulls has none, and is as long as the others.
    if not all(0 <= length <= 8 * body for length in lengths):
        raise SourceError(f"a batch of {body:,} bytes claims {max(lengths):,} values; it is damaged")
    for offset, length in batch.read_structures(2):
        if not 0 <= offset <= offset + length <= body or length < 0:
            raise SourceError("a column reaches out of its batch; it is damaged")


@dataclass(frozen=True)
class _Table:
    """A table of a FlatBuffer: fields by number; one that is absent reads as 0 or empty."""

    data: bytes
    at: int

    @classmethod
    def root(cls, data: bytes) -> _Table:
        return cls(data, _unpack("<I", data, 0))

    def has(self, field: int) -> bool:
        return self._find(field) is not None

    def read_number(self, field: int, form: str) -> int:
        at = self._find(field)
        return 0 if at is None else _unpack(form, self.data, at)

    def read_table(self, field: int) -> _Table:
        at = self._find(field)
        if at is None:
            raise IndexError("a part of a message is missing")
        return _Table(self.data, at + _unpack("<I", self.data, at))

    def read_structures(self, field: int) -> list[tuple[int, int]]:
        """Return a vector of structures of two whole numbers of 8 bytes each."""
        at = self._find(field)
        if at is None:
            return []
        start = at + _unpack("<I", self.data, at)
        count = _unpack("<I", self.data, start)
        if count > len(self.data) // 16:
            raise IndexError("a vector longer than its message")
        return [(first, second) for first, second in struct.iter_unpack("<qq", self.data[start + 4 :][: 16 * count])]

    def read_pairs(self, field: int) -> dict[str, str]:
        """Return a vector of tables that hold a key and a value each."""
        at = self._find(field)
        if at is None:
            return {}
        start = at + _unpack("<I", self.data, at)
        count = min(_unpack("<I", self.data, start), len(self.data))
        places = range(start + 4, start + 4 + 4 * count, 4)
        pairs = [_Table(self.data, place + _unpack("<I", self.data, place)) for place in places]
        return {pair._read_text(0): pair._read_text(1) for pair in pairs}

    def _read_text(self, field: int) -> str:
        at = self._find(field)
        if at is None:
            return ""
        start = at + _unpack("<I", self.data, at)
        length = _unpack("<I", self.data, start)
        return self.data[start + 4 : start + 4 + length].decode("utf-8")

    def _find(self, field: int) -> int | None:
        table = self.at - _unpack("<i", self.data, self.at)
        if table < 0:
            raise IndexError("a table outside of its message")
        place = 4 + 2 * field
        offset = _unpack("<H", self.data, table + place) if place < _unpack("<H", self.data, table) else 0
        return self.at + offset if offset else None


def _unpack(form: str, data: bytes, at: int) -> int:
    number: int = struct.unpack_from(form, data, at)[0]
    return number
