"""A tiny world to train in: coloured pictures whose colour is the label."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from modiste.manifest import Manifest

COLOURS = {"red": (200, 40, 40), "green": (40, 180, 60), "blue": (40, 60, 200)}


@pytest.fixture(scope="session", autouse=True)
def few_drawings() -> Iterator[None]:
    """A dozen drawn products beside a training part of a few pictures, not hundreds: seconds for every export."""
    pytest.importorskip("torch")
    from modiste.training import drawn_features

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawn_features, "_COUNT", 12)
        yield


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Torch on one thread, so that sums come out the same to the last bit."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def squares(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """48 pictures of three colours; a light one is of the tone "light"; two items have no tone."""
    folder = tmp_path_factory.mktemp("squares")
    rng = np.random.default_rng(0)
    rows = []
    for number in range(48):
        colour, light = list(COLOURS)[number % 3], number % 2 == 0
        pixels = np.asarray(COLOURS[colour]) + 40 * light + rng.integers(-15, 15, (40, 30, 3))
        path = folder / f"{number}.png"
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
        tone = None if number < 2 else "light" if light else "dark"
        part = "validation" if number % 4 == 3 else "train"
        tags = [name for name, true in (("warm", colour == "red"), ("light", light)) if true]
        rows.append(
            {
                "item_id": str(number),
                "image": os.fspath(path),
                "source": "test",
                "split": part,
                "label.colour": colour,
                "label.tone": tone,
                "label.tags": tags,
            }
        )
    return Manifest.from_rows(rows, parents={"tone": "colour"})


@pytest.fixture
def other_folder(tmp_path: Path) -> Path:
    """A folder that no run has touched."""
    return tmp_path / "other"
