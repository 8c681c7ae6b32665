"""Words and their pieces, against a naive reading of what is promised."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.bundle import PieceSpec
from modiste.runtime.word_pieces import number_pieces, number_words, split_text

SPEC = PieceSpec(buckets=1000, shortest=3, longest=5, most_words=4, most_pieces=12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Men's T-Shirt", ["mens", "tshirt"]),
        ("ladies’ TSHIRTS / t shirts", ["ladies", "tshirts", "tshirts"]),
        ("Puma Ean-13 DZ1342 200ml 1163", ["puma", "ean", "13"]),
        ("Jealous 21", ["jealous", "21"]),
        ("NB1006YL09", ["nb1006yl09"]),
        ("crème brûlée_ÉTÉ ß", ["creme", "brulee", "ete", "ss"]),
        ("рубашка 衬衫", ["рубашка", "衬衫"]),
        ("?! ... _", []),
        ("", []),
    ],
)
def test_texts_become_words(text: str, words: list[str]) -> None:
    assert split_text(text) == words


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    words = split_text(text)
    assert words == split_text(" ".join(words)) or any("t" in word for word in words)
    assert number_words([words], SPEC).shape[0] == 1


def number_naively(word: str, spec: PieceSpec) -> list[int]:
    marked = "<" + word + ">"
    pieces = [marked]
    for size in range(spec.shortest, spec.longest + 1):
        pieces += [
            marked[at : at + size] for at in range(len(marked)) if len(marked[at : at + size]) == size < len(marked)
        ]
    return [1 + zlib.crc32(piece.encode()) % (spec.buckets - 1) for piece in pieces][: spec.most_pieces]


@given(st.text(alphabet="abcäß衬", min_size=1, max_size=12))
def test_pieces_are_the_words_runs(word: str) -> None:
    assert number_pieces(word, SPEC).tolist() == number_naively(word, SPEC)


def test_pieces_stay_within_the_table() -> None:
    tiny = PieceSpec(buckets=2)
    assert set(number_pieces("sandals", tiny).tolist()) == {1}


def test_typos_and_plurals_share_pieces() -> None:
    spec = PieceSpec()
    right, wrong, other = (set(number_pieces(word, spec).tolist()) for word in ("sandals", "sandels", "handbags"))
    assert len(right & wrong) >= 6 > len(right & other)
    assert len(right & set(number_pieces("sandal", spec).tolist())) >= 9


def test_texts_are_cut_and_filled_up() -> None:
    table = number_words([["a", "b", "c", "d", "e"], ["x" * 500], []], SPEC)
    assert table.shape == (3, 4, 12)
    assert table.dtype == np.int32
    assert not table[2].any()
    assert not table[1, 1:].any()
    assert number_words([], SPEC).shape == (0, 1, 1)


def test_remembered_pieces_can_not_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        number_pieces("shirt", SPEC)[0] = 5
