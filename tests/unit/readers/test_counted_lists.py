"""Lists with a count and column names."""

from __future__ import annotations

import pytest

from modiste.errors import SourceError
from modiste.readers.building import Problems
from modiste.readers.counted_lists import check_count, decode_list, split_head


@pytest.mark.parametrize(
    ("head", "columns", "header", "expected"),
    [
        (["2", "image_name  x_1", "a 1"], ["image_name", "x_1"], True, (2, 2)),
        ([" 2 \r", "image_name x_1 more"], ["image_name"], True, (2, 2)),
        (["image_name x_1"], ["image_name", "x_1"], True, (None, 1)),
        (["2", "anything at all"], [], True, (2, 2)),
        (["2", "id_1"], [], False, (2, 1)),
    ],
)
def test_heads(head: list[str], columns: list[str], header: bool, expected: tuple[int | None, int]) -> None:
    assert split_head("list.txt", head, columns, header=header) == expected


@pytest.mark.parametrize("first", ["", "-1", "2.5", "two", "1" * 30, "²"])
def test_a_count_must_be_a_count(first: str) -> None:
    with pytest.raises(SourceError, match=r"line 1 of list\.txt is .*expected the number of rows"):
        split_head("list.txt", [first, "image_name"], ["image_name"])


def test_one_encoding_is_taken_whichever_it_is() -> None:
    assert decode_list("x", "1\ncafé\n".encode()) == "1\ncafé\n"
    assert decode_list("x", "1\ncafé\n".encode("cp1252")) == "1\ncafé\n"
    assert decode_list("x", "1\ncafé\n".encode("utf-16")) == "1\ncafé\n"


def test_two_encodings_are_refused_with_their_lines() -> None:
    with pytest.raises(SourceError, match="line 2 is UTF-8 and line 3 is not; save it as UTF-8"):
        decode_list("x", b"1\ncaf\xc3\xa9\ncaf\xe9\n")


def test_counts_that_fit_are_not_noted() -> None:
    problems = Problems()
    check_count("x", 2, 2, problems)
    assert not len(problems)
    check_count("x", 1_000, 2, problems)
    check_count("x", None, 2, problems)
    assert problems.to_frame()["reason"].to_list() == [
        "it counts 1,000 rows, but 2 follow",
        "the count of rows is missing",
    ]
