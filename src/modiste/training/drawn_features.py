"""What a network sees in drawn products: they are products too, though no training part has any."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from modiste.bundle import Bundle
from modiste.synthetic import draw_shop
from modiste.training.features import compute_features

__all__ = ["compute_drawn_features"]

_COUNT: Final = 600
_SEED: Final = 20_261  # not one that a demo or a test draws by
_SIZE: Final = (180, 240)  # as the demo draws them


def compute_drawn_features(bundle: Bundle) -> NDArray[np.float32]:
    """Return a bundle's features of some hundred drawn products, float32 [drawings, features]."""
    shop = draw_shop(_COUNT, seed=_SEED, size=_SIZE)
    pictures = np.stack([bundle.preprocessing.prepare(np.asarray(product.picture)) for product in shop])
    return compute_features(bundle, pictures, np.arange(len(pictures)))
