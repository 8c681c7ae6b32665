"""Row groups from footers written by polars, and footers written by hand that break every rule."""

from __future__ import annotations

import io
import struct

import polars as pl
import pytest

from modiste.errors import SourceError
from modiste.imaging.parquet_groups import RowGroup, read_row_groups
from modiste.imaging.storage import unpack


def read(data: bytes, max_groups: int = 100) -> list[RowGroup]:
    return read_row_groups(unpack([data], 10**8), max_groups)


def wrap(footer: bytes) -> bytes:
    return b"PAR1" + footer + struct.pack("<I", len(footer)) + b"PAR1"


@pytest.mark.parametrize(("rows", "size"), [(0, 10), (1, 10), (25, 10), (100, 100)])
def test_groups_are_those_that_were_written(rows: int, size: int) -> None:
    buffer = io.BytesIO()
    columns = {"a": list(range(rows)), "b": ["x" * 300] * rows, "c": [[1.5]] * rows, "d": [True] * rows}
    pl.DataFrame(columns, schema_overrides={"a": pl.Int64}).write_parquet(buffer, row_group_size=size)
    groups = [group for group in read(buffer.getvalue()) if group.rows]
    assert [group.rows for group in groups] == [min(size, rows - at) for at in range(0, rows, size)]
    assert [group.first_row for group in groups] == list(range(0, rows, size))
    assert all(group.unpacked > 0 for group in groups)


GROUP = b"\x26\xc8\x01\x16"  # field 2: 100 bytes; field 3: the rows that follow
FAULTS = {
    "nested": (b"\x1c" * 40, "nested too deeply"),
    "long list": (b"\x19\xf5\xc0\x84\x3d", "a list of 1,000,000 values"),
    "long number": (b"\x15" + b"\xff" * 11, "more than 64 bits"),
    "strange kind": (b"\x1d", "a value of kind 13"),
    "long text": (b"\x18\x7f", "a text beyond the end"),
    "cut short": (b"\x19\x1c", "footer can't be read"),
    "negative": (b"\x49\x1c" + GROUP + b"\x01\x00\x00", "fewer than no rows"),
    "without rows": (b"\x49\x1c\x26\xc8\x01\x00\x00", "footer can't be read"),
    "numbers for groups": (b"\x49\x15\x02\x00", "footer can't be read"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_damaged_footers_are_refused(fault: str) -> None:
    footer, reason = FAULTS[fault]
    with pytest.raises(SourceError, match=reason):
        read(wrap(footer))


def test_every_kind_of_value_is_passed_over() -> None:
    doubles, truths = b"\x17" + bytes(8), b"\x19\x21\x01\x02\x31\x12"  # a number, two truth values, true, false
    assert read(wrap(doubles + truths + b"\x19\x1c" + GROUP + b"\x04\x00\x00")) == []
    assert read(wrap(b"\x49\x1c" + GROUP + b"\x04\x00\x00")) == [RowGroup(0, 2, 100)]


@pytest.mark.parametrize("data", [b"", b"PAR1PAR1", b"PARE" + wrap(b"\0")[4:-4] + b"PARE", wrap(b"\0")[:-1]])
def test_what_is_no_parquet_file_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError, match=r"no Parquet file|a footer of"):
        read(data)


def test_footers_that_claim_too_much_are_refused() -> None:
    with pytest.raises(SourceError, match="a footer of 4,294,967,295 bytes"):
        read(b"PAR1" + bytes(20) + b"\xff\xff\xff\xffPAR1")
    with pytest.raises(SourceError, match="more than 1 row groups"):
        read(wrap(b"\x49\x2c" + (GROUP + b"\x04\x00") * 2 + b"\x00"), max_groups=1)
