"""Drawn products with known labels: for the demo, the tests and the documentation.

>>> from modiste.synthetic import draw_shop
>>> first = next(draw_shop(1, seed=4, size=(60, 80), types=["Shirts"]))
>>> first.labels["masterCategory"], first.picture.size
('Apparel', (60, 80))
"""

from __future__ import annotations

from modiste.synthetic.catalogue import ARTICLES, PATTERNS, Article, find_article
from modiste.synthetic.drawers import draw_product, paint_product
from modiste.synthetic.layout import LAYOUTS, Layout, write_shop
from modiste.synthetic.palette import COLOURS, nearest_colour
from modiste.synthetic.shop import DrawnProduct, draw_shop
from modiste.synthetic.spec import BACKDROPS, ProductSpec, View, random_spec, random_view

__all__ = [
    "ARTICLES",
    "BACKDROPS",
    "COLOURS",
    "LAYOUTS",
    "PATTERNS",
    "Article",
    "DrawnProduct",
    "Layout",
    "ProductSpec",
    "View",
    "draw_product",
    "draw_shop",
    "find_article",
    "nearest_colour",
    "paint_product",
    "random_spec",
    "random_view",
    "write_shop",
]
