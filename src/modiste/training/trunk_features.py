"""A frozen trunk's features of the decoded pictures, computed once and kept on disk beside them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from modiste.imaging import Preprocessing
from modiste.training.inputs import iterate_inputs
from modiste.training.pictures import CachedPictures
from modiste.training.progress import ProgressCount

__all__ = ["cache_features", "lend_features"]


def cache_features(
    trunk: nn.Module, pictures: CachedPictures, preprocessing: Preprocessing, folder: Path, *, device: torch.device
) -> NDArray[np.float32]:
    """Run a trunk, as at evaluation, over pictures, or map what an earlier call with the same weights computed.

    Args:
        trunk: From [n, 3, height, width] to [n, features].
        pictures: What `cache_pictures` gave.
        preprocessing: The numbers that turn bytes into inputs.
        folder: Where the features are kept.
        device: Where to compute.

    Returns:
        float32 [n, features], mapped into memory.
    """
    path = _name_file(trunk, pictures, folder)
    if not path.exists():
        _keep(path, _compute(trunk.to(device).eval(), pictures.pixels, preprocessing, device))
    features: NDArray[np.float32] = np.load(path, mmap_mode="r")
    return features


def lend_features(trunk: nn.Module, pictures: CachedPictures, features: NDArray[np.float32], folder: Path) -> None:
    """Keep features that were computed before, among others, where `cache_features` looks for them.

    Args:
        trunk: What computed them.
        pictures: Of which pictures they are, in this order.
        features: float32 [n, features].
        folder: Where `cache_features` keeps its own.
    """
    path = _name_file(trunk, pictures, folder)
    if not path.exists():
        _keep(path, features)


def _name_file(trunk: nn.Module, pictures: CachedPictures, folder: Path) -> Path:
    return folder / f"features-{pictures.key}-{_digest(trunk)}.npy"


def _keep(path: Path, features: NDArray[np.float32]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_suffix(".part")
    with waiting.open("wb") as file:
        np.save(file, features)
    waiting.replace(path)


def _digest(trunk: nn.Module) -> str:
    digest = hashlib.sha256()
    for name, value in trunk.state_dict().items():
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def _compute(
    trunk: nn.Module, pixels: NDArray[np.uint8], preprocessing: Preprocessing, device: torch.device
) -> NDArray[np.float32]:
    parts = []
    count = ProgressCount("features of the frozen trunk", len(pixels))
    with torch.inference_mode():
        for values in iterate_inputs(pixels, preprocessing, device=device):
            parts.append(trunk(values).float().cpu().numpy())
            count.advance(len(parts[-1]))
    return np.concatenate(parts)
