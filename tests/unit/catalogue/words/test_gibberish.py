from __future__ import annotations

import random
import string
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from modiste.bench.text_queries import read_queries
from modiste.catalogue.words import read_query, split_words

ARCHIVE = Path(__file__).parents[5] / "shared" / "data" / "fashion-product-images-small.zip"
CONSONANTS = "bcdfghjklmnpqrstvwxz"


def _draw_words(count: int, *, seed: int) -> list[str]:
    """Draw words of a language that has syllables."""
    draw = random.Random(seed)
    syllables = [first + second + third for first in "bdfgklmnprst" for second in "aeiou" for third in ("", "n", "r")]
    common = draw.sample(syllables, 60)
    return sorted({"".join(draw.choice(common) for _ in range(draw.randint(2, 3))) for _ in range(count)})


WORDS = _draw_words(6000, seed=1)
KNOWN = dict.fromkeys(WORDS, 3)


def _draw_nonsense(letters: str, *, seed: int, count: int = 200) -> list[str]:
    draw = random.Random(seed)

    def make() -> str:
        return "".join(draw.choice(letters) for _ in range(draw.randint(4, 9)))

    return [" ".join(make() for _ in range(draw.randint(1, 3))) for _ in range(count)]


def _reject(texts: list[str], known: Mapping[str, int]) -> float:
    return sum(read_query(text, known).gibberish for text in texts) / len(texts)


def test_consonants_are_gibberish_and_words_are_not() -> None:
    assert len(KNOWN) > 2000
    assert _reject(_draw_nonsense(CONSONANTS, seed=3), KNOWN) >= 0.95
    assert _reject(WORDS[:50], KNOWN) == 0
    assert _reject([f"qwrtzx {word}" for word in WORDS[:50]], KNOWN) == 0  # one word that is known is enough


def test_mistyped_and_new_words_are_no_gibberish() -> None:
    swapped = [word[:2] + word[3] + word[2] + word[4:] for word in WORDS[::97] if len(word) > 5 and word[2] != word[3]]
    assert len(swapped) > 20 and _reject(swapped, KNOWN) <= 0.1
    new = [word for word in _draw_words(9000, seed=1) if word not in KNOWN][:50]
    assert len(new) > 20 and _reject(new, KNOWN) <= 0.1


def test_few_words_are_no_ground_to_judge_by() -> None:
    assert not read_query("qwrtzx plmk", dict.fromkeys(WORDS[:1999], 3)).gibberish
    assert not read_query("", KNOWN).gibberish and not read_query("the", KNOWN).gibberish


@pytest.fixture(scope="module")
def vocabulary() -> Mapping[str, int]:
    """The words of the real shop's titles, brands and labels, with the number of products that have each."""
    if not ARCHIVE.exists():
        pytest.skip("needs the real data")
    from modiste.readers import read_source

    items = read_source(ARCHIVE).items
    labels = [name for name in items.columns if name.startswith("label.")]
    counts: Counter[str] = Counter()
    for title, *values in items.select("title", *labels).iter_rows():
        texts = [title, *(value if isinstance(value, str) else "\n".join(value or ()) for value in values)]
        counts.update({word for text in texts if text for word in split_words(text)})
    return counts


@pytest.mark.data
def test_no_query_of_a_shopper_is_taken_for_gibberish(vocabulary: Mapping[str, int]) -> None:
    queries = [query.text for query in read_queries()]
    assert len(queries) == 200 and [text for text in queries if read_query(text, vocabulary).gibberish] == []


@pytest.mark.data
@pytest.mark.parametrize("letters", [string.ascii_lowercase, CONSONANTS, "qwertyuiop", "asdfghjkl", "zxcvbnm"])
def test_nineteen_of_twenty_nonsense_strings_are(letters: str, vocabulary: Mapping[str, int]) -> None:
    assert _reject(_draw_nonsense(letters, seed=11), vocabulary) >= 0.95
