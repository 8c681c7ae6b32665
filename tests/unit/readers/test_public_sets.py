"""The table of public sets: whole, and speaking of readers that are there."""

from __future__ import annotations

from dataclasses import asdict

from modiste.readers import list_readers
from modiste.readers.public_sets import list_public_sets

NEEDED = ("DeepFashion, cat", "DeepFashion, in", "iMaterialist", "Fashion-MNIST", "Kaggle Fashion Product Images")
NEEDED += ("Kaggle Fashion Product Images (Small)", "Clothing Attributes", "Fashionista", "MAE", "Fashion200k")
NEEDED += ("clothing-dataset-small",)


def test_every_set_is_there_and_says_everything() -> None:
    sets = list_public_sets()
    assert all(any(known.name.startswith(name) for known in sets) for name in NEEDED)
    for known in sets:
        said = asdict(known)
        assert all(isinstance(value, str) for value in said.values())
        assert all(value for name, value in said.items() if name != "reader")


def test_readers_of_sets_exist() -> None:
    assert {known.reader for known in list_public_sets()} - {""} <= {reader.name for reader in list_readers()}
