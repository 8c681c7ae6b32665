"""Pictures become a network's inputs as the numbers say, whatever the batch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from modiste.imaging import Preprocessing  # noqa: E402
from modiste.training.inputs import iterate_inputs  # noqa: E402

NUMBERS = Preprocessing(height=4, width=3, mean=(120.0, 110.0, 100.0), std=(60.0, 50.0, 40.0))


@pytest.mark.parametrize("batch", [1, 3, 7, 8])
def test_batches_hold_every_picture_once_and_in_order(batch: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (7, 4, 3, 3)).astype(np.uint8)
    batches = list(iterate_inputs(pixels, NUMBERS, batch=batch))
    assert [len(values) for values in batches] == [min(batch, 7 - start) for start in range(0, 7, batch)]
    assert all(values.is_contiguous(memory_format=torch.channels_last) for values in batches)
    expected = (pixels - np.array(NUMBERS.mean)) / np.array(NUMBERS.std)
    np.testing.assert_allclose(torch.cat(batches).numpy(), expected.transpose(0, 3, 1, 2), atol=1e-5)
