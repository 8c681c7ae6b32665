"""What items are called, against the standard library's splitting of names."""

from __future__ import annotations

import posixpath
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from modiste.imaging import PICTURE_SUFFIXES
from modiste.readers.identifiers import cut_suffix, make_item_ids
from modiste.readers.source import has_picture_suffix

paths = st.text("ab./", max_size=9) | st.text("a./", max_size=5).map(lambda text: text + ".JPG")


@given(paths)
def test_suffixes_are_cut_as_by_the_library(path: str) -> None:
    assert cut_suffix(path) == posixpath.splitext(path)[0]
    assert has_picture_suffix(path) == (posixpath.splitext(path)[1].lower() in PICTURE_SUFFIXES)


@given(st.lists(paths, unique=True, max_size=8))
def test_ids_are_short_where_they_are_distinct(names: list[str]) -> None:
    stems = [posixpath.splitext(name)[0] for name in names]
    called = Counter(stems) + Counter(name for name, stem in zip(names, stems, strict=True) if name != stem)
    ids = make_item_ids(names)
    assert ids == [stem if called[stem] == 1 else name for name, stem in zip(names, stems, strict=True)]
    assert len(set(ids)) == len(ids)
