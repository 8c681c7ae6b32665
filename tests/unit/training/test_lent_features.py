"""Features that were computed among others are found where those of a part are looked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from modiste.imaging import Preprocessing  # noqa: E402
from modiste.manifest import Manifest  # noqa: E402
from modiste.training.pictures import PictureRequest, cache_pictures  # noqa: E402
from modiste.training.trunk_features import cache_features, lend_features  # noqa: E402
from modiste.training.trunks import build_trunk  # noqa: E402


def test_lent_features_are_those_that_would_be_computed(squares: Manifest, tmp_path: Path) -> None:
    trunk, numbers = build_trunk("basic_cnn", weights="none"), Preprocessing(height=32, width=24)
    images = squares.items["image"].to_list()
    everything = cache_pictures([PictureRequest(image) for image in images], numbers, tmp_path / "all")
    device = torch.device("cpu")
    features = cache_features(trunk, everything, numbers, tmp_path / "all", device=device)
    rows = [5, 1, 7]
    part = cache_pictures([PictureRequest(images[row]) for row in rows], numbers, tmp_path / "part")
    expected = np.array(cache_features(trunk, part, numbers, tmp_path / "computed", device=device))
    lend_features(trunk, part, features[rows], tmp_path / "lent")
    assert len(list((tmp_path / "lent").iterdir())) == 1
    found = cache_features(trunk, part, numbers, tmp_path / "lent", device=device)
    assert len(list((tmp_path / "lent").iterdir())) == 1  # nothing was computed anew
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
