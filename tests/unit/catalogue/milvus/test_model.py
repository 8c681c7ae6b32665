"""Random changes through two backends on one collection of Milvus Lite, against a dict and brute force."""

from __future__ import annotations

import tempfile
from itertools import count
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from modiste.catalogue import Matches
from modiste.catalogue.filters import parse_filter
from modiste.catalogue.milvus import MilvusBackend
from modiste.catalogue.words import split_words
from tests.unit.catalogue.local.drawing import FILTERS, HEAD, IDS, draw_changes, draw_items, draw_vectors
from tests.unit.catalogue.naive import NaiveBackend

FOLDER = tempfile.TemporaryDirectory()
ASKED = st.none() | st.sampled_from(FILTERS)
WHICH = st.integers(0, 1)
_NUMBERS = count()


class Catalogues(RuleBasedStateMachine):
    """Two writers, used in turn, and the reference."""

    @initialize()
    def begin(self) -> None:
        address = f"milvus://{Path(FOLDER.name) / 'model.db'}?name=m{next(_NUMBERS)}"
        self.backends = [MilvusBackend(address, create=HEAD), MilvusBackend(address)]
        self.naive = NaiveBackend(HEAD)

    @rule(which=WHICH, items=draw_items(), seed=st.integers(0, 5))
    def put(self, which: int, items: list, seed: int) -> None:
        vectors = draw_vectors(len(items), seed)
        self.backends[which].put(items, vectors)
        self.naive.put(items, vectors)

    @rule(which=WHICH, changes=draw_changes())
    def patch(self, which: int, changes: list) -> None:
        assert self.backends[which].patch(changes) == self.naive.patch(changes)

    @rule(which=WHICH, ids=st.lists(st.sampled_from((*IDS, "zz")), max_size=3))
    def remove(self, which: int, ids: list[str]) -> None:
        assert self.backends[which].remove(ids) == self.naive.remove(ids)

    @rule(which=WHICH, k=st.integers(1, 10), seed=st.integers(0, 5), text=ASKED)
    def search(self, which: int, k: int, seed: int, text: str | None) -> None:
        where = None if text is None or not self._has_columns(text) else parse_filter(text)
        query = draw_vectors(1, seed)[0]
        found = self.backends[which].nearest(query, k, where=where)
        assert_same(found, self.naive.nearest(query, 100, where=where), k)
        for by in ("added", "price", "-price", "title"):
            assert self.backends[which].list_ids(where, by=by) == self.naive.list_ids(where, by=by)
        scores = self.backends[which].score(query, [*IDS, "zz"])
        np.testing.assert_allclose(scores, self.naive.score(query, [*IDS, "zz"]), atol=1e-6)

    @rule(which=WHICH, text=ASKED, words=st.sampled_from(["blue shirt", "men été", "zzz"]))
    def search_words(self, which: int, text: str | None, words: str) -> None:
        where = None if text is None or not self._has_columns(text) else parse_filter(text)
        found = self.backends[which].match_words(split_words(words), 3, where=where)
        assert_same(found, self.naive.match_words(split_words(words), 100, where=where), 3)
        assert dict(self.backends[which].known_words()) == dict(self.naive.known_words())

    @rule(which=WHICH, text=ASKED)
    def count(self, which: int, text: str | None) -> None:
        where = None if text is None or not self._has_columns(text) else parse_filter(text)
        names = ["gender", "colours", "currency", "size", "price"]  # ties of spellings are nobody's to break
        assert self.backends[which].count_facets(names, where=where) == self.naive.count_facets(names, where=where)

    @invariant()
    def everything_is_there(self) -> None:
        if not hasattr(self, "naive"):
            return
        for backend in self.backends:
            assert backend.get(IDS) == self.naive.get(IDS)
            assert backend.list_ids() == list(self.naive.items)
            vectors, expected = backend.get_vectors(IDS), self.naive.get_vectors(IDS)
            assert vectors.keys() == expected.keys()
            assert all(np.array_equal(vectors[one], expected[one]) for one in vectors)
            batches = list(backend.iterate(3))
            assert [item for items, _ in batches for item in items] == list(self.naive.items.values())
            told, known = backend.describe(), self.naive.describe()
            assert (told.items, dict(told.columns)) == (known.items, dict(known.columns))

    def teardown(self) -> None:
        for backend in getattr(self, "backends", ()):
            backend.close()

    def _has_columns(self, text: str) -> bool:
        """Say whether a filter can be asked: a name that no item has is an error."""
        kinds = self.naive.describe().columns
        return all(name in kinds for name in parse_filter(text).names)


def assert_same(found: Matches, expected: Matches, k: int) -> None:
    """Assert that k answers are the best ones; items of equal score may stand for each other."""
    best = expected.scores[:k]
    assert len(found.item_ids) == len(set(found.item_ids)) == len(best)
    np.testing.assert_allclose(found.scores, best, rtol=0, atol=1e-5)
    scores = dict(zip(expected.item_ids, expected.scores.tolist(), strict=True))
    np.testing.assert_allclose(found.scores, [scores[item_id] for item_id in found.item_ids], atol=1e-5)


class TestMilvus(Catalogues.TestCase):
    settings = settings(max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
