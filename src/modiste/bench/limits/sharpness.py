"""Resolution: the same validation products in larger pictures, and their thumbnails made smaller still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from modiste.bench.accept import Setting
from modiste.bench.limits.material import Material, load_pictures, store_pictures
from modiste.bench.sizes import LARGER_SETS, Comparison, compare_pictures, replace_pictures
from modiste.evaluation import Section, render_table
from modiste.imaging import decode_picture
from modiste.manifest import Manifest

__all__ = ["coarsen", "show_sharpness", "stretch_back"]

Pictures = NDArray[np.uint8]
_SQUEEZED: Final = "224x224"
_PROPORTIONS: Final = 3 / 4  # width by height of the shop's photographs
_COARSE: Final = 0.5


def coarsen(picture: Pictures, factor: float) -> Pictures:
    """Return a picture made smaller by a factor below 1 and enlarged again to its size: finer detail is gone."""
    height, width = picture.shape[:2]
    small = (max(1, round(width * factor)), max(1, round(height * factor)))
    image = Image.fromarray(picture).resize(small, Image.Resampling.LANCZOS)
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))


def stretch_back(picture: Pictures) -> Pictures:
    """Return a picture that was squeezed into a square with three to four, its height kept."""
    height = picture.shape[0]
    size = (round(height * _PROPORTIONS), height)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def show_sharpness(material: Material, setting: Setting, folder: Path) -> tuple[Section, dict[str, Comparison]]:
    """Compare the answers to the thumbnails with those to larger and to coarser pictures, paired by product."""
    fields, found = tuple(material.answers), {}
    for name, items in _list_pictures(material, setting, folder):
        setting.say(f"{name}: {len(items)} validation products, twice")
        found[name] = compare_pictures(setting, material.validation, items, fields)
    data = {name: item.to_section(name).data for name, item in found.items()}
    own = setting.open_bundle().preprocessing
    text = _TEXT.format(width=own.width, height=own.height)
    return Section("Resolution", f"{text}\n\n{_render(found)}", data), found


_TEXT = (
    "The bundle enlarges every thumbnail of 60x80 to its own {width}x{height}. The same validation products in larger "
    "pictures, brought to that size, show what the thumbnail has lost; thumbnails made smaller and enlarged again show "
    "how fast accuracy falls. The set of 224x224 is squeezed into squares: once as it is, once stretched back to three "
    "to four. The bundle was trained on thumbnails and on these larger sets' pictures of training products. A bundle "
    "of a larger input may gain more than is seen here: none is tried."
)


def _list_pictures(material: Material, setting: Setting, folder: Path) -> Iterator[tuple[str, Manifest]]:
    rows = material.validation
    for name in LARGER_SETS:
        larger = replace_pictures(rows, setting.find_data(f"fashion-product-images-{name}.zip"))
        yield name, larger
        if name == _SQUEEZED:
            yield f"{name}, stretched back", _change(larger, stretch_back, folder)
    yield f"thumbnails at {_COARSE:g} of their size", _change(rows, lambda picture: coarsen(picture, _COARSE), folder)


def _change(items: Manifest, change: Callable[[Pictures], Pictures], folder: Path) -> Manifest:
    return store_pictures(items, (change(picture) for picture in load_pictures(items, decode_picture)), folder)


def _render(found: dict[str, Comparison]) -> str:
    lines = []
    for name, item in found.items():
        entries = [*item.fields.items(), ("mean of the fields", (item.small, item.large, item.difference))]
        for label, (small, large, gap) in entries:
            figures = (f"{small:.4f}", f"{large:.4f}", f"{gap.value:+.4f}", f"{gap.low:+.4f} to {gap.high:+.4f}")
            lines.append((name, label, item.rows, *figures))
    return render_table(("pictures", "field", "n", "60x80", "these", "difference", "95 % interval"), lines)
