"""Random changes through two backends on one folder, against a dict and brute force."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from modiste.catalogue import Matches
from modiste.catalogue.filters import parse_filter
from modiste.catalogue.local import LocalBackend, base_loading, following, refreshing, verify
from modiste.catalogue.words import split_words
from tests.unit.catalogue.local.drawing import FILTERS, HEAD, IDS, draw_changes, draw_items, draw_vectors
from tests.unit.catalogue.naive import NaiveBackend

ASKED = st.none() | st.sampled_from(FILTERS)


class Catalogues(RuleBasedStateMachine):
    """Two processes' worth of backends, used in turn, and the reference."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "shop"
        self.backends = [LocalBackend(self.path, create=HEAD, refresh=False), LocalBackend(self.path, refresh=False)]
        self.naive = NaiveBackend(HEAD)

    @rule(which=st.integers(0, 1), items=draw_items(), seed=st.integers(0, 5))
    def put(self, which: int, items: list, seed: int) -> None:
        vectors = draw_vectors(len(items), seed)
        self.backends[which].put(items, vectors)
        self.naive.put(items, vectors)

    @rule(which=st.integers(0, 1), changes=draw_changes())
    def patch(self, which: int, changes: list) -> None:
        assert self.backends[which].patch(changes) == self.naive.patch(changes)

    @rule(which=st.integers(0, 1), ids=st.lists(st.sampled_from((*IDS, "zz")), max_size=3))
    def remove(self, which: int, ids: list[str]) -> None:
        assert self.backends[which].remove(ids) == self.naive.remove(ids)

    @rule(which=st.integers(0, 1))
    def open_again(self, which: int) -> None:
        self.backends[which].close()
        self.backends[which] = LocalBackend(self.path, refresh=False)

    @rule(which=st.integers(0, 1))
    def cache(self, which: int) -> None:
        self.backends[which].refresh_cache()

    @rule(
        which=st.integers(0, 1), k=st.integers(1, 10), seed=st.integers(0, 5), text=st.none() | st.sampled_from(FILTERS)
    )
    def search(self, which: int, k: int, seed: int, text: str | None) -> None:
        where = None if text is None or not self._has_columns(text) else parse_filter(text)
        query = draw_vectors(1, seed)[0]
        found = self.backends[which].nearest(query, k, where=where)
        assert_same(found, self.naive.nearest(query, 100, where=where), k)
        for by in ("added", "price", "-price", "title"):
            assert self.backends[which].list_ids(where, by=by) == self.naive.list_ids(where, by=by)

    @rule(
        which=st.integers(0, 1),
        text=st.none() | st.sampled_from(FILTERS),
        words=st.sampled_from(["blue shirt", "men été"]),
    )
    def search_words(self, which: int, text: str | None, words: str) -> None:
        where = None if text is None or not self._has_columns(text) else parse_filter(text)
        found = self.backends[which].match_words(split_words(words), 3, where=where)
        assert_same(found, self.naive.match_words(split_words(words), 100, where=where), 3, tolerance=1e-5)
        assert dict(self.backends[which].known_words()) == dict(self.naive.known_words())

    @rule(which=st.integers(0, 1))
    def count(self, which: int) -> None:
        names = ["gender", "colours", "currency", "size", "price"]  # ties of spellings are nobody's to break
        assert self.backends[which].count_facets(names) == self.naive.count_facets(names)

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

    def teardown(self) -> None:
        if hasattr(self, "backends"):
            assert verify(self.path) == []
            for backend in self.backends:
                backend.close()
            self.folder.cleanup()

    def _has_columns(self, text: str) -> bool:
        """Say whether a filter can be asked: a name that no item has is an error, and kinds follow the items."""
        kinds = self.naive.describe().columns
        stored = self.backends[0].describe().columns
        return all(name in kinds and kinds[name] == stored.get(name) for name in parse_filter(text).names)


def assert_same(found: Matches, expected: Matches, k: int, *, tolerance: float = 1e-7) -> None:
    """Assert that k answers are the best ones; items of equal score may stand for each other."""
    best = expected.scores[:k]
    assert len(found.item_ids) == len(set(found.item_ids)) == len(best)
    np.testing.assert_allclose(found.scores, best, rtol=0, atol=tolerance)
    scores = dict(zip(expected.item_ids, expected.scores.tolist(), strict=True))
    for item_id, score in zip(found.item_ids, found.scores.tolist(), strict=True):
        assert scores[item_id] == pytest.approx(score, abs=tolerance)


CATALOGUES = settings(max_examples=30, stateful_step_count=30, suppress_health_check=list(HealthCheck))


class TestInMemory(Catalogues.TestCase):
    settings = CATALOGUES


class TestFromCache(Catalogues.TestCase):
    """The same with cached states however few items there are."""

    settings = CATALOGUES

    @pytest.fixture(autouse=True)
    def _cache_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(base_loading, "LEAST_CACHED", 1)
        monkeypatch.setattr(refreshing, "LEAST_CACHED", 1)
        monkeypatch.setattr(following, "_LEAST_DEAD", 1)
        monkeypatch.setattr(following, "_LOOK_SECONDS", 0.0)
