"""Ids as names of files: safe on every system, all different, and to be undone."""

from __future__ import annotations

import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.errors import UsageError
from modiste.writers.names import make_cell_ids, make_file_names

IDS = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20), unique=True, max_size=8)


@given(ids=IDS)
def test_names_are_safe_different_and_reversible(ids: list[str]) -> None:
    names = make_file_names(ids)
    assert [unquote(name) for name in names] == ids
    folded = {unicodedata.normalize("NFC", name.casefold()) for name in names}
    assert len(folded) == len(ids)
    for name in names:
        assert not set(name) & set('/\\:*?"<>|\0\n\r')
        assert not name.startswith(".") and not name.endswith(".") and name == name.strip()


@given(ids=IDS)
def test_cells_are_reversible(ids: list[str]) -> None:
    assert [unquote(cell) for cell in make_cell_ids(ids)] == ids


def test_lists_have_no_blanks_in_names() -> None:
    assert make_file_names(["a b", "a\u00a0b"], spaces=False) == ["a%20b", "a%C2%A0b"]


def test_an_id_that_is_too_long_is_refused() -> None:
    with pytest.raises(UsageError, match="300 bytes; at most 240"):
        make_file_names(["x" * 300])


@pytest.mark.parametrize("make", [make_file_names, make_cell_ids])
def test_an_empty_id_is_refused(make: object) -> None:
    with pytest.raises(UsageError, match="empty"):
        make([""])  # type: ignore[operator]
