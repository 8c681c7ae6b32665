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


def test_sets_of_matlab_files_say_what_their_papers_say() -> None:
    found = {known.name: known for known in list_public_sets()}
    stanford = found["Clothing Attributes (Stanford)"]
    # The files of labels that come with the set, by what people who read them list: one an attribute.
    colours = ["black", "blue", "brown", "cyan", "gray", "green", "many_colors", "purple", "red", "white", "yellow"]
    patterns = ["floral", "graphics", "plaid", "solid", "spot", "stripe"]
    others = [
        "category",
        "collar",
        "gender",
        "neckline",
        "necktie",
        "placket",
        "scarf",
        "skin_exposure",
        "sleeve_length",
    ]
    attributes = len(colours + patterns + others)
    assert stanford.labels.startswith(f"{attributes} attributes") and stanford.pictures == "1,856"
    fashionista = found["Fashionista"]
    garments, background = 53, len(["hair", "skin", "null"])
    assert f"{garments + background} labels" in fashionista.labels and fashionista.pictures.startswith("685 annotated")
