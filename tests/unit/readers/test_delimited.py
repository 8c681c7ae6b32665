"""Text tables against the csv module of the standard library, and rows that nobody quoted."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.errors import SourceError
from modiste.readers.delimited import decode_text, find_separator, read_delimited, read_header

_LETTERS = st.characters(codec="utf-8", exclude_characters="\r\n\0")
# A cell with line ends and separators may look like whole rows, which win: see the tests below.
_CELL = st.text(_LETTERS, max_size=12) | st.text('ab"\n', max_size=6)


@st.composite
def _tables(draw: st.DrawFn) -> tuple[str, list[list[str]]]:
    width = draw(st.integers(2, 5))
    rows = draw(st.lists(st.lists(_CELL, min_size=width, max_size=width), min_size=1, max_size=6))
    return draw(st.sampled_from(",;\t|")), rows


@given(_tables(), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_reads_what_the_csv_module_writes(table: tuple[str, list[list[str]]], ending: str, mark: bool) -> None:
    separator, rows = table
    header = [f"c{number}" for number in range(len(rows[0]))]
    file = io.StringIO()
    csv.writer(file, delimiter=separator, lineterminator=ending, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    read = read_delimited(file.getvalue().encode("utf-8-sig" if mark else "utf-8"))
    assert read.header == header
    assert [row.cells for row in read.rows] == [row for row in rows if any(map(str.strip, row))]


@given(st.lists(st.lists(st.text("ab ,'", max_size=5).map(str.strip), min_size=1, max_size=4), min_size=1, max_size=5))
def test_unquoted_rows_are_cut_at_every_separator(rows: list[list[str]]) -> None:
    lines = [",".join(["x", *row]) for row in rows]
    read = read_delimited("\n".join(["id,name", *lines]).encode())
    assert [",".join(row.cells) for row in read.rows] == lines


def test_separators() -> None:
    assert find_separator("a,b;c;d") == ";"
    assert find_separator("one column") == ","
    assert read_delimited(b"id\tname\n1\ta, b\n").rows[0].cells == ["1", "a, b"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str) -> None:
    read = read_delimited("id,name\n1,Café – 5”\n".encode(encoding))
    assert read.header == ["id", "name"]
    assert read.rows[0].cells == ["1", "Café – 5”"]
    assert read.encoding == encoding


def test_bytes_that_windows_1252_lacks_are_latin_1() -> None:
    assert decode_text(b"caf\xe9 \x81") == ("café \x81", "latin-1")


def test_inch_marks_are_characters() -> None:
    text = 'id,type,name\n1,a,3.5" Short\n2,b,"3" Short\n3,c,"Set of ""two"", red"\n4,d,"5" heel, black\n'
    rows = {row.cells[0]: row.cells for row in read_delimited(text.encode()).rows}
    assert rows["1"] == ["1", "a", '3.5" Short']
    assert rows["2"] == ["2", "b", '"3" Short']
    assert rows["3"] == ["3", "c", 'Set of "two", red']
    assert rows["4"][0] == "4"


def test_a_quote_that_never_closes_swallows_no_row() -> None:
    lines = ["id,type,name", '1,a,"never closed'] + [f"{number},b,c" for number in range(2, 50)]
    rows = read_delimited("\n".join(lines).encode()).rows
    assert [row.line for row in rows] == list(range(2, 51))


def test_a_quote_that_closes_rows_later_swallows_no_row() -> None:
    rows = read_delimited(b'id,type,name\n1,a,"open\n2,b,plain\n3,c,5"\n4,d,e\n').rows
    assert [row.cells[0] for row in rows] == ["1", "2", "3", "4"]


def test_cells_of_several_lines_stay_whole() -> None:
    rows = read_delimited(b'id,type,name\n1,a,"first\nsecond, third"\n2,b,c\n').rows
    assert rows[0].cells == ["1", "a", "first\nsecond, third"]
    assert rows[1].line == 4


def test_a_cell_longer_than_the_csv_module_takes_is_cut_as_unquoted() -> None:
    rows = read_delimited(b'id,type,name\n1,a,"' + b"x" * 200_000 + b'"\n2,b,c\n').rows
    assert [row.cells[0] for row in rows] == ["1", "2"]


def test_empty_tables_are_refused() -> None:
    with pytest.raises(SourceError, match="the table is empty; expected a header"):
        read_delimited(b"\n \n")


def test_header_of_a_long_file() -> None:
    assert read_header(b"id,name\n" + b"1,abc\n" * 50_000) == ["id", "name"]
    assert read_header(b" \n") == []
    assert read_header(b"x" * 200_000) == ["x" * 65_536]
