"""Record batches of streams written by polars; envelopes that break every rule."""

from __future__ import annotations

import io
import struct

import polars as pl
import pytest

from modiste.errors import SourceError
from modiste.imaging.arrow_stream import ArrowStream, read_arrow_stream
from modiste.imaging.storage import unpack

END = b"\xff\xff\xff\xff\0\0\0\0"


def write(rows: int = 3, kind: pl.DataType | None = None) -> bytes:
    buffer = io.BytesIO()
    frame = pl.DataFrame({"a": [f"text {at}" for at in range(rows)]}, schema={"a": kind or pl.String()})
    frame.write_ipc_stream(buffer, compression="uncompressed")
    return buffer.getvalue()


def split(data: bytes) -> tuple[bytes, bytes]:
    """Return the message of the schema, and what follows it up to the end mark."""
    size = 8 + struct.unpack_from("<i", data, 4)[0]
    return data[:size], data[size : -len(END)]


def read(data: bytes, max_batches: int = 100, max_bytes: int = 10**6) -> ArrowStream:
    return read_arrow_stream(unpack([data], 10**8), max_batches, max_bytes)


def test_each_batch_can_be_read_alone() -> None:
    head, first = split(write(3))
    second = split(write(2))[1]
    data = head + first + second + END
    stream = read(data)
    assert [(batch.first_row, batch.rows) for batch in stream.batches] == [(0, 3), (3, 2)]
    for batch in stream.batches:
        alone = pl.read_ipc_stream(io.BytesIO(stream.cut(unpack([data], 10**8), batch)))
        assert alone["a"].to_list() == [f"text {at}" for at in range(batch.rows)]
    assert read(head + first).batches == stream.batches[:1]  # the mark at the end may be missing


def test_dictionaries_go_with_every_batch() -> None:
    data = write(4, pl.Categorical())
    stream = read(data)
    alone = stream.cut(unpack([data], 10**8), stream.batches[0])
    assert pl.read_ipc_stream(io.BytesIO(alone))["a"].cast(pl.String).to_list() == [f"text {at}" for at in range(4)]


FAULTS = {
    "empty": (b"", "it has no schema"),
    "only an end": (END, "it has no schema"),
    "no schema first": (split(write())[1] + END, "does not begin with one schema"),
    "two schemas": (split(write())[0] * 2 + END, "does not begin with one schema"),
    "a negative length": (b"\xff\xff\xff\xff\xff\xff\xff\xff" + bytes(8), "damaged at byte 0"),
    "a long envelope": (b"\xff\xff\xff\xff\xff\xff\xff\x7f" + bytes(8), "damaged at byte 0"),
    "an empty envelope": (
        b"\xff\xff\xff\xff\x08\0\0\0" + bytes(8),
        "no Arrow stream, or it is damaged|part of a message",
    ),
    "a table before its message": (b"\xff\xff\xff\xff\x08\0\0\0\4\0\0\0\xff\0\0\0", "a table outside of its message"),
    "text": (b"this is text, not a stream", "cut short at byte 0"),
    "cut short": (write()[:-40], "cut short at byte"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_damaged_streams_are_refused(fault: str) -> None:
    data, reason = FAULTS[fault]
    with pytest.raises(SourceError, match=reason):
        read(data)


def test_limits_are_kept() -> None:
    head, body = split(write())
    with pytest.raises(SourceError, match="more than 1 batches"):
        read(head + body * 2 + END, max_batches=1)
    with pytest.raises(SourceError, match="at most 100 are read at once"):
        read(write(), max_bytes=100)
