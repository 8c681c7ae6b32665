from __future__ import annotations

import math
import threading
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from modiste.catalogue.words import K1, B, WordIndex, bm25
from modiste.errors import UsageError

WORDS = st.sampled_from(["blue", "red", "shirt", "dress", "men", "women", "sock", "hat"])
DOCUMENT = st.lists(WORDS, max_size=9)


def search_naively(
    documents: dict[int, list[str]], words: list[str], k: int, keep: np.ndarray | None = None
) -> list[tuple[int, float]]:
    """BM25 as the formula says it, one document and one word after the other."""
    average = sum(map(len, documents.values())) / max(len(documents), 1) or 1.0
    found = []
    for row, document in documents.items():
        score, counts = 0.0, Counter(document)
        for word in set(words):
            having = sum(word in other for other in documents.values())
            idf = math.log(1 + (len(documents) - having + 0.5) / (having + 0.5))
            score += idf * counts[word] / (counts[word] + K1 * (1 - B + B * len(document) / average))
        if score > 0 and (keep is None or (row < len(keep) and keep[row])):
            found.append((row, score))
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:k]


def assert_same(
    index: WordIndex, documents: dict[int, list[str]], words: list[str], k: int, keep: np.ndarray | None = None
) -> None:
    found, expected = index.search(words, k, keep=keep), search_naively(documents, words, len(documents) or 1, keep)
    np.testing.assert_allclose(found.scores, [score for _, score in expected[:k]], rtol=1e-5)
    scores = dict(expected)
    assert len(set(found.rows.tolist())) == len(found.rows)
    np.testing.assert_allclose(found.scores, [scores[row] for row in found.rows.tolist()], rtol=1e-5)


@given(st.lists(DOCUMENT, max_size=12), st.lists(WORDS, max_size=4), st.integers(1, 12), st.data())
def test_answers_are_those_of_the_formula(
    documents: list[list[str]], words: list[str], k: int, data: st.DataObject
) -> None:
    index = WordIndex()
    index.add(range(len(documents)), documents)
    keep = np.array(data.draw(st.lists(st.booleans(), max_size=14)), bool)
    assert_same(index, dict(enumerate(documents)), words, k)
    assert_same(index, dict(enumerate(documents)), words, k, keep)


class Changing(RuleBasedStateMachine):
    """Rows come, go and come back; the answers are always those of the formula on what is left."""

    def __init__(self) -> None:
        super().__init__()
        self.index, self.documents = WordIndex(), {}

    @rule(documents=st.dictionaries(st.integers(0, 30), DOCUMENT, max_size=5))
    def add(self, documents: dict[int, list[str]]) -> None:
        new = {row: words for row, words in documents.items() if row not in self.documents}
        self.index.add(list(new), list(new.values()))
        self.documents |= new

    @rule(rows=st.lists(st.integers(0, 30), max_size=6))
    def remove(self, rows: list[int]) -> None:
        assert self.index.remove(rows) == len(set(rows) & self.documents.keys())
        for row in rows:
            self.documents.pop(row, None)

    @rule(documents=st.dictionaries(st.integers(0, 30), DOCUMENT, max_size=5), again=st.booleans())
    def replace(self, documents: dict[int, list[str]], again: bool) -> None:
        given = documents | (self.documents if again else {})  # most of them as they are already
        other = [row for row, words in given.items() if Counter(self.documents.get(row, ["?"])) != Counter(words)]
        before = self.index._norms
        assert self.index.replace(list(given), list(given.values())) == len(other)
        assert other or self.index._norms is before
        self.documents |= given

    @rule(words=st.lists(WORDS, max_size=4), k=st.integers(1, 8))
    def search(self, words: list[str], k: int) -> None:
        assert_same(self.index, self.documents, words, k)

    @rule()
    def store(self) -> None:
        self.index = WordIndex.from_arrays(self.index.to_arrays())

    @invariant()
    def knows_its_words(self) -> None:
        expected = Counter(word for words in self.documents.values() for word in set(words))
        assert dict(self.index.known_words()) == expected
        assert dict(self.index.known_words().items()) == expected  # all at once
        assert len(self.index.known_words()) == len(expected)
        assert len(self.index) == len(self.documents)


TestChanging = Changing.TestCase
TestChanging.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    # Otherwise no test would ever merge the tail into the rest, or forget the dead.
    monkeypatch.setattr(bm25, "_TAIL", 4)


def test_equal_scores_are_ordered_by_row_whatever_k_is() -> None:
    index = WordIndex()
    index.add(range(100, 0, -1), [["blue"]] * 100)
    for k in (1, 7, 99, 200):
        assert index.search(["blue"], k).rows.tolist() == list(range(1, min(k, 100) + 1))


def test_doubled_words_of_a_query_count_once() -> None:
    index = WordIndex()
    index.add([0, 1], [["blue"], ["red", "hat"]])
    once, twice = index.search(["blue"], 2), index.search(["blue", "blue"], 2)
    np.testing.assert_array_equal(once.scores, twice.scores)


def test_an_empty_index_finds_nothing() -> None:
    assert len(WordIndex().search(["blue"], 3).rows) == 0
    index = WordIndex()
    index.add([5], [[]])
    assert len(index.search(["blue"], 3).rows) == 0


@pytest.mark.parametrize(
    ("rows", "documents"), [([0], [["a"]]), ([3, 3], [["a"], ["b"]]), ([-1], [["a"]]), ([4, 5], [["a"]])]
)
def test_rows_that_can_not_be_added_are_refused(rows: list[int], documents: list[list[str]]) -> None:
    index = WordIndex()
    index.add([0], [["a"]])
    with pytest.raises(UsageError, match=r"rows|row"):
        index.add(rows, documents)
    assert len(index) == 1


def test_k_below_one_is_refused() -> None:
    with pytest.raises(UsageError, match="expected 1 or more"):
        WordIndex().search(["a"], 0)


def test_searches_beside_a_writer_are_whole() -> None:
    index, wrong = WordIndex(), []
    index.add(range(50), [["blue"]] * 50)

    def read() -> None:
        for _ in range(200):
            rows = set(index.search(["blue"], 1000).rows.tolist())
            if not set(range(50)) <= rows:
                wrong.append(rows)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for row in range(50, 150):
        index.add([row], [["blue", "hat"]])
        index.remove([row - 25] if row >= 100 else [])
    for reader in readers:
        reader.join()
    assert not wrong


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("rows", [1]),
        ("rows", [3, 3]),
        ("starts", [0, 2, 2]),
        ("starts", [0, 4, 3]),
        ("starts", []),
        ("terms", [0, 1, 9]),
        ("words", [255, 255]),
        ("counts", None),
    ],
)
def test_arrays_that_contradict_each_other_are_refused(name: str, array: list[int] | None) -> None:
    index = WordIndex()
    index.add([5, 6], [["blue", "hat"], ["hat"]])
    arrays = index.to_arrays()
    assert WordIndex.from_arrays(arrays).search(["hat"], 2).rows.tolist() == [6, 5]
    if array is None:
        del arrays[name]
    else:
        arrays[name] = np.array(array, np.int64)
    with pytest.raises(UsageError, match="make it from the items"):
        WordIndex.from_arrays(arrays)
