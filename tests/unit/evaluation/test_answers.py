"""Truth and answers side by side, whatever order and vocabulary the two sides have."""

from __future__ import annotations

import numpy as np
import pytest

from modiste.errors import UnknownNameError, UsageError
from modiste.evaluation import MultiAnswers, Predictions, SingleAnswers, align_answers
from modiste.manifest import Manifest
from modiste.taxonomy import Field, Taxonomy


def make_shop(**columns):
    rows = zip(*columns.values(), strict=True)
    named = [{f"label.{name}": value for name, value in zip(columns, row, strict=True)} for row in rows]
    return Manifest.from_rows(
        {"item_id": item, "image": item, "source": "test", **labels}
        for item, labels in zip("abcdef", named, strict=False)
    )


def make_told(field, items, answers):
    """Predictions that answer with certainty; None answers nothing."""
    scores = np.zeros((len(items), len(field)), np.float32)
    for row, answer in enumerate(answers):
        if answer is not None:
            scores[row, field.index(answer)] = 1
    return Predictions.from_scores(Taxonomy((field,)), items, {field.name: scores})


def test_items_are_matched_by_id_and_values_by_name():
    shop = make_shop(hue=["red", "blue", "red"])
    told = make_told(Field("hue", "single", ("red", "green", "blue")), ["c", "z", "a"], ["red", "blue", "green"])
    (answers,) = align_answers(shop, told)
    assert isinstance(answers, SingleAnswers)
    assert answers.field.values == ("blue", "red", "green")
    assert answers.truth.tolist() == [1, 0, 1]
    assert answers.answer.tolist() == [2, -1, 1]
    assert answers.hits.tolist() == [False, False, True]
    assert answers.confidence.tolist() == [1, 0, 1]


def test_unknown_labels_are_no_hits():
    (answers,) = align_answers(
        make_shop(hue=["red", None]), make_told(Field("hue", "single", ("red",)), "ab", ["red"] * 2)
    )
    assert answers.known.tolist() == [True, False]
    assert answers.hits.tolist() == [True, False]


def test_multi_fields_compare_sets():
    shop = make_shop(fabric=[["silk"], ["cotton", "silk"], None, []])
    field = Field("fabric", "multi", ("silk", "cotton"))
    told = Predictions.from_scores(
        Taxonomy((field,)), list("abcd"), {"fabric": np.array([[1, 0], [1, 0], [1, 1], [0, 0]], np.float32)}
    )
    (answers,) = align_answers(shop, told)
    assert isinstance(answers, MultiAnswers)
    assert answers.known.tolist() == [True, True, False, True]
    assert answers.hits.tolist() == [True, False, False, True]


def test_restricting_replaces_only_what_is_outside():
    shop = make_shop(hue=["red", "blue", "red"])
    field = Field("hue", "single", ("blue", "green", "red"))
    scores = np.array([[0.3, 0.5, 0.2], [0.6, 0.1, 0.3], [0.0, 1.0, 0.0]], np.float32)
    (answers,) = align_answers(shop, Predictions.from_scores(Taxonomy((field,)), list("abc"), {"hue": scores}))
    restricted = answers.restrict(["blue", "red"])
    assert [answers.field.values[i] for i in answers.answer] == ["green", "blue", "green"]
    assert [answers.field.values[i] if i >= 0 else None for i in restricted.answer] == ["blue", "blue", None]
    with pytest.raises(UnknownNameError, match="'mauve'"):
        answers.restrict(["mauve"])


def test_what_shares_nothing_is_refused():
    shop, hue = make_shop(hue=["red"]), Field("hue", "single", ("red",))
    with pytest.raises(UsageError, match="share no item"):
        align_answers(shop, make_told(hue, ["z"], ["red"]))
    with pytest.raises(UsageError, match="share no field"):
        align_answers(shop, make_told(Field("cut", "single", ("slim",)), ["a"], ["slim"]))
    with pytest.raises(UnknownNameError, match="'cut'"):
        align_answers(shop, make_told(hue, ["a"], ["red"]), fields=["cut"])
    with pytest.raises(UsageError, match="kind 'single' in the data"):
        align_answers(shop, make_told(Field("hue", "multi", ("red",)), ["a"], ["red"]))
