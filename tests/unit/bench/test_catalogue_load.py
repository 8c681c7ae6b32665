"""The load test itself: a few seconds of it pass, and a wrong answer, a lost item or a crash would not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modiste.bench.catalogue_load import measure_load
from modiste.bench.catalogue_load.checking import check_answers, read_answers
from modiste.bench.catalogue_load.journal import JournalReader, JournalWriter, read_journal
from modiste.bench.catalogue_load.playing import JOURNAL, K, play_writer, replay
from modiste.bench.catalogue_load.running import _find_lost
from modiste.bench.catalogue_load.world import (
    Change,
    Shop,
    build_item,
    build_load_head,
    draw_change,
    draw_price,
    draw_vector,
    stack_vectors,
)
from modiste.catalogue.local import LocalBackend


@pytest.mark.slow
def test_a_few_seconds_of_load_leave_the_catalogue_whole(tmp_path: Path) -> None:
    report = measure_load(tmp_path, minutes=0.3, readers=2, items=300, say=lambda line: None)
    seen = {target.name: target.seen for target in report.targets}
    assert seen["answers that are right in no state they may have seen"] == 0
    assert seen["items that differ from what was acknowledged, at the end"] == 0
    assert seen["problems that verify finds"] == 0
    assert seen["processes that ended by themselves"] == 0
    assert seen["answers checked"] > 0


def make_journal(folder: Path, count: int) -> list[Change]:
    journal, shop, changes = JournalWriter(folder / JOURNAL), Shop(), []
    for number in range(1, count + 1):
        change = draw_change(number, shop, seed=3)
        journal.begin(change)
        journal.end(change, applied=True)
        shop.apply(change)
        changes.append(change)
    return changes


def answer_by_force(shop: Shop, query: int, ceiling: int | None, settled: int, begun: int) -> dict[str, Any]:
    scored = [
        (float(draw_vector("query", query) @ draw_vector(name, version)), name)
        for name, version in shop.vectors.items()
        if ceiling is None or draw_price(name, shop.prices[name]) <= ceiling
    ]
    best = sorted(scored, reverse=True)[:K]
    return {
        "query": query,
        "ceiling": ceiling,
        "settled": settled,
        "begun": begun,
        "ids": [name for _, name in best],
        "scores": [round(score, 6) for score, _ in best],
    }


def test_right_answers_pass_and_wrong_ones_do_not(tmp_path: Path) -> None:
    changes = make_journal(tmp_path, 30)
    journal, shop, answers = read_journal(tmp_path / JOURNAL), Shop(), []
    for number, change in enumerate(changes, start=1):
        shop.apply(change)
        # Seen while up to two more changes were under way.
        answers.append(
            answer_by_force(shop, number, None if number % 2 else 3000, max(0, number - 1), min(30, number + 1))
        )
    assert list(check_answers(journal, answers)) == []
    late = answer_by_force(replay(journal.changes[:5], (True,) * 5), 7, None, 20, 20)
    missing = {**answers[-1], "ids": answers[-1]["ids"][1:], "scores": answers[-1]["scores"][1:]}
    swapped = {**answers[-1], "ids": [*answers[-1]["ids"][1:], answers[-1]["ids"][0]]}
    for wrong in (late, missing, swapped):
        assert list(check_answers(journal, [wrong])) == [wrong]


def test_a_change_that_was_not_carried_out_is_in_no_state(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / JOURNAL)
    for number, applied in ((1, True), (2, False)):
        change = Change(number, "put", ((f"item-{number}", number),))
        writer.begin(change)
        writer.end(change, applied=applied)
    journal = read_journal(tmp_path / JOURNAL)
    shop = Shop({"item-1": 1}, {"item-1": 1})
    good = answer_by_force(shop, 1, None, 2, 2)
    shop.apply(journal.changes[1])
    bad = answer_by_force(shop, 1, None, 2, 2)
    assert list(check_answers(journal, [good, bad])) == [bad]


@pytest.mark.parametrize("carried_out", [False, True])
def test_the_next_writer_finds_out_what_became_of_the_last_change(tmp_path: Path, carried_out: bool) -> None:
    with LocalBackend(tmp_path / "shop", create=build_load_head()) as backend:
        writer = JournalWriter(tmp_path / JOURNAL)
        change = Change(1, "put", (("a", 1), ("b", 1)))
        writer.begin(change)
        if carried_out:
            backend.put([build_item(*pair) for pair in change.items], stack_vectors(change.items))
    play_writer(tmp_path, 0, changes=0)
    assert read_journal(tmp_path / JOURNAL).applied == (carried_out,)


def test_a_change_carried_out_in_part_is_not_passed_over(tmp_path: Path) -> None:
    with LocalBackend(tmp_path / "shop", create=build_load_head()) as backend:
        change = Change(1, "put", (("a", 1), ("b", 1)))
        JournalWriter(tmp_path / JOURNAL).begin(change)
        backend.put([build_item("a", 1)], stack_vectors([("a", 1)]))
    with pytest.raises(AssertionError, match="carried out in part"):
        play_writer(tmp_path, 0, changes=0)


def test_what_is_not_as_acknowledged_is_found_and_told_apart(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path / JOURNAL)
    for change, applied in ((Change(1, "put", (("a", 1), ("b", 1))), True), (Change(2, "put", (("c", 2),)), False)):
        journal.begin(change)
        journal.end(change, applied=applied)
    with LocalBackend(tmp_path / "shop", create=build_load_head()) as backend:
        pairs = [("a", 1), ("c", 2)]
        backend.put([build_item(*pair) for pair in pairs], stack_vectors(pairs))
    lost = _find_lost(tmp_path, read_journal(tmp_path / JOURNAL))
    assert len(lost) == 2
    assert lost[0].startswith("b: version None, expected 1; an acknowledged change is lost")
    assert lost[1].startswith("c: version 2, expected None; change 2, never acknowledged and seen missing, came back")


def test_lines_cut_short_do_not_count(tmp_path: Path) -> None:
    changes = make_journal(tmp_path, 3)
    path, reader = tmp_path / JOURNAL, JournalReader(tmp_path / JOURNAL)
    with path.open("ab") as file:
        file.write(b'{"begin": {"number": 4, "ki')
    reader.look()
    assert (reader.begun, reader.settled) == (3, 3)
    assert read_journal(path).changes == tuple(changes)


def test_answers_are_read_in_the_order_of_what_was_settled(tmp_path: Path) -> None:
    for number, settled in ((0, 5), (1, 2)):
        line = json.dumps({"settled": settled, "number": number})
        (tmp_path / f"answers-{number}.jsonl").write_text(line + "\n" + line[:9], encoding="utf-8")
    assert [answer["settled"] for answer in read_answers(tmp_path)] == [2, 5]


def test_vectors_are_of_unit_length_and_differ_by_version() -> None:
    vectors = stack_vectors([("a", 1), ("a", 2), ("b", 1)])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert abs(float(vectors[0] @ vectors[1])) < 0.999
