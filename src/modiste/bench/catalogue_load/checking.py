"""Whether every answer was right: brute force over each state that the catalogue may have been in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from modiste.bench.catalogue_load.journal import Journal
from modiste.bench.catalogue_load.playing import K
from modiste.bench.catalogue_load.world import WIDTH, Change, Shop, draw_price, draw_vector

__all__ = ["check_answers", "read_answers"]

_TOLERANCE: Final = 2e-6


def read_answers(folder: Path) -> list[dict[str, Any]]:
    """Return what all readers wrote down, in the order of the changes that were settled before."""
    answers = []
    for path in sorted(folder.glob("answers-*.jsonl")):
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]
        answers += [json.loads(line) for line in lines]
    return sorted(answers, key=lambda answer: int(answer["settled"]))


def check_answers(journal: Journal, answers: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the answers that are right in no state between what was settled before and what was begun until after.

    Args:
        journal: Every change, with what became of it.
        answers: In the order of ``settled``.
    """
    window = _Window(journal)
    for answer in answers:
        window.move_to(answer["settled"])
        if not any(_is_right(answer, state) for state in window.list_states(answer["begun"])):
            yield answer


class _State:
    """A state as arrays."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.vectors = np.empty((0, WIDTH), np.float32)
        self.prices = np.empty(0)

    @classmethod
    def of(cls, shop: Shop) -> _State:
        state = cls()
        state.names = list(shop.vectors)
        if state.names:
            state.vectors = np.stack([draw_vector(name, version) for name, version in shop.vectors.items()])
            state.prices = np.array([draw_price(name, shop.prices[name]) for name in state.names])
        return state


class _Window:
    """The states from one that moves forward; each is made once."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._shop, self._at = Shop(), 0
        self._states: dict[int, _State] = {}

    def move_to(self, settled: int) -> None:
        while self._at < settled:
            self._states.pop(self._at, None)
            _apply(self._shop, self._journal, self._at)
            self._at += 1

    def list_states(self, begun: int) -> Iterator[_State]:
        shop = Shop(dict(self._shop.vectors), dict(self._shop.prices))
        for number in range(self._at, begun + 1):
            if number > self._at:
                _apply(shop, self._journal, number - 1)
            if number not in self._states:
                self._states[number] = _State.of(shop)
            yield self._states[number]


def _apply(shop: Shop, journal: Journal, place: int) -> None:
    change: Change = journal.changes[place]
    if journal.applied[place]:
        shop.apply(change)


def _is_right(answer: dict[str, Any], state: _State) -> bool:
    scores = state.vectors @ draw_vector("query", answer["query"])
    kept = np.ones(len(scores), np.bool_) if answer["ceiling"] is None else state.prices <= answer["ceiling"]
    best = np.sort(scores[kept])[::-1][:K]
    if len(best) != len(answer["ids"]) or not np.allclose(best, answer["scores"], atol=_TOLERANCE):
        return False
    return _own_scores(answer, state, scores, kept)


def _own_scores(answer: dict[str, Any], state: _State, scores: NDArray[np.float32], kept: NDArray[np.bool_]) -> bool:
    """Whether each answered item is there, passes the filter, and has the score that is claimed for it."""
    places = {name: place for place, name in enumerate(state.names)}
    found = [places.get(name, -1) for name in answer["ids"]]
    if -1 in found or len(set(found)) < len(found) or not kept[found].all():
        return False
    return np.allclose(scores[found], answer["scores"], atol=_TOLERANCE)
