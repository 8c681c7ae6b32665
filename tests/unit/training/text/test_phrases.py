"""What is said of items, how it is garbled, and which pictures it fits."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

pytest.importorskip("torch")

from modiste.errors import RecipeError
from modiste.training.text.garbling import garble, mistype, toggle_plural
from modiste.training.text.pairs import TextPairs
from modiste.training.text.phrases import PhraseBook
from modiste.training.text.recipe import GarbleRecipe, PartRecipe, TextRecipe, TitleRecipe

ITEMS = pl.DataFrame(
    {
        "title": ["Puma Men Red Shirt", "puma men red shirt!", "Nike Blue Shorts", None, None],
        "label.kind": ["Shirts", "Shirts", "Shorts", "Shirts", None],
        "label.colour": ["Red", "Red", "Blue", "Red", None],
        "label.who": ["Men", None, "Men", "Women", None],
    }
)
PARTS = (
    PartRecipe(column="label.who", chance=0.5, after="for", words={"Men": ("guys", "gents wear"), "Women": ("???",)}),
    PartRecipe(column="label.colour", chance=0.5),
    PartRecipe(column="label.kind", chance=0.9, words={"Shirts": ("tops",)}),
    PartRecipe(column="meta.brand"),
)
QUIET = GarbleRecipe(typos=0, plurals=0)
VECTORS = np.eye(5, 8, dtype=np.float32)


def draw_many(book: PhraseBook, item: int, times: int = 300) -> list[tuple[tuple[str, ...], tuple[int, ...]]]:
    random = np.random.default_rng(0)
    phrases = [book.draw(item, random) for _ in range(times)]
    return [(phrase.words, phrase.parts) for phrase in phrases if phrase is not None]


def test_phrases_say_what_the_labels_say() -> None:
    book = PhraseBook.read(ITEMS, PARTS)
    assert len(book.parts) == 3  # nobody has a brand
    words = {word for said, _ in draw_many(book, 0) for word in said}
    assert words == {"men", "guys", "gents", "wear", "for", "red", "shirts", "tops"}
    assert {"women"} == {word for said, _ in draw_many(book, 3) for word in said} - words
    assert draw_many(book, 4) == []


def test_phrases_name_the_parts_they_speak_of() -> None:
    told = {0: {"men", "guys", "gents", "wear", "for"}, 1: {"red"}, 2: {"shirts", "tops"}}
    for said, parts in draw_many(PhraseBook.read(ITEMS, PARTS), 0):
        assert parts
        assert set(said) <= {word for part in parts for word in told[part]}
        assert all(set(said) & told[part] for part in parts)


def test_a_part_with_after_stands_behind_it_at_the_end() -> None:
    said = [words for words, _ in draw_many(PhraseBook.read(ITEMS, PARTS), 0) if "for" in words]
    assert said
    assert all(set(words[words.index("for") + 1 :]) <= {"men", "guys", "gents", "wear"} for words in said)


def test_columns_of_lists_are_refused() -> None:
    items = pl.DataFrame({"label.kind": [["a"], ["b"]]})
    with pytest.raises(RecipeError, match="expected one text an item"):
        PhraseBook.read(items, (PartRecipe(column="label.kind"),))


def test_garbling_keeps_the_number_of_words() -> None:
    random = np.random.default_rng(0)
    words = ["red", "shirts", "a", "dress", "4"]
    assert garble(words, QUIET, random) == words
    loud = GarbleRecipe(typos=1, plurals=1)
    for _ in range(100):
        typed = garble(words, loud, random)
        assert [word[0] for word in typed] == [word[0] for word in words]
        assert (typed[0], typed[2], typed[4]) == ("red", "a", "4")


def test_typos_are_of_five_kinds() -> None:
    random = np.random.default_rng(1)
    typed = {mistype("shirt", random) for _ in range(2000)}
    assert {"shrt", "sihrt", "shirrt", "shart", "shixrt"} <= typed
    assert {len(word) for word in typed} == {4, 5, 6}
    assert toggle_plural(toggle_plural("shirt")) == "shirt"


def test_a_title_fits_all_that_bear_it_and_a_phrase_all_that_it_is_true_of() -> None:
    titles = TextRecipe(name="titles", parts=PARTS, titles=TitleRecipe(share=1, dropped=0, shuffled=0), garble=QUIET)
    pairs = TextPairs.read(ITEMS, VECTORS, titles)
    assert pairs.list_usable().tolist() == [0, 1, 2, 3]
    batch = pairs.draw([0, 1, 2], titles, np.random.default_rng(0))
    assert batch.texts == (("puma", "men", "red", "shirt"), ("puma", "men", "red", "shirt"), ("nike", "blue", "shorts"))
    assert batch.fits.tolist() == [[True, True, False], [True, True, False], [False, False, True]]
    np.testing.assert_array_equal(batch.vectors, VECTORS[:3])
    phrases = titles.model_copy(update={"titles": TitleRecipe(share=0)})
    random = np.random.default_rng(0)
    for _ in range(100):
        batch = pairs.draw([0, 1, 2, 3], phrases, random)
        assert batch.fits.diagonal().all()
        for row, said in enumerate(batch.texts):
            assert batch.fits[row].tolist() == [fits_naively(said, item) or item == row for item in range(4)]


def fits_naively(words: tuple[str, ...], item: int) -> bool:
    means = {"guys": "Men", "gents": "Men", "men": "Men", "women": "Women", "red": "Red", "blue": "Blue"}
    means |= {"tops": "Shirts", "shirts": "Shirts", "shorts": "Shorts"}
    labels = set(ITEMS.row(item))
    return all(means[word] in labels for word in words if word in means)


def test_words_are_dropped_and_shuffled_but_never_all() -> None:
    loud = TextRecipe(name="loud", titles=TitleRecipe(share=1, dropped=0.9, shuffled=1), garble=QUIET)
    pairs = TextPairs.read(ITEMS, VECTORS, loud)
    drawn = [pairs.draw([2], loud, np.random.default_rng(seed)).texts[0] for seed in range(100)]
    assert min(map(len, drawn)) == 1
    assert len({words for words in drawn if len(words) == 3}) > 2


def test_nothing_to_say_is_an_error() -> None:
    with pytest.raises(RecipeError, match="nothing to learn"):
        TextPairs.read(ITEMS.select(title=pl.lit(None, pl.String)), VECTORS, TextRecipe(name="mute", parts=PARTS))
