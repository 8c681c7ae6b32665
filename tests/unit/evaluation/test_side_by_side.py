"""Systems side by side: figures are those of each alone, verdicts those of the pair, and costs what was given."""

from __future__ import annotations

import numpy as np
import pytest

from modiste.evaluation import (
    Candidate,
    Predictions,
    compare_predictions,
    list_candidates,
    list_comparison,
    score_predictions,
)
from modiste.manifest import Manifest


@pytest.fixture(scope="module")
def shop() -> Manifest:
    rows = [
        {
            "item_id": f"i{at}",
            "image": f"{at}.jpg",
            "source": "t",
            "label.hue": "rb"[at % 2],
            "label.sort": "xyz"[at % 3],
        }
        for at in range(60)
    ]
    return Manifest.from_rows(rows)


def say(shop: Manifest, wrong: int, fields: tuple[str, ...] = ("hue", "sort")) -> Predictions:
    """Return answers of which the first so many are wrong."""
    scores = {}
    for name in fields:
        field = shop.taxonomy[name]
        answers = [field.index(label) for label in shop.labels(name)]
        answers[:wrong] = [(answer + 1) % len(field) for answer in answers[:wrong]]
        scores[name] = np.eye(len(field), dtype=np.float32)[answers]
    return Predictions.from_scores(shop.taxonomy.select(fields), list(shop.items["item_id"]), scores)


def make(shop: Manifest, name: str, told: Predictions, first: Predictions | None = None, **cost: float) -> Candidate:
    against = () if first is None else compare_predictions(shop, told, first, replicates=50)
    return Candidate(name, score_predictions(shop, told, replicates=50), cost, against)


def test_the_tables_say_what_each_system_got_right_and_which_is_better(shop: Manifest) -> None:
    first = say(shop, 30)
    one, other = make(shop, "one", first, parameters=1_234_567), make(shop, "other", say(shop, 3), first, seconds=2.5)
    right, cost, verdicts = list_comparison([one, other])
    assert "| one    | 0.5000 [" in right.text and "| other  | 0.9500 [" in right.text
    assert "1,234,567" in cost.text and "2.5" in cost.text and cost.text.count("–") == 2
    assert verdicts.heading == "Against one"
    assert "**hue**: other is better than one: 95.0 against 50.0 %" in verdicts.text
    assert "3 comparisons" in verdicts.text  # two fields and all of them together
    assert set(verdicts.data["other"]) == {"hue", "sort", "all fields right"}


def test_rows_for_programs_are_flat_and_say_the_same(shop: Manifest) -> None:
    first, second = list_candidates(
        [make(shop, "one", say(shop, 0)), make(shop, "two", say(shop, 6, ("hue",)), seconds=1)]
    )
    assert first["hue"] == first["mean"] == first["all right"] == 1.0
    assert second["hue"] == pytest.approx(0.9) and second["hue low"] < 0.9 < second["hue high"]
    assert second["seconds"] == 1 and "sort" not in second and "seconds" not in first


def test_a_single_system_has_no_verdict_and_strangers_say_so(shop: Manifest) -> None:
    one = make(shop, "one", say(shop, 0, ("hue",)))
    assert [section.heading for section in list_comparison([one])] == ["What they get right"]
    told = list_comparison([one, make(shop, "two", say(shop, 0, ("sort",)))])[-1].text
    assert "two and one share no field" in told
