from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.catalogue.local import texts as texts_module
from modiste.catalogue.local.texts import GrowingTexts

TEXTS = st.lists(st.text(st.sampled_from("ab7/é日"), max_size=4), max_size=6)


@given(TEXTS, TEXTS, st.data())
def test_texts_come_back_by_row(packed: list[str], later: list[str], data: st.DataObject) -> None:
    texts = GrowingTexts.pack(packed)
    texts.extend(later)
    whole = packed + later
    rows = data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=9)) if whole else []
    assert len(texts) == len(whole)
    for at_once, remembered in ((1024, 3), (1024, 1 << 16), (2, 9)):
        with patch.multiple(texts_module, _AT_ONCE=at_once, _REMEMBERED=remembered):
            assert texts.take(rows) == texts.take(np.array(rows, np.int64)) == [whole[row] for row in rows]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts_module, "_REMEMBERED", 20)
    texts = GrowingTexts.pack(map(str, range(100)))
    for start in range(90):
        assert texts.take(range(start, start + 10)) == [str(number) for number in range(start, start + 10)]
        assert len(texts._known) <= 30
    assert texts.take([95])[0] is texts.take([95])[0]
