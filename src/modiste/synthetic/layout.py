"""Drawn shops as folders, in the layouts that the readers know."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal

from PIL import Image

from modiste.errors import UnknownNameError, UsageError
from modiste.synthetic.shop import DrawnProduct, draw_shop

__all__ = ["LAYOUTS", "Layout", "write_shop"]

Layout = Literal["kaggle", "flat", "classes"]
_COLUMNS = ("id", "gender", "masterCategory", "subCategory", "articleType", "baseColour", "season", "year", "usage")
_QUALITY = 92


def write_shop(
    folder: Path,
    count: int,
    seed: int = 0,
    layout: Layout = "kaggle",
    *,
    size: tuple[int, int] = (240, 320),
    types: Sequence[str] | None = None,
    views: int = 1,
) -> Path:
    """Draw a shop into a new folder, whole or not at all.

    Args:
        folder: The folder to make; what is above it is made too.
        count: Number of products.
        seed: The same seed gives the same shop.
        layout: "kaggle": ``styles.csv``, ``images/<id>.jpg``, ``styles/<id>.json``. "flat": ``<id>.jpg`` only.
            "classes": ``<article type>/<id>.jpg``.
        size: Width and height of every picture, in pixels.
        types: The article types; by default all that can be drawn.
        views: Pictures of each product; the second is called ``<id>_2.jpg``.

    Returns:
        The folder.

    Raises:
        UsageError: The folder exists already, or the layout is unknown.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as home:
        ...     shop = write_shop(Path(home) / "shop", 2, size=(60, 80))
        ...     sorted(item.name for item in shop.iterdir())
        ['images', 'styles', 'styles.csv']
    """
    if layout not in LAYOUTS:
        raise UnknownNameError("layout", str(layout), LAYOUTS)
    if folder.exists():
        raise UsageError(f"{folder} exists already; choose a new name or remove it first")
    shop = draw_shop(count, seed=seed, size=size, types=types, views=views)
    part = folder.with_name(folder.name + ".part")
    part.mkdir(parents=True)
    try:
        LAYOUTS[layout](part, shop)
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return folder


def _write_flat(folder: Path, shop: Iterable[DrawnProduct]) -> None:
    for item in shop:
        _save(item.picture, folder / f"{item.picture_id}.jpg")


def _write_classes(folder: Path, shop: Iterable[DrawnProduct]) -> None:
    for item in shop:
        home = folder / item.spec.article_type
        home.mkdir(exist_ok=True)
        _save(item.picture, home / f"{item.picture_id}.jpg")


def _write_kaggle(folder: Path, shop: Iterable[DrawnProduct]) -> None:
    images, styles = folder / "images", folder / "styles"
    images.mkdir()
    styles.mkdir()
    with (folder / "styles.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow((*_COLUMNS, "productDisplayName"))
        for item in shop:
            _save(item.picture, images / f"{item.picture_id}.jpg")
            record = json.dumps(item.to_record(), indent=1)
            (styles / f"{item.picture_id}.json").write_text(record, encoding="utf-8")
            known = {**item.labels, "id": item.picture_id}
            table.writerow((*(known.get(column, "") for column in _COLUMNS), item.title))


def _save(picture: Image.Image, path: Path) -> None:
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=_QUALITY, subsampling=0)
    path.write_bytes(data.getvalue())


LAYOUTS: dict[str, Callable[[Path, Iterable[DrawnProduct]], None]] = {
    "kaggle": _write_kaggle,
    "flat": _write_flat,
    "classes": _write_classes,
}
