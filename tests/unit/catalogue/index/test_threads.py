from __future__ import annotations

import threading

import numpy as np

from modiste.catalogue.index import ExactIndex, build_index
from modiste.catalogue.index.threads import _list_pools, use_threads
from tests.unit.catalogue.index.brute_force import draw_clusters


def _count() -> list[int]:
    return [pool.num_threads for pool in _list_pools()]


def test_the_limit_holds_inside_and_is_gone_after() -> None:
    before = _count()
    with use_threads(1):
        assert set(_count()) == {1}
        with use_threads(2):
            pass
    assert _count() == before
    with use_threads(None):
        assert _count() == before


def test_limits_that_overlap_leave_what_was_before() -> None:
    before = _count()
    entered, left = threading.Event(), threading.Event()

    def hold() -> None:
        with use_threads(1):
            entered.set()
            left.wait(10)

    thread = threading.Thread(target=hold)
    with use_threads(1):
        thread.start()
        assert entered.wait(10)
    left.set()
    thread.join()
    assert _count() == before


def test_searches_from_several_threads_answer_as_one() -> None:
    vectors = draw_clusters(3000, 16, seed=1)
    for index in (ExactIndex(vectors, 1), build_index("ivf-sq8", vectors, threads=1)):
        wanted = index.search(vectors[:8], 10).rows
        answers: dict[int, np.ndarray] = {}

        def ask(place: int, index=index, answers=answers) -> None:  # type: ignore[no-untyped-def]
            for _ in range(20):
                answers[place] = index.search(vectors[place : place + 1], 10).rows[0]

        asking = [threading.Thread(target=ask, args=(place,)) for place in range(8)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        np.testing.assert_array_equal([answers[place] for place in range(8)], wanted)
