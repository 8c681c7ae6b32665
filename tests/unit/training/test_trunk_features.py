"""A frozen trunk runs once over each picture, whoever asks, and again where its weights are others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from modiste.imaging import Preprocessing  # noqa: E402
from modiste.manifest import Manifest  # noqa: E402
from modiste.training.dataset import read_items  # noqa: E402
from modiste.training.inputs import normalise  # noqa: E402
from modiste.training.pictures import cache_pictures  # noqa: E402
from modiste.training.trunk_features import cache_features  # noqa: E402

NUMBERS = Preprocessing(height=24, width=16)


class Counted(torch.nn.Module):  # type: ignore[name-defined,misc]
    """A trunk that counts the pictures it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Conv2d(3, 5, 3)
        self.shown = 0

    def forward(self, pictures: Any) -> Any:
        self.shown += len(pictures)
        return self.layer(pictures).mean(dim=(2, 3))


def test_features_are_the_trunks_and_are_computed_once(squares: Manifest, tmp_path: Path) -> None:
    cached = cache_pictures(read_items(squares, squares.taxonomy).requests, NUMBERS, tmp_path)
    torch.manual_seed(0)
    trunk, device = Counted(), torch.device("cpu")
    features = cache_features(trunk, cached, NUMBERS, tmp_path, device=device)
    values = torch.from_numpy(np.array(cached.pixels)).permute(0, 3, 1, 2).float()
    with torch.inference_mode():
        expected = trunk(normalise(values, NUMBERS)).numpy()
    np.testing.assert_allclose(features, expected, rtol=1e-5, atol=1e-6)
    shown = trunk.shown
    again = cache_features(trunk, cached, NUMBERS, tmp_path, device=device)
    assert trunk.shown == shown
    np.testing.assert_array_equal(again, features)
    with torch.no_grad():
        trunk.layer.bias += 1.0
    other = cache_features(trunk, cached, NUMBERS, tmp_path, device=device)
    assert trunk.shown == shown + len(squares)
    np.testing.assert_allclose(other, features + 1.0, rtol=1e-4, atol=1e-5)
    assert not list(tmp_path.glob("*.part"))
