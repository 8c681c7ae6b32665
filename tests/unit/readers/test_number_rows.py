"""Rows of numbers, against a regular expression held against one row after the other."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.readers.building import Problems
from modiste.readers.number_rows import take_number_rows

NUMBERS = pl.col("numbers").list
# What the lists of categories, boxes and landmarks hold: the whole of a row, and the same of numbers alone.
KINDS: dict[str, tuple[str, pl.Expr, type[pl.DataType]]] = {
    "category": (r"^\S+\s+[0-9]+$", (NUMBERS.len() == 1) & (NUMBERS.first() >= 0), pl.Int64),
    "box": (r"^\S+(?:\s+-?[0-9]{1,9}(?:\.[0-9]{1,9})?){4}$", NUMBERS.len() == 4, pl.Float64),
    "landmarks": (r"^\S+\s+0*[1-3](?:\s+-?[0-9]+)*$", NUMBERS.get(0, null_on_oob=True).is_between(1, 3), pl.Int32),
    "anything": (r"^\S+(?:\s+-?[0-9]+)*$", pl.lit(value=True), pl.Int32),
}
words = st.sampled_from(
    [
        *("0", "1", "3", "7", "072", "-5", "-05", "-0", "--1", "-", "1-2", "+1", "1.5", "1e3", "x", "nan", ""),
        *("1_0", "\u0663", "999999999", "1000000000", "2147483648", "99999999999999999999"),
    ]
)
plain = st.integers(-9, 400).map(str)
blanks = st.sampled_from([" "] * 5 + ["  ", "     ", "\t", " \t ", "\u00a0", "\r"])
images = st.sampled_from(["img/1.jpg", "img/\u00e9.jpg", "7", "-1", "img\t1", "a\u2003b.jpg"])
rows_of = st.tuples(images, st.lists(st.tuples(blanks, plain | plain | words), max_size=6)).map(
    lambda row: (row[0] + "".join(blank + word for blank, word in row[1])).strip()
)


def to_number(word: str, dtype: type[pl.DataType]) -> float | None:
    if dtype == pl.Float64:
        return float(word)
    bits = 31 if dtype == pl.Int32 else 63
    return int(word) if -(2**bits) <= int(word) < 2**bits else None


@pytest.mark.parametrize("kind", KINDS)
@given(texts=st.lists(rows_of, max_size=8), lost=st.booleans())
def test_it_cuts_what_an_expression_cuts(kind: str, texts: list[str], lost: bool) -> None:
    pattern, fits, dtype = KINDS[kind]
    rows = pl.DataFrame(
        {"line": range(3, 3 + len(texts)), "text": texts}, schema={"line": pl.UInt32, "text": pl.String}
    )
    problems = Problems()
    cut = take_number_rows(
        *(rows, pattern, fits), name="list", expected="it", problems=problems, lost=lost, dtype=dtype
    )
    fitting = [(line, text.split()) for line, text in enumerate(texts, 3) if re.search(pattern, text)]
    numbers = [[to_number(word, dtype) for word in parts[1:]] for _, parts in fitting]
    assert cut.schema == {"line": pl.UInt32, "image": pl.String, "numbers": pl.List(dtype)}
    assert cut.rows() == [(line, parts[0], row) for (line, parts), row in zip(fitting, numbers, strict=True)]
    kept = {line for line, _ in fitting}
    notes = [(f"list line {line}", "not it", "lost" if lost else "remark") for line in rows["line"] if line not in kept]
    assert problems.to_frame().rows() == notes
