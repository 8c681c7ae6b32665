"""One picture through every step on its way to the network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from modiste.errors import PictureError, UsageError
from modiste.imaging import Box, PictureSource, Preprocessing, decode_picture
from modiste.manifest import Manifest
from modiste.training.augmentation import augment
from modiste.training.inputs import normalise
from modiste.training.recipe import Recipe, StageRecipe

__all__ = ["PictureStep", "list_steps"]

_COPIES: Final = 6
_TRIED: Final = 50


class PictureStep(NamedTuple):
    """A step, what it did in words, and the pictures that it gave, uint8 [height, width, 3] each."""

    name: str
    told: str
    pictures: tuple[NDArray[np.uint8], ...] = ()


def list_steps(train: Manifest, recipe: Recipe) -> tuple[PictureStep, ...]:
    """Take the first picture that can be read through every step of a recipe.

    Args:
        train: The items.
        recipe: Its stages say the sizes, and whether pictures are changed at random.

    Raises:
        UsageError: None of the first fifty pictures can be read.
    """
    data, box, reference = _read_first(train)
    return tuple(_walk(data, box, reference, recipe))


def _read_first(train: Manifest) -> tuple[bytes, Box | None, str]:
    reason = "there is none"
    with PictureSource() as source:
        for image, box in train.items.select("image", "box").head(_TRIED).iter_rows():
            area = None if box is None else (box[0], box[1], box[2], box[3])
            try:
                data = source.read(image)
                decode_picture(data, box=area)
            except PictureError as error:
                reason = f"{image}: {error}"
                continue
            return data, area, str(image)
    raise UsageError(f"none of the first {_TRIED} training pictures can be read: {reason}. Type: modiste data inspect")


def _walk(data: bytes, box: Box | None, reference: str, recipe: Recipe) -> Iterator[PictureStep]:
    whole = decode_picture(data)
    name = reference.rpartition("::")[2].replace("\\", "/").rpartition("/")[2]
    height, width = whole.shape[:2]
    yield PictureStep("as read", f"{name}: {width} x {height} pixels, {len(data):,} bytes", (whole,))
    if box is not None:
        cut = decode_picture(data, box=box)
        yield PictureStep("cropped", f"the item's box: {cut.shape[1]} x {cut.shape[0]} pixels", (cut,))
    for numbers, stages in _list_sizes(recipe.stages):
        yield from _prepare(data, box, recipe, numbers, stages)


def _list_sizes(stages: Sequence[StageRecipe]) -> list[tuple[Preprocessing, list[StageRecipe]]]:
    """Return each size with the stages that see it, in the order of the stages."""
    sizes: dict[Preprocessing, list[StageRecipe]] = {}
    for stage in stages:
        numbers = Preprocessing(height=stage.height, width=stage.width, resample=stage.resample)
        sizes.setdefault(numbers, []).append(stage)
    return list(sizes.items())


def _prepare(
    data: bytes, box: Box | None, recipe: Recipe, numbers: Preprocessing, stages: Sequence[StageRecipe]
) -> Iterator[PictureStep]:
    ready = numbers.load(data, box=box)
    names = ", ".join(stage.name for stage in stages)
    size = f"{numbers.width} x {numbers.height}"
    told = f"{size} pixels, {numbers.resample}, proportions kept, the rest filled with {list(numbers.fill)}"
    yield PictureStep(f"resized for {names}", told, (ready,))
    changing = [stage.name for stage in stages if stage.changes_pictures]
    seen = torch.from_numpy(ready.copy()).permute(2, 0, 1).float()[None]  # [1, 3, height, width]
    if changing:
        fill = torch.tensor(numbers.fill, dtype=torch.float32)
        generator = torch.Generator().manual_seed(recipe.seed)
        copies = augment(seen.repeat(_COPIES, 1, 1, 1), recipe.augmentation, fill=fill, generator=generator)
        pictures = copies.round().byte().permute(0, 2, 3, 1).numpy()
        yield PictureStep(f"changed at random for {', '.join(changing)}", _tell_changes(recipe), tuple(pictures))
    else:
        yield PictureStep(f"not changed at random for {names}", "as the network sees it when it is judged")
    yield PictureStep(f"normalised for {names}", _measure(normalise(seen, numbers), numbers))


def _tell_changes(recipe: Recipe) -> str:
    used = [f"{name} {value:g}" for name, value in recipe.augmentation.model_dump().items() if value]
    return "a new draw each time: " + (", ".join(used) or "nothing is switched on")


def _measure(values: torch.Tensor, numbers: Preprocessing) -> str:
    """Say what the numbers look like that the network computes with."""
    channels = values[0].flatten(1)
    parts = [
        f"{name} mean {channel.mean():+.2f}, spread {channel.std(unbiased=False):.2f}, "
        f"{channel.min():+.2f} to {channel.max():+.2f}"
        for name, channel in zip(("red", "green", "blue"), channels, strict=True)
    ]
    rule = f"(value - {numbers.mean[0]:g}) / {numbers.std[0]:g}"
    if len(set(numbers.mean)) > 1 or len(set(numbers.std)) > 1:
        rule = f"(value - {list(numbers.mean)}) / {list(numbers.std)}"
    return f"{rule}: {'; '.join(parts)}"
