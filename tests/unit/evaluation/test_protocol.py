"""Protocols: the ones that come along, one's own, and the split files they name."""

from __future__ import annotations

import csv
import zipfile

import pytest

from modiste.errors import SourceError, UnknownNameError, UsageError
from modiste.evaluation import apply_split, find_split_file, list_protocols, load_protocol
from modiste.splits import hash_id, read_published_split

OWN = """
name = "own"
title = "My own"
description = "Some rows."
split_file = "split.csv"
part = "judge"
fields = ["season"]
"""


RULE = OWN.replace('split_file = "split.csv"', "") + "[split]\n{}\n"


@pytest.mark.parametrize("name", list_protocols())
def test_protocols_are_complete(name):
    protocol = load_protocol(name)
    assert protocol.name == name
    assert protocol.published.source or name == "grouped"  # nobody published figures under it
    assert bool(protocol.split_file) != bool(protocol.split)
    assert set(protocol.published.macro_f1) <= set(protocol.fields)


def test_own_protocols_are_read(tmp_path):
    (tmp_path / "own.toml").write_text(OWN)
    protocol = load_protocol(tmp_path / "own.toml")
    assert (protocol.fields, protocol.part, protocol.classes) == (("season",), "judge", {})


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("name = ", "expected a TOML file"),
        (OWN.replace('part = "judge"', ""), "part"),
        (OWN + "colour = 3", "colour"),
        (OWN + "[targets]\nprice = 0.5", "speaks of"),
        (OWN.replace('split_file = "split.csv"', ""), "either split_file"),
        (OWN + "[split]\nrule = 'years'", "either split_file"),
        (RULE.format("rule = 'moon'"), "no rule 'moon'"),
        (RULE.format("rule = 'drawn'"), "needs shares"),
        (RULE.format("rule = 'years'\nshares = {test = 1}"), "takes by and commonest"),
        (RULE.format("rule = 'years'\nseeds = 3"), "seeds"),
    ],
)
def test_bad_protocols_are_refused(tmp_path, text, match):
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(UsageError, match=match):
        load_protocol(tmp_path / "own.toml")


def test_absent_protocols_are_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="did you mean 'condition-cnn'"):
        load_protocol("condition-ccn")
    with pytest.raises(SourceError, match="can't be read"):
        load_protocol(tmp_path / "absent.toml")


def test_split_files_are_found_beside_the_data_first(tmp_path):
    with pytest.raises(SourceError, match="--split-file"):
        find_split_file("no-such-split.csv", beside=tmp_path / "shop.zip")
    (tmp_path / "product-tagger.csv").write_text("item,split\n")
    assert find_split_file("product-tagger.csv", beside=tmp_path / "shop.zip") == tmp_path / "product-tagger.csv"
    assert find_split_file("product-tagger.csv", beside=tmp_path) == tmp_path / "product-tagger.csv"


def test_the_split_that_comes_along_is_found():
    assert find_split_file("product-tagger.csv").is_file()


def test_both_kinds_of_split_file_are_applied(tmp_path, shop):
    (tmp_path / "ids.csv").write_text("id,split\nitem0,test\nitem1,train\n")
    assert apply_split(shop, tmp_path / "ids.csv").items["split"][:3].to_list() == ["test", "train", "outside"]
    (tmp_path / "hashes.csv").write_text(f"item,split\n{hash_id('item1')},test\n")
    assert apply_split(shop, tmp_path / "hashes.csv").items["split"][:3].to_list() == ["train", "test", "train"]
    with pytest.raises(SourceError, match="absent"):
        apply_split(shop, tmp_path / "absent.csv")


@pytest.mark.data
def test_condition_cnn_classes_are_those_of_its_training_ids(shared_data):
    """4 / 21 / 45 classes; validation has no other, and the labels of the test ids are not looked at."""
    with zipfile.ZipFile(shared_data / "fashion-product-images-small.zip") as archive:
        # Commas that nobody quoted stand in the last column only, which no label comes after.
        text = archive.read("styles.csv").decode()
    labels = {row["id"]: row for row in csv.DictReader(text.splitlines())}
    parts = read_published_split(shared_data / "condition-cnn-split.csv")
    protocol = load_protocol("condition-cnn")
    for part in ("train", "validation"):
        ids = [item for item, name in parts.items() if name == part]
        for field, values in protocol.classes.items():
            assert {labels[item][field] for item in ids} == set(values), (part, field)
    assert [len(values) for values in protocol.classes.values()] == [4, 21, 45]
