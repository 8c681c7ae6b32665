"""The text encoder, with a graph whose answers can be added up by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx")

from modiste.bundle import Bundle, TextSpec, attach_text
from modiste.errors import BundleError, UsageError
from modiste.runtime import TextEncoder
from tests.unit.text_graph import PIECES, encode_naively, make_text_graph

TEXTS = ["mens blue checked shirt", "Ladys red sandels", "one two three four five six seven", "21"]


@pytest.fixture
def worded(tiny_path: Path, tmp_path: Path) -> Bundle:
    copy = Bundle.open(shutil.copytree(tiny_path, tmp_path / "worded"))
    return attach_text(copy, TextSpec(pieces=PIECES), make_text_graph(16))


def test_vectors_equal_those_added_up_by_hand(worded: Bundle) -> None:
    encoder = TextEncoder(worded)
    vectors = encoder.encode(TEXTS * 80)  # more than one batch
    assert vectors.dtype == np.float32
    assert vectors.shape == (320, 16)
    np.testing.assert_allclose(vectors[:4], [encode_naively(text, 16) for text in TEXTS], atol=1e-5)
    np.testing.assert_allclose(vectors[-4:], vectors[:4], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (encoder.size, encoder.fingerprint) == (16, worded.text_fingerprint)


def test_case_and_punctuation_do_not_count(worded: Bundle) -> None:
    first, second = TextEncoder(worded.path, threads=2).encode(["men's T-shirt", "MENS, tshirt!"])
    np.testing.assert_allclose(first, second, atol=1e-6)


def test_no_texts_give_no_vectors(worded: Bundle) -> None:
    assert TextEncoder(worded).encode([]).shape == (0, 16)


@pytest.mark.parametrize("texts", [[""], ["shirt", " ?! "], "shirt", [None], [b"shirt"]])
def test_what_holds_no_word_is_refused(worded: Bundle, texts: object) -> None:
    with pytest.raises(UsageError, match="expected"):
        TextEncoder(worded).encode(texts)  # type: ignore[arg-type]


def test_a_long_text_is_not_quoted_whole(worded: Bundle) -> None:
    with pytest.raises(UsageError) as refusal:
        TextEncoder(worded).encode(["?" * 10_000])
    assert len(str(refusal.value)) < 200


def test_a_bundle_without_words_says_what_to_type(tiny: Bundle) -> None:
    with pytest.raises(BundleError, match="modiste bundle add-text"):
        TextEncoder(tiny)


def test_threads_are_checked(worded: Bundle) -> None:
    with pytest.raises(UsageError, match="expected 1 or more"):
        TextEncoder(worded, threads=0)


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (lambda: b"no graph", "can't load"),
        (lambda: make_text_graph(16, output="vector"), "inputs and outputs"),
        (lambda: make_text_graph(16, kind="INT64"), "inputs and outputs"),
    ],
)
def test_foreign_graphs_are_refused(tiny_path: Path, tmp_path: Path, graph, reason: str) -> None:
    copy = Bundle.open(shutil.copytree(tiny_path, tmp_path / "copy"))
    attached = attach_text(copy, TextSpec(pieces=PIECES), graph())
    with pytest.raises(BundleError, match=reason):
        TextEncoder(attached)


def test_a_graph_of_another_width_is_noticed(tiny_path: Path, tmp_path: Path) -> None:
    copy = Bundle.open(shutil.copytree(tiny_path, tmp_path / "copy"))
    attached = attach_text(copy, TextSpec(pieces=PIECES), make_text_graph(12))
    with pytest.raises(BundleError, match="does not give 16 numbers"):
        TextEncoder(attached).encode(["shirt"])
    too_many = TextSpec(pieces=PIECES.model_copy(update={"buckets": 5000}))
    with pytest.raises(BundleError, match="failed"):
        TextEncoder(attach_text(copy, too_many, make_text_graph(16))).encode(["shirt"])
