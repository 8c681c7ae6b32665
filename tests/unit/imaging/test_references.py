from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modiste.imaging import join_reference, split_reference

names = st.text(
    st.one_of(st.sampled_from([*":%25A38", "\udc80", "\udcff"]), st.characters(exclude_categories=["Cs"])), min_size=1
)


@given(names, st.lists(names, max_size=3))
@example("a::b", [])
@example("a:", [":b"])
@example("%3A%253A%2525", ["%25", "%:", "%%3A"])
@example("\udcff.zip", ["\udce9.jpg"])
def test_every_name_comes_back(path: str, members: list[str]) -> None:
    reference = join_reference(path, *members)
    assert split_reference(reference) == (Path(path), tuple(members))
    reference.encode()  # valid Unicode, so that any table can hold it


@given(st.lists(names, min_size=1, max_size=3), st.lists(names, min_size=1, max_size=3))
def test_different_places_have_different_references(one: list[str], other: list[str]) -> None:
    assert (join_reference(*one) == join_reference(*other)) == (one == other)


@pytest.mark.parametrize(
    "path", ["shop/1.jpg", "50%.jpg", "%3A.jpg", "C:\\shop\\1.jpg", "größe 👗.jpg", "new\nline.jpg", "a:b"]
)
def test_ordinary_paths_are_references_as_they_stand(path: str) -> None:
    assert join_reference(Path(path)) == path
    assert split_reference(path) == (Path(path), ())


def test_the_documented_forms() -> None:
    assert join_reference("shop.zip", "inner.zip", "1.jpg") == "shop.zip::inner.zip::1.jpg"
    assert join_reference("odd::name.jpg") == "odd%3A%3Aname.jpg::"
    assert join_reference("s.zip", "a: b.jpg") == "s.zip::a: b.jpg"
    assert join_reference(os.fsdecode(b"\xe9.jpg")) == "%E9.jpg::"
