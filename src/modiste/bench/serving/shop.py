"""The catalogues that the server is measured on: the 40,000 real products, and a small drawn one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from modiste.bench.accept import Setting
from modiste.bench.accuracy import SMALL_PICTURES
from modiste.bundle import Bundle
from modiste.catalogue import Catalogue, CatalogueItem, Variant
from modiste.catalogue.loading import build_catalogue
from modiste.synthetic import draw_shop

__all__ = ["copy_shop", "draw_catalogue", "find_shop"]

_FOLDER: Final = "serving"
_DONE: Final = "finished"
_STATE: Final = "serving"


def find_shop(setting: Setting) -> Path:
    """Return a catalogue of all small pictures; it is built once and kept in the folder for work.

    Args:
        setting: Needs the small pictures in the data folder.

    Raises:
        UsageError: The file is missing.
    """
    archive = setting.find_data(SMALL_PICTURES).resolve()
    bundle = setting.open_bundle()
    folder = setting.work / _FOLDER / bundle.fingerprint[:12]
    place, done = folder / "shop.catalogue", folder / _DONE
    if not done.exists():
        setting.say(f"building a catalogue of {archive.name} in {place}: a minute or two, once")
        folder.mkdir(parents=True, exist_ok=True)
        # What is there without the mark was interrupted: building goes on with it.
        build_catalogue(archive, place, bundle=bundle, threads=setting.threads)
        done.touch()
    return place.resolve()


def copy_shop(place: Path, folder: Path) -> Path:
    """Return a copy of a catalogue that may be changed, without what people left in it."""
    copy = folder / place.name
    shutil.copytree(place, copy, ignore=shutil.ignore_patterns(_STATE, "*.lock", "lock"))
    return copy


def draw_catalogue(folder: Path, bundle: Bundle, count: int, *, threads: int | None = None) -> Path:
    """Draw some products and make a catalogue of them.

    Args:
        folder: For the pictures (in ``pictures``) and the catalogue (in ``shop``).
        bundle: Embeds and tags.
        count: How many products.
        threads: Cores to use; by default all.
    """
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    items = []
    for one in draw_shop(count, size=(60, 80)):
        path = pictures / f"{one.picture_id}.png"
        one.picture.save(path)
        sizes = tuple(Variant(*pair) for pair in one.sizes.items())
        items.append(CatalogueItem(one.picture_id, image=str(path), title=one.title, price=9.5, variants=sizes))
    with Catalogue.create(folder / "shop", bundle=bundle, threads=threads) as shop:
        shop.add_items(items)
    return folder / "shop"
