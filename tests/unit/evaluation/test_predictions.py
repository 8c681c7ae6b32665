"""The predictions table: what it accepts, what it refuses, and that it comes back as it was."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modiste.errors import SourceError, UsageError
from modiste.evaluation import PREDICTION_SCHEMA, Predictions, read_predictions
from modiste.taxonomy import Field, Taxonomy

SHOP = Taxonomy(
    (Field("season", "single", ("Summer", "Winter", "Spring")), Field("fabric", "multi", ("Cotton", "Silk")))
)


def make_table(*rows, chosen=None):
    table = pl.DataFrame(list(rows), schema=PREDICTION_SCHEMA, orient="row")
    return table if chosen is None else table.with_columns(chosen=pl.Series(chosen))


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_table_and_back(items, seed):
    random = np.random.default_rng(seed)
    scores = {field.name: random.random((items, len(field))).astype(np.float32) for field in SHOP}
    told = Predictions.from_scores(SHOP, [f"i{n}" for n in range(items)], scores)
    table = told.to_table().sample(fraction=1, shuffle=True, seed=1)
    back = Predictions.from_table(table, SHOP)
    order = [back.item_ids.index(item) for item in told.item_ids]
    for name in SHOP.names:
        np.testing.assert_allclose(back.scores[name][order], told.scores[name])
        np.testing.assert_array_equal(back.chosen[name][order], told.chosen[name])


def test_without_chosen_the_highest_score_answers():
    table = make_table(("a", "season", "Winter", 0.4), ("a", "season", "Summer", 0.4), ("b", "fabric", "Silk", 0.5))
    told = Predictions.from_table(table, SHOP)
    assert told.chosen["season"].tolist() == [[True, False, False], [False, False, False]]
    assert told.chosen["fabric"].tolist() == [[False, False], [False, True]]


def test_chosen_overrules_the_score():
    table = make_table(("a", "season", "Winter", 0.6), ("a", "season", "Summer", 0.4), chosen=[False, True])
    assert Predictions.from_table(table, SHOP).chosen["season"].tolist() == [[True, False, False]]


def test_choices_and_thresholds_are_used():
    scores = {"season": np.array([[0.6, 0.4, 0.0]], np.float32), "fabric": np.array([[0.4, 0.7]], np.float32)}
    choices, thresholds = {"season": np.array([1])}, {"fabric": {"Cotton": 0.3, "Silk": 0.8}}
    told = Predictions.from_scores(SHOP, ["a"], scores, choices=choices, thresholds=thresholds)
    assert told.chosen["season"].tolist() == [[False, True, False]]
    assert told.chosen["fabric"].tolist() == [[True, False]]


def test_top_keeps_the_best_and_the_chosen():
    scores = {"season": np.array([[0.5, 0.3, 0.2]], np.float32)}
    told = Predictions.from_scores(SHOP.select(("season",)), ["a"], scores, choices={"season": np.array([2])})
    assert told.to_table(top=1)["value"].to_list() == ["Summer", "Spring"]


def test_strange_values_stay_and_strange_fields_go():
    table = make_table(("a", "season", "Monsoon", 0.9), ("a", "price", "low", 0.9))
    told = Predictions.from_table(table, SHOP)
    assert told.taxonomy.names == ("season",)
    assert told.taxonomy["season"].values == ("Summer", "Winter", "Spring", "Monsoon")
    assert told.chosen["season"].argmax() == 3


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_files_are_read(tmp_path, suffix):
    table = make_table(("a", "season", "Winter", 0.6), ("a", "season", "Summer", 0.4), chosen=[False, True])
    path = tmp_path / f"told{suffix}"
    {".csv": table.write_csv, ".parquet": table.write_parquet, ".jsonl": table.write_ndjson}[suffix](path)
    assert read_predictions(path, SHOP).chosen["season"].tolist() == [[True, False, False]]


def test_tags_are_read(tmp_path):
    path = tmp_path / "tags.csv"
    path.write_text("image,item_id,season,season_confidence,doubtful\na.jpg,a,Winter,0.7,false\nb.jpg,b,,,true\n")
    told = read_predictions(path, SHOP)
    assert told.item_ids == ("a",)
    assert told.scores["season"].tolist() == [[0, pytest.approx(0.7), 0]]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_tags_that_are_silent_of_the_first_products_are_read(tmp_path, suffix):
    silent = 150
    table = pl.DataFrame(
        {
            "item_id": [f"i{number}" for number in range(silent + 1)],
            "season": ["Winter"] * (silent + 1),
            "season_confidence": [0.9] * (silent + 1),
            "fabric": [None] * silent + ["Wool"],
            "fabric_confidence": [None] * silent + [0.8],
        }
    )
    path = tmp_path / f"tags{suffix}"
    {".csv": table.write_csv, ".parquet": table.write_parquet, ".jsonl": table.write_ndjson}[suffix](path)
    both = Taxonomy((*SHOP.select(("season",)).fields, Field("fabric", "single", ("Wool", "Silk"))))
    told = read_predictions(path, both)
    assert len(told.item_ids) == silent + 1 and told.scores["fabric"].sum() == pytest.approx(0.8)
    never = tmp_path / f"never{suffix}"
    table = table.head(silent)
    {".csv": table.write_csv, ".parquet": table.write_parquet, ".jsonl": table.write_ndjson}[suffix](never)
    assert read_predictions(never, both).taxonomy.names == ("season",)


@pytest.mark.parametrize(
    ("table", "text"),
    [
        (pl.DataFrame({"item_id": ["a"]}), "missing: field, value, score"),
        (make_table(("a", "season", "Winter", 0.5), ("a", "season", "Winter", 0.6)), "two scores"),
        (make_table(("a", "price", "low", 0.5)), "the data has season, fabric"),
        (make_table(("a", "season", None, 0.5)), "empty cells"),
        (make_table(("a", "season", "Winter", 1.5)), r"lie in \[0, 1\]"),
        (make_table(("a", "season", "Winter", 0.5), ("a", "season", "Summer", 0.5), chosen=[True, True]), "several"),
        (make_table(("a", "season", "Winter", 0.5)).with_columns(score=pl.lit("high")), "wrong type"),
        (make_table(("a", "season", "Winter", 0.5), chosen=["maybe"]), "wrong type"),
    ],
)
def test_bad_tables_are_refused(table, text):
    with pytest.raises(UsageError, match=text):
        Predictions.from_table(table, SHOP)


def test_bad_scores_are_refused():
    single = SHOP.select(("season",))
    with pytest.raises(UsageError, match="twice"):
        Predictions.from_scores(single, ["a", "a"], {"season": np.zeros((2, 3), np.float32)})
    with pytest.raises(UsageError, match="shape"):
        Predictions.from_scores(single, ["a"], {"season": np.zeros((1, 2), np.float32)})


def test_bad_files_are_refused(tmp_path):
    with pytest.raises(SourceError, match="ends in"):
        read_predictions(tmp_path / "told.xml", SHOP)
    with pytest.raises(SourceError, match="can't be read"):
        read_predictions(tmp_path / "absent.csv", SHOP)
    (tmp_path / "broken.parquet").write_bytes(b"nonsense")
    with pytest.raises(SourceError, match="can't be read"):
        read_predictions(tmp_path / "broken.parquet", SHOP)
    (tmp_path / "tags.csv").write_text("image,price_confidence\na,1\n")
    with pytest.raises(UsageError, match="FIELD_confidence"):
        read_predictions(tmp_path / "tags.csv", SHOP)
