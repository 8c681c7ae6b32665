"""Attribute labels, against a reading of one line after the other."""

from __future__ import annotations

import io
import random
import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.readers.attribute_lists import Attribute, read_attribute_rows
from modiste.readers.building import Problems

TYPES = ("texture", "fabric")


def read_naively(text: str, attributes: list[Attribute]) -> list[dict[str, object]]:
    """Read line by line, by the rules that the page of formats states."""
    signed, rows = "-1" in text, []
    for line in text.split("\n"):
        image, *cells = line.split() or [""]
        values = re.findall("-1|0|1", "".join(cells))
        if len(values) != len(attributes) or "".join(values) != "".join(cells):
            continue
        row: dict[str, object] = {"image": image}
        for kind in TYPES:
            pairs = [(a.name, value) for a, value in zip(attributes, values, strict=True) if a.type == kind]
            unknown = [name for name, value in pairs if value == "0" and signed]
            silent = len(unknown) == len(pairs)
            row[f"label.{kind}"] = None if silent else [name for name, value in pairs if value == "1"]
            row[f"meta.unknown.{kind}"] = None if silent else unknown or None
        rows.append(row)
    return rows


attributes_of = st.integers(2, 6).map(lambda n: [Attribute(f"attribute {i}", TYPES[i % 2]) for i in range(n)])
values = st.lists(st.sampled_from(["-1", "0", "1", " 1", "  -1", "-0", "2", "x", "11"]), min_size=1, max_size=7)
clean = st.lists(st.sampled_from(["-1", "0", "1"]), min_size=1, max_size=7)


@given(attributes_of, st.lists(clean | values, max_size=12), st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_it_reads_what_a_loop_reads(attributes: list[Attribute], rows: list[list[str]], end: str) -> None:
    text = end.join(f"img/{number}.jpg  {' '.join(row)} " for number, row in enumerate(rows))
    expected = read_naively(text, attributes)
    problems = Problems()
    table = read_attribute_rows(text.encode().split(b"\n"), attributes, name="x", first_line=3, problems=problems)
    names = ["image", *(f"{column}.{kind}" for kind in TYPES for column in ("label", "meta.unknown"))]
    filled = table.with_columns(
        pl.lit(None, dtype=pl.List(pl.String)).alias(name) for name in names if name not in table.columns
    )
    assert filled.select(names).to_dicts() == [{name: row[name] for name in names} for row in expected]
    assert len(problems) == len(rows) - len(expected)


regular = attributes_of.flatmap(
    lambda attributes: st.tuples(
        st.just(attributes),
        st.lists(st.lists(st.sampled_from(["-1", " 1", " 0"]), min_size=len(attributes), max_size=len(attributes))),
    )
)


@given(regular, st.sampled_from(["", " ", "\r"]), st.sampled_from(["", "1", "-0", "x", "0 1", "\0-1"]), st.randoms())
def test_rows_of_three_letters_a_value_are_read_alike(
    drawn: tuple[list[Attribute], list[list[str]]], end: str, oddity: str, rng: random.Random
) -> None:
    attributes, rows = drawn
    if rows and oddity:
        rng.choice(rows)[rng.randrange(len(attributes))] = oddity
    lines = [f"img/{number}.jpg    {' '.join(row)}{end}" for number, row in enumerate(rows)]
    expected = read_naively("\n".join(lines), attributes)
    problems = Problems()
    table = read_attribute_rows(map(str.encode, lines), attributes, name="x", first_line=3, problems=problems)
    for kind in TYPES:
        assert table[f"label.{kind}"].to_list() == [row[f"label.{kind}"] for row in expected]
        unknown = table.get_column(f"meta.unknown.{kind}", default=pl.repeat(None, len(table), eager=True))
        assert unknown.to_list() == [row[f"meta.unknown.{kind}"] for row in expected]
    assert table["image"].to_list() == [row["image"] for row in expected] and len(problems) == len(rows) - len(expected)


def test_they_are_read_without_a_look_at_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modiste.readers.attribute_lists._read_block", None)
    table, _ = _read(b"1.jpg         -1  1\r\n2.jpg          0 -1 \n", [Attribute(name, "fabric") for name in "ab"])
    assert table["label.fabric"].to_list() == [["b"], []]
    assert table["meta.unknown.fabric"].to_list() == [None, ["a"]]


@pytest.mark.parametrize("blank", ["  ", " "], ids=["three letters a value", "two"])
def test_a_minus_in_a_name_makes_no_nought_unknown(blank: str) -> None:
    attributes = [Attribute("floral", "texture"), Attribute("denim", "fabric")]
    table, _ = _read(f"img/Top-1/1.jpg {blank}0{blank}1\n".encode(), attributes)
    assert table["label.texture"].to_list() == [[]] and table["label.fabric"].to_list() == [["denim"]]


def test_blocks_join_without_a_seam(monkeypatch) -> None:
    attributes = [Attribute(str(number), TYPES[number % 2]) for number in range(5)]
    rows = [f"{number}.jpg " + " ".join(str((number * column) % 3 - 1) for column in range(5)) for number in range(400)]
    rows[77] = "77.jpg 1 1"
    data = "\n".join(rows).encode()
    whole, whole_problems = _read(data, attributes)
    monkeypatch.setattr("modiste.readers.attribute_lists._BLOCK", 64)
    cut, cut_problems = _read(data, attributes)
    assert whole.equals(cut) and whole.height == 399
    assert whole_problems.to_frame().equals(cut_problems.to_frame())
    assert cut_problems.to_frame()["where"].to_list() == ["x line 80"]


def _read(data: bytes, attributes: list[Attribute]) -> tuple[pl.DataFrame, Problems]:
    problems = Problems()
    return read_attribute_rows(io.BytesIO(data), attributes, name="x", first_line=3, problems=problems), problems


def test_zero_is_a_no_where_nothing_is_negative() -> None:
    attributes = [Attribute("floral", "texture"), Attribute("denim", "fabric")]
    table, _ = _read(b"a.jpg 0 1\nb.jpg 0 0\n", attributes)
    assert table["label.texture"].to_list() == [[], []]
    assert table["label.fabric"].to_list() == [["denim"], []]
    assert "meta.unknown.texture" not in table.columns


def test_rows_without_an_attribute_to_read_are_listed() -> None:
    table, problems = _read(b"a.jpg\nb.jpg 1\n", [])
    assert table.height == 0 and table.columns == ["line", "image"]
    assert problems.to_frame()["where"].to_list() == ["x line 3", "x line 4"]


def test_nothing_gives_an_empty_table() -> None:
    table, problems = _read(b"\n \n", [Attribute("floral", "texture")])
    assert table.height == 0 and not len(problems)
    assert table.schema["label.texture"] == pl.List(pl.String)
