"""Which fields stay, which values are learnt, who refines whom."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from hypothesis import given
from hypothesis import strategies as st

from modiste.errors import UnknownNameError, UsageError
from modiste.manifest import Manifest
from modiste.taxonomy import Field, Taxonomy
from modiste.training.adapting.fields import choose_kept, find_parents, merge_fields
from modiste.training.adapting.values import plan_values, relabel

KIND = Field("kind", "single", ("Bags", "Shoes"))
ARTICLE = Field("article", "single", ("Heels", "Tote"), "kind", {"Heels": ("Shoes",), "Tote": ("Bags",)})
HUE = Field("hue", "single", ("red", "blue"))
BEFORE = Taxonomy((KIND, ARTICLE, HUE))


def build(labels, name="label.hue"):
    rows = [{"item_id": str(at), "image": "x", "source": "x", name: label} for at, label in enumerate(labels)]
    return Manifest.from_rows(rows)


def test_what_the_data_does_not_teach_is_kept():
    assert choose_kept(BEFORE, ["hue", "mood"], None) == ("kind", "article")
    assert choose_kept(BEFORE, ["hue"], ["article"]) == ("article",)
    assert choose_kept(BEFORE, ["hue"], []) == ()
    with pytest.raises(UnknownNameError, match="did you mean 'article'"):
        choose_kept(BEFORE, ["hue"], ["articel"])
    with pytest.raises(UsageError, match="the data teaches what --keep wants to keep"):
        choose_kept(BEFORE, ["hue"], ["hue"])


def test_a_learnt_field_takes_the_place_of_the_old_one_and_new_ones_come_last():
    hue, mood = Field("hue", "single", ("warm", "cold")), Field("mood", "multi", ("calm",))
    merged, notes = merge_fields(BEFORE, {"mood": mood, "hue": hue}, ("kind", "article"))
    assert merged.names == ("kind", "article", "hue", "mood")
    assert merged["hue"].values == ("warm", "cold")
    assert merged["article"] == ARTICLE
    assert notes == []


def test_a_kept_child_lets_go_of_a_parent_that_changed_or_is_gone():
    other = Field("kind", "single", ("Carried", "Worn"))
    merged, notes = merge_fields(BEFORE, {"kind": other}, ("article",))
    assert merged["article"].parent is None
    assert notes == ["article stands alone: its parent kind has other values now"]
    merged, notes = merge_fields(BEFORE, {"hue": HUE}, ("article",))
    assert merged["article"].parent is None
    assert notes == ["article stands alone: its parent kind is gone"]


def test_parents_come_first_and_are_found_in_the_data_or_the_bundle():
    data = Taxonomy((KIND, Field("article", "single", ("Boots",)), HUE))
    assert find_parents(BEFORE, data, ["article"], ["kind"]) == {"article": "kind"}
    assert find_parents(BEFORE, data, ["article", "hue"], []) == {}
    assert find_parents(BEFORE, data.select(("article",)), ["article"], ["kind"]) == {}  # no labels to nest by
    late = Taxonomy((Field("line", "single", ("A",)),))
    child = Field("sub", "single", ("a",), "top")
    merged, _ = merge_fields(late, {"sub": child, "top": Field("top", "single", ("t",))}, ("line",))
    assert merged.names == ("line", "top", "sub")


def test_rare_values_are_masked_or_merged():
    hues = ["red"] * 5 + ["blue"] * 4 + ["teal"] * 2 + ["aqua", None]
    masked = plan_values(build(hues), "hue", min_count=3, rare_as=None)
    assert (masked.kept, masked.masked, masked.merged) == ({"blue": 4, "red": 5}, {"aqua": 1, "teal": 2}, {})
    merged = plan_values(build(hues), "hue", min_count=3, rare_as="Other")
    assert merged.names == {"blue": "blue", "red": "red", "aqua": "Other", "teal": "Other"}
    few = plan_values(build(hues), "hue", min_count=4, rare_as="Other")
    assert few.masked == {"aqua": 1, "teal": 2}  # together three: too few, too
    labels = relabel(build(hues), {"hue": merged}, {}).labels("hue").to_list()
    assert labels == ["red"] * 5 + ["blue"] * 4 + ["Other"] * 3 + [None]


def test_a_rare_other_of_the_data_joins_the_merged():
    plan = plan_values(build(["red"] * 4 + ["Other"] * 2 + ["teal"]), "hue", min_count=3, rare_as="Other")
    assert plan.names == {"Other": "Other", "red": "red", "teal": "Other"}


def test_labels_of_multi_fields_are_renamed_once():
    manifest = build([["a", "b"], ["b", "c"], ["a"], ["a"], [], None], "label.tags")
    plan = plan_values(manifest, "tags", min_count=3, rare_as="z")
    labels = relabel(manifest, {"tags": plan}, {}).labels("tags").to_list()
    assert labels == [["a", "z"], ["z"], ["a"], ["a"], [], None]


@given(st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=1, max_size=40), st.integers(1, 6))
def test_every_value_is_kept_merged_or_masked_once(hues, least):
    for rare_as in (None, "z", "a"):
        plan = plan_values(build(hues), "hue", min_count=least, rare_as=rare_as)
        parts = [set(part) for part in (plan.kept, plan.merged, plan.masked)]
        assert set().union(*parts) == {hue for hue in hues if hue is not None}
        assert sum(map(len, parts)) == len(set().union(*parts))
        learnt = [plan.names.get(hue) for hue in hues]
        assert all(learnt.count(value) >= least for value in set(plan.names.values()))
