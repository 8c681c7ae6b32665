"""Acceptance of a catalogue: recall is judged by brute force, and what is too slow misses its target."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from modiste.bench import catalogue as bench
from modiste.bench.processes import run_modiste
from modiste.bench.rounds import Timing
from modiste.catalogue import Catalogue, CatalogueItem, Matches
from modiste.synthetic import draw_shop
from tests.conftest import REPOSITORY

TINY = REPOSITORY / "tests" / "golden" / "tiny"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalogue") / "shop"
    drawn = list(draw_shop(40, size=(60, 80)))
    items = [CatalogueItem(f"{number}", title=one.title, price=float(number)) for number, one in enumerate(drawn)]
    with Catalogue.create(folder, bundle=TINY) as shop:
        shop.add_items(items, pictures=[one.picture for one in drawn])
    return folder


def test_searches_of_a_small_catalogue_find_everything(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "_SEARCH_ROUNDS", 2)
    with Catalogue.open(place, bundle=TINY) as shop:
        found = bench.measure_searches(shop, lambda line: None, queries=6)
    assert (found.items, found.recall) == (40, 1.0)
    assert found.filtered[0.9] == 1.0
    assert found.ratios["exact search"] == [1.0, 1.0]
    targets = list(bench._judge_searches(found))
    assert json.loads(json.dumps([target.to_json() for target in targets]))
    assert json.dumps([section.data for section in (bench._show_searches(found), bench._show_opening([0.1]))])
    names = {target.name for target in targets}
    assert {"words, times exact search", "a filter that keeps 1%, recall@10"} <= names


def test_recall_is_what_a_full_sort_gives() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(30, 4)).astype(np.float32)
    queries, ids = rng.normal(size=(5, 4)).astype(np.float32), [f"id {number}" for number in range(30)]
    keep = rng.random(30) < 0.7
    wanted = [sorted(np.flatnonzero(keep), key=lambda row, one=one: -float(vectors[row] @ one))[:10] for one in queries]
    given = [[ids[row] for row in rows[:7]] + ["id 0"] * 0 for rows in wanted]
    answers = iter(given)
    judge = bench._Judge(queries, ids, vectors)
    assert judge.measure(lambda query: Matches(next(answers), np.zeros(7, np.float32)), keep) == pytest.approx(0.7)


def test_too_slow_is_a_missed_target() -> None:
    slow = {"modiste embed": Timing(100, (1.0,)), "catalogue build": Timing(100, (2.0,))}
    assert [target.met for target in bench._judge_building(slow)] == [False]
    assert [target.met for target in bench._judge_opening([0.4, 0.9, 0.8])] == [False]
    ratios = {name: [5.0] for name in ("numpy V @ q", "the default index", "words")}
    ratios |= {bench._name_filter(share): [5.0] for share in bench.SHARES}
    found = bench.Searches(10, 0.001, 0.9, dict.fromkeys(bench.SHARES, 0.9), ratios)
    missed = [target.name for target in bench._judge_searches(found) if not target.met]
    assert len(missed) == 9


def test_a_fresh_process_says_how_long_it_took(place: Path) -> None:
    finished = run_modiste([str(place), "3"], folder=place.parent, time_limit=60, module="modiste.bench.open_once")
    assert finished.code == 0, finished.output
    opened, found = map(float, finished.output.split())
    assert 0 < opened <= found < finished.seconds
