"""Which function draws which article type, and the one that draws any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PIL import Image

from modiste.errors import UsageError
from modiste.synthetic import accessories, bags, bottoms, footwear, personal_care, tops
from modiste.synthetic.sketch import Sketch
from modiste.synthetic.spec import ProductSpec, View, random_view

__all__ = ["DRAWERS", "draw_product", "paint_product"]

DRAWERS: dict[str, Callable[[Sketch], None]] = {
    "Tshirts": tops.draw_tshirt,
    "Shirts": tops.draw_shirt,
    "Tops": tops.draw_top,
    "Kurtas": tops.draw_kurta,
    "Sweatshirts": tops.draw_sweatshirt,
    "Jackets": tops.draw_jacket,
    "Dresses": tops.draw_dress,
    "Jeans": bottoms.draw_jeans,
    "Trousers": bottoms.draw_trousers,
    "Track Pants": bottoms.draw_track_pants,
    "Shorts": bottoms.draw_shorts,
    "Skirts": bottoms.draw_skirt,
    "Casual Shoes": footwear.draw_casual_shoe,
    "Sports Shoes": footwear.draw_sports_shoe,
    "Formal Shoes": footwear.draw_formal_shoe,
    "Heels": footwear.draw_heel,
    "Flip Flops": footwear.draw_flip_flop,
    "Sandals": footwear.draw_sandal,
    "Handbags": bags.draw_handbag,
    "Backpacks": bags.draw_backpack,
    "Clutches": bags.draw_clutch,
    "Wallets": bags.draw_wallet,
    "Watches": accessories.draw_watch,
    "Sunglasses": accessories.draw_sunglasses,
    "Belts": accessories.draw_belt,
    "Caps": accessories.draw_cap,
    "Ties": accessories.draw_tie,
    "Socks": accessories.draw_socks,
    "Earrings": accessories.draw_earrings,
    "Perfume and Body Mist": personal_care.draw_perfume,
    "Deodorant": personal_care.draw_deodorant,
    "Lipstick": personal_care.draw_lipstick,
    "Nail Polish": personal_care.draw_nail_polish,
}
_LARGEST = 2048
_FIGURE_ZOOM = 0.9  # a figure is taller than its garment


def draw_product(
    spec: ProductSpec, *, size: tuple[int, int] = (240, 320), rng: np.random.Generator, view: View | None = None
) -> Image.Image:
    """Draw one picture of a product.

    Args:
        spec: The product.
        size: Width and height in pixels, 8 to 2048; the usual proportions are 3 to 4.
        rng: The chance that belongs to the picture: its view, creases, backdrop. The product itself, its
            proportions and details, are decided by the spec: two pictures of one spec show one product.
        view: How it is pictured; by default chosen as shops do.

    Returns:
        An RGB picture.

    Raises:
        UsageError: The size is out of range.

    Example:
        >>> shirt = ProductSpec("Shirts", "Blue", sleeve="long")
        >>> draw_product(shirt, size=(60, 80), rng=np.random.default_rng(0)).size
        (60, 80)
    """
    return paint_product(spec, size=size, rng=rng, view=view).photograph(floor=_stands(spec))


def paint_product(
    spec: ProductSpec, *, size: tuple[int, int] = (240, 320), rng: np.random.Generator, view: View | None = None
) -> Sketch:
    """Do what `draw_product` does, but stop before the photograph: the sketch knows what the product covers."""
    if not all(8 <= side <= _LARGEST for side in size):
        raise UsageError(f"a picture of {size[0]} x {size[1]} pixels was asked for; each side must be 8 to {_LARGEST}")
    view = random_view(rng, spec.article) if view is None else view
    if view.worn:
        lower = spec.article.sub == "Bottomwear"
        view = replace(view, zoom=view.zoom * (0.98 if lower else _FIGURE_ZOOM), squeeze=1.0, mirrored=False)
    sketch = Sketch(spec, view, size, rng)
    DRAWERS[spec.article_type](sketch)
    return sketch


def _stands(spec: ProductSpec) -> bool:
    return spec.article.master in ("Footwear", "Personal Care") or spec.article.sub in ("Bags", "Wallets", "Belts")
