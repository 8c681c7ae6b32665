from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.catalogue.filters.patterns import build_matcher

_PIECES = {"%": ".*", "_": ".", "\\%": "%", "\\_": "_", "\\\\": r"\\", "a": "a", "b": "b", "\n": "\n", "\\a": "a"}


@given(st.lists(st.sampled_from(sorted(_PIECES)), max_size=8), st.text("ab%_\\\n", max_size=8))
def test_equals_a_regular_expression(pieces: list[str], text: str) -> None:
    expected = re.fullmatch("".join(_PIECES[piece] for piece in pieces), text, re.DOTALL) is not None
    assert build_matcher("".join(pieces))(text) == expected


@pytest.mark.parametrize("pattern", ["%a" * 500 + "b", "%_a" * 300 + "b", "%" * 900 + "b"])
def test_nothing_explodes(pattern: str) -> None:
    start = time.process_time()
    assert not build_matcher(pattern)("a" * 2_000)
    assert time.process_time() - start < 2  # a regular expression with .* takes longer than the universe has
