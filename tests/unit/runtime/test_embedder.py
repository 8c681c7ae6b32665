from __future__ import annotations

from pathlib import Path

import numpy as np

from modiste import Embedder
from modiste.bundle import Bundle


def test_vectors_equal_the_golden_ones(tiny: Bundle, tiny_path: Path) -> None:
    golden = np.load(tiny_path / "golden.npz")
    embedder = Embedder(tiny_path)
    many = np.tile(golden["pictures"], (7, 1, 1, 1))
    vectors = embedder.embed(many)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, np.tile(golden["embedding"], (7, 1)), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(embedder.embed_one(golden["pictures"][2]), golden["embedding"][2], atol=1e-5)
    assert embedder.size == 16
    assert embedder.fingerprint == tiny.fingerprint


def test_no_pictures_give_no_vectors(tiny: Bundle) -> None:
    assert Embedder(tiny).embed([]).shape == (0, 16)
