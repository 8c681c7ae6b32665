"""One row an item and field, told by a loop of its own."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from modiste.evaluation import VERDICT_SCHEMA, Predictions, list_verdicts, score_predictions


@pytest.fixture
def told(shop):
    """What a careless system says of five of the six items."""
    draw = np.random.default_rng(0)
    scores = {item.name: draw.random((5, len(item))).astype(np.float32) for item in shop.taxonomy}
    return Predictions.from_scores(shop.taxonomy, [f"item{n}" for n in (4, 2, 0, 1, 3)], scores)


def test_each_item_and_field_has_its_row(shop, told):
    table = list_verdicts(shop, told)
    assert dict(table.schema) == VERDICT_SCHEMA
    assert table.height == 6 * 4 and not table.select("id", "field").is_duplicated().any()
    for row in table.iter_rows(named=True):
        item = shop.taxonomy[row["field"]]
        truth = shop.labels(item.name)[shop.items["item_id"].to_list().index(row["id"])]
        said = None
        if row["id"] != "item5":
            at = told.item_ids.index(row["id"])
            scores, chosen = told.scores[item.name][at], told.chosen[item.name][at]
            said = [value for value, there in zip(item.values, chosen, strict=True) if there]
            sure = min(scores[chosen]) if said else 1 - max(scores)
            assert row["confidence"] == pytest.approx(float(sure))
        if item.kind == "multi":
            assert row["truth"] == " | ".join(truth)
            assert row["prediction"] == (None if said is None else " | ".join(said))
            assert row["correct"] == (said is not None and list(truth) == said)
        else:
            assert (row["truth"], row["prediction"]) == (truth, said[0] if said else None)
            assert row["correct"] == (said == [truth])
    assert table.filter(pl.col("id") == "item5")["confidence"].to_list() == [0.0] * 4


def test_verdicts_add_up_to_the_figures(shop, told):
    table, figures = list_verdicts(shop, told), score_predictions(shop, told, replicates=2)
    shares = dict(table.group_by("field").agg(pl.col("correct").mean()).iter_rows())
    assert {name: shares[name] for name in ("kind", "colour")} == {
        name: pytest.approx(figures[name].accuracy.value) for name in ("kind", "colour")
    }


def test_unknown_labels_have_no_verdict(shop, told):
    blank = shop.items.with_columns(pl.lit(None, pl.String).alias("label.kind"))
    table = list_verdicts(type(shop)(shop.taxonomy, blank), told, fields=["kind"])
    assert table["truth"].null_count() == table["correct"].null_count() == 6


def test_restricted_answers_are_told(shop, told):
    table = list_verdicts(shop, told, fields=["kind"], classes={"kind": ["Bags"]})
    assert set(table["prediction"].drop_nulls()) == {"Bags"}
