"""The searching half of ``modiste demo``: a small catalogue of the drawn shop, searched by picture and by words."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from modiste.errors import UsageError

if TYPE_CHECKING:
    from PIL import Image

    from modiste.catalogue import Catalogue, CatalogueItem, Results
    from modiste.explore import SheetSearch
    from modiste.synthetic import DrawnProduct

__all__ = ["CATALOGUE", "LEAST", "build_catalogue", "forget_catalogue", "search_drawn"]

CATALOGUE = "shop.catalogue"
LEAST = 8  # products; of fewer there is nothing to look through
_FOUND = 6
_TOLD = 3  # every third product's labels are in the shop's own table
_MADE = "catalogue.sqlite"


def forget_catalogue(folder: Path, *, own: bool) -> None:
    """Remove the catalogue of an earlier demo.

    Args:
        folder: The demo's.
        own: Whether the demo's list says that it made one.

    Raises:
        UsageError: There is one that the demo did not make.
    """
    place = folder / CATALOGUE
    if not place.exists():
        return
    if not own or not (place / _MADE).is_file():
        raise UsageError(f"{place} is not of 'modiste demo'. Type: modiste demo --out ANOTHER")
    shutil.rmtree(place)


def search_drawn(
    folder: Path, drawn: Sequence[DrawnProduct], files: Sequence[Path], bundle: Path | None
) -> list[SheetSearch]:
    """Make a catalogue of a drawn shop and look through it.

    Args:
        folder: The demo's; the catalogue is made in it.
        drawn: The products.
        files: Their pictures.
        bundle: The bundle's folder; by default the one that modiste ships.

    Returns:
        A search by a new photograph of one of the products, and one by words with a filter.
    """
    pictures = {one.picture_id: one.picture for one in drawn}
    with build_catalogue(folder, drawn, files, bundle) as shop:
        return [_search_picture(shop, drawn[0], pictures), _search_words(shop, drawn, pictures)]


def build_catalogue(
    folder: Path, drawn: Sequence[DrawnProduct], files: Sequence[Path], bundle: Path | None
) -> Catalogue:
    """Make a catalogue of a drawn shop; every third product brings its labels, as a shop's own table would.

    Args:
        folder: The demo's; the catalogue is made in it.
        drawn: The products.
        files: Their pictures.
        bundle: The bundle's folder; by default the one that modiste ships.
    """
    from modiste.catalogue import Catalogue

    shop = Catalogue.create(folder / CATALOGUE, bundle=bundle)
    taxonomy = shop.info.head.taxonomy
    known = {name: frozenset(taxonomy[name].values) for name in taxonomy.names}
    shop.add_items(
        _to_item(one, file, known if place % _TOLD == 0 else {})
        for place, (one, file) in enumerate(zip(drawn, files, strict=True))
    )
    return shop


def _to_item(one: DrawnProduct, file: Path, known: Mapping[str, frozenset[str]]) -> CatalogueItem:
    from modiste.catalogue import CatalogueItem, ItemTag, Variant

    return CatalogueItem(
        one.picture_id,
        product_id=one.product_id,
        image=str(file.absolute()),
        title=one.title,
        brand=one.brand,
        price=float(one.price),
        variants=tuple(Variant(*pair) for pair in one.sizes.items()),
        tags=tuple(ItemTag(name, value) for name, value in one.labels.items() if value in known.get(name, ())),
    )


def _search_picture(shop: Catalogue, product: DrawnProduct, pictures: dict[str, Image.Image]) -> SheetSearch:
    import numpy as np

    from modiste.explore import SheetSearch
    from modiste.synthetic.drawers import draw_product

    # Another drawing of the same thing: another view, other light.
    asked = draw_product(product.spec, size=product.picture.size, rng=np.random.default_rng(len(pictures)))
    found = shop.search(image=asked, k=_FOUND)
    place = next((at for at, hit in enumerate(found, 1) if hit.item_id == product.picture_id), None)
    where = f"it is hit {place}" if place else f"it is not among the first {_FOUND}"
    note = f"A new picture of “{product.title}”, which the shop has: {where}. The numbers are cosines."
    return SheetSearch("Find by picture", asked, _caption(found, pictures), note)


def _search_words(shop: Catalogue, drawn: Sequence[DrawnProduct], pictures: dict[str, Image.Image]) -> SheetSearch:
    from modiste.explore import SheetSearch

    wanted = drawn[len(drawn) // 2]
    words = f"{wanted.spec.colour} {wanted.labels['articleType']}".casefold()
    where = "stock > 0"
    found = shop.search(text=words, k=_FOUND, where=where)
    note = f'modiste search {CATALOGUE} --text "{words}" --where "{where}"'
    return SheetSearch(f"Find by words: {words}", None, _caption(found, pictures), note)


def _caption(found: Results, pictures: dict[str, Image.Image]) -> tuple[tuple[Image.Image, str], ...]:
    captions = []
    for hit in found:
        score = "" if hit.score is None else f" · {hit.score:.2f}"
        captions.append((pictures[hit.item_id], f"{hit.item.title}{score}"))
    return tuple(captions)
