from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.catalogue.words import correct_spelling, read_query, split_words

KNOWN = {
    "blue": 900, "black": 800, "checked": 120, "chest": 1, "shirt": 700, "short": 30, "skirt": 90, "men": 500,
    "women": 450, "sunglasses": 30, "tshirt": 600, "trouser": 80, "sports": 50, "shoe": 300, "nike": 100, "navy": 70,
    "jeans": 60, "backpack": 20, "42": 5, "bl": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "read", "words"),
    [
        ("blu chekd shrt", "blue checked shirt", "blue checked shirt"),
        ("mens blue checked shirt", None, "men blue checked shirt"),
        ("Blakc Trosers", "black trouser", "black trouser"),
        ("blueshirt", "blue shirt", "blue shirt"),
        ("black jea ns", "black jeans", "black jeans"),
        ("back packs", None, "backpack"),
        ("t shirt", None, "tshirt"),
        ("laides jeans", "lady jeans", "women jeans"),
        ("trainers", None, "sports shoe"),
        ("the blue", None, "blue"),
        ("nkie", "nike", "nike"),
        ("short", None, "short"),
        ("43", None, "43"),
        ("", None, ""),
    ],
)
def test_what_was_typed_is_read_as_meant(typed: str, read: str | None, words: str) -> None:
    found = read_query(typed, KNOWN)
    assert (found.corrected, " ".join(found.words)) == (read, words)


def test_what_nobody_can_mean_is_named() -> None:
    found = read_query("blue qwertzuiop", KNOWN)
    assert found.unknown == ("qwertzuiop",)
    assert found.words == ("blue", "qwertzuiop")


@given(st.lists(st.sampled_from(sorted(KNOWN)), max_size=6))
def test_words_of_the_catalogue_are_never_changed(words: list[str]) -> None:
    found = read_query(" ".join(words), KNOWN)
    assert found.corrected is None
    assert found.unknown == ()


@given(st.text(max_size=40))
def test_any_text_is_read(text: str) -> None:
    found = read_query(text, KNOWN)
    assert found.corrected is not None or found.words == split_words(text)
    read_query(text, {})


def count_edits(left: str, right: str) -> int:
    """Optimal string alignment, by the book."""
    table = [[max(i, j) if not i * j else 0 for j in range(len(right) + 1)] for i in range(len(left) + 1)]
    for i in range(1, len(left) + 1):
        for j in range(1, len(right) + 1):
            other = left[i - 1] != right[j - 1]
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + other)
            if i > 1 and j > 1 and left[i - 1] == right[j - 2] and left[i - 2] == right[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


@given(st.text("abcehiklrstu", min_size=3, max_size=8))
def test_a_correction_is_near_and_none_is_missed(word: str) -> None:
    letters = {name: count for name, count in KNOWN.items() if name.isalpha()}
    better, edits = correct_spelling(word, letters), 1 if len(word) <= 4 else 2
    near = [name for name in letters if count_edits(word, name) <= edits]
    if better is None:
        assert word in letters or not near or split_words(word) != (word,)
    elif better in letters:
        assert better in near


def test_of_equally_near_words_the_more_frequent_wins_and_the_first_letter_helps() -> None:
    assert correct_spelling("shart", {"short": 10, "shirt": 1000}) == "shirt"
    assert correct_spelling("cat", {"bat": 10, "car": 10}) == "car"


def test_a_typo_of_the_catalogue_itself_stays_and_what_it_means_is_looked_for_too() -> None:
    found = read_query("blue shrt", KNOWN | {"shrt": 1})
    assert (found.words, found.corrected, found.added) == (("blue", "shrt", "shirt"), None, ("shirt",))
    assert read_query("blue shrt", KNOWN | {"shrt": 4}).added == ()
    assert read_query("chest", KNOWN | {"chess": 299}).added == ()
