from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modiste.imaging.members import Member, name_members


def name_all(*names: str) -> list[str]:
    named = name_members(Member(name, position, 1, 1) for position, name in enumerate(names))
    assert [member.position for member in named.values()] == list(range(len(names)))
    return list(named)


def test_doubled_names_are_numbered_before_the_suffix() -> None:
    assert name_all("a/x.jpg", "a/x.jpg", "b/x.jpg", "a/x.jpg") == ["a/x.jpg", "a/x#2.jpg", "b/x.jpg", "a/x#3.jpg"]


def test_a_number_that_is_taken_is_passed_over() -> None:
    assert name_all("x.jpg", "x.jpg", "x#2.jpg", "x#2.jpg") == ["x.jpg", "x#3.jpg", "x#2.jpg", "x#2#2.jpg"]


def test_names_without_suffix_or_without_anything() -> None:
    assert name_all("x", "x", "", "", "..", "..") == ["x", "x#2", "#2", "#3", "..", "..#2"]


def test_a_leading_dot_is_left_out() -> None:
    assert name_all("./a/x.jpg", ".//b.jpg", "././b.jpg", ".c", "../d") == ["a/x.jpg", "b.jpg", "b#2.jpg", ".c", "../d"]


def test_names_are_written_as_in_references() -> None:
    assert name_all("a::b.jpg", "\udce9.jpg") == ["a%3A%3Ab.jpg", "%E9.jpg"]


@given(st.lists(st.text("ax#2.:%é\udce9/", max_size=4)))
def test_every_member_gets_a_name_of_its_own(names: list[str]) -> None:
    assert len(set(name_all(*names))) == len(names)
