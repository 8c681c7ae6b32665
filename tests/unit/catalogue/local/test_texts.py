from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from modiste.catalogue.local.texts import GrowingTexts

TEXTS = st.lists(st.text(st.sampled_from("ab7/é日"), max_size=4), max_size=6)


@given(TEXTS, TEXTS, st.data())
def test_texts_come_back_by_row(packed: list[str], later: list[str], data: st.DataObject) -> None:
    texts = GrowingTexts.pack(packed)
    texts.extend(later)
    whole = packed + later
    rows = data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=9)) if whole else []
    assert len(texts) == len(whole)
    assert texts.take(rows) == texts.take(np.array(rows, np.int64)) == [whole[row] for row in rows]
