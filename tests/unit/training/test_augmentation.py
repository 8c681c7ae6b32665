"""Random changes: each picture in its own way, decided by the generator."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from modiste.training.augmentation import augment  # noqa: E402
from modiste.training.recipe import AugmentationRecipe  # noqa: E402

NOTHING: dict[str, float] = dict.fromkeys(AugmentationRecipe.model_fields, 0.0)
WHITE = torch.tensor([255.0, 255.0, 255.0])


def change(pictures: Any, seed: int = 0, **options: float) -> Any:
    recipe = AugmentationRecipe.model_validate(NOTHING | options)
    return augment(pictures, recipe, fill=WHITE, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def pictures() -> Any:
    return torch.randint(256, (6, 3, 20, 15), generator=torch.Generator().manual_seed(1)).float()


def test_nothing_asked_nothing_changed(pictures: Any) -> None:
    torch.testing.assert_close(change(pictures), pictures, atol=0.01, rtol=0)


def test_a_certain_flip_mirrors(pictures: Any) -> None:
    torch.testing.assert_close(change(pictures, flip=1.0), pictures.flip(3), atol=0.01, rtol=0)


def test_half_are_flipped(pictures: Any) -> None:
    many = pictures[:1].expand(200, -1, -1, -1)
    flipped = (change(many, flip=0.5) - pictures[:1].flip(3)).abs().amax(dim=(1, 2, 3)) < 0.01
    assert 70 < int(flipped.sum()) < 130


def test_the_generator_decides_everything(pictures: Any) -> None:
    options = AugmentationRecipe().model_dump()
    torch.testing.assert_close(change(pictures, 3, **options), change(pictures, 3, **options), atol=0, rtol=0)
    assert not torch.equal(change(pictures, 3, **options), change(pictures, 4, **options))


def test_type_shape_and_range_stay(pictures: Any) -> None:
    changed = change(pictures, **AugmentationRecipe().model_dump() | {"erase": 1.0})
    assert changed.shape == pictures.shape
    assert changed.dtype == torch.float32
    assert 0 <= float(changed.min()) <= float(changed.max()) <= 255


def test_what_comes_into_view_has_the_fill_colour() -> None:
    black = torch.zeros(20, 3, 16, 16)
    moved = change(black, shift=0.5)
    values = moved.round().unique()
    assert {0.0, 255.0} <= set(values.tolist())
    # A blend of the two along the border alone: at most two rows and two columns of a picture.
    between = (moved.round() > 0) & (moved.round() < 255)
    assert float(between.float().mean()) < 4 / 16


def test_a_rotation_keeps_lengths_in_pixels() -> None:
    bar = torch.full((1, 3, 41, 21), 255.0)
    bar[:, :, 20, 5:16] = 0  # 11 pixels wide
    for seed in range(5):
        turned = change(bar, seed, rotate=90.0)
        assert float((255 - turned[0, 0]).sum() / 255) == pytest.approx(11, rel=0.2)


def test_erased_rectangles_have_the_mean_colour(pictures: Any) -> None:
    erased = change(pictures, erase=1.0)
    mean = pictures.mean(dim=(2, 3), keepdim=True)
    share = ((erased - mean).abs() < 0.01).all(dim=1).float().mean(dim=(1, 2))
    assert bool((share > 0.01).all())
    assert bool((share < 0.25).all())
