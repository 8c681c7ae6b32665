"""What is drawn (a product) and how it is pictured (a view)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modiste.errors import UnknownNameError
from modiste.synthetic.catalogue import ARTICLES, PATTERNS, Article, find_article
from modiste.synthetic.palette import COLOURS, pick_contrast

__all__ = ["BACKDROPS", "ProductSpec", "View", "random_spec", "random_view"]

BACKDROPS = ("white", "tint", "studio", "coloured")


# What the shop's records call them; the others differ by their capital alone.
_PATTERNS = dict.fromkeys(("dotted", "floral"), "Printed")
_SLEEVES = {"sleeveless": "Sleeveless", "short": "Short Sleeves", "long": "Long Sleeves"}
_LENGTHS = {"mini": "Above Knee", "thigh": "Above Knee", "knee": "Knee Length"}


@dataclass(frozen=True)
class ProductSpec:
    """One product: everything that its labels say, and a seed for the details they are silent about.

    Args:
        article_type: A name of `modiste.synthetic.ARTICLES`.
        colour: The main colour, a name of `modiste.synthetic.COLOURS`.
        second_colour: The colour of stripes, prints and trimmings.
        pattern: A name of `modiste.synthetic.PATTERNS`.
        sleeve: "sleeveless", "short" or "long"; None where the type has no sleeves.
        length: One of the type's lengths, or None.
        seed: Decides proportions, collar, buttons, laces and other details.

    Raises:
        UnknownNameError: A name that does not exist, or that the type does not know.

    Example:
        >>> ProductSpec("Shirts", "Blue", "White", "striped", sleeve="long").labels["subCategory"]
        'Topwear'
    """

    article_type: str
    colour: str
    second_colour: str = "White"
    pattern: str = "solid"
    sleeve: str | None = None
    length: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        article = find_article(self.article_type)
        _check("colour", self.colour, tuple(COLOURS))
        _check("colour", self.second_colour, tuple(COLOURS))
        _check("pattern", self.pattern, PATTERNS)
        _check(f"sleeve of {article.name}", self.sleeve, article.sleeves or (None,))
        _check(f"length of {article.name}", self.length, article.lengths or (None,))

    @property
    def article(self) -> Article:
        """What is known of the article type."""
        return ARTICLES[self.article_type]

    @property
    def labels(self) -> dict[str, str]:
        """What is true of the drawing, by the names and words of the Kaggle set; only what the drawing shows."""
        shown = {
            "gender": self.article.gender,
            "masterCategory": self.article.master,
            "subCategory": self.article.sub,
            "articleType": self.article_type,
            "baseColour": self.colour,
            "pattern": _PATTERNS.get(self.pattern, self.pattern.title()),
            "sleeveLength": _SLEEVES.get(self.sleeve or "", ""),
            "length": _LENGTHS.get(self.length or "", (self.length or "").title()),
        }
        return {name: value for name, value in shown.items() if value}

    @property
    def title(self) -> str:
        """A name such as a shop would give the product."""
        pattern = "" if self.pattern == "solid" else f"{self.pattern} "
        return f"{self.article.gender} {self.colour} {pattern}{self.article_type}".strip().replace("  ", " ").title()


@dataclass(frozen=True)
class View:
    """How a product is pictured.

    Args:
        angle: Turn in the picture's plane, in degrees, clockwise.
        zoom: Size relative to the usual one.
        squeeze: Width relative to the height: what turning the product aside does to it.
        shift: How far the centre is moved, in units of the frame (300 x 400).
        mirrored: Whether left and right are exchanged.
        light: Direction from which the light comes, in degrees: 0 from the right, 90 from above.
        exposure: Factor on the brightness.
        backdrop: A name of `BACKDROPS`.
        worn: Whether a figure wears it.
    """

    angle: float = 0.0
    zoom: float = 1.0
    squeeze: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    mirrored: bool = False
    light: float = 120.0
    exposure: float = 1.0
    backdrop: str = "white"
    worn: bool = False

    def __post_init__(self) -> None:
        _check("backdrop", self.backdrop, BACKDROPS)


def random_spec(rng: np.random.Generator, article_type: str | None = None) -> ProductSpec:
    """Choose a product.

    Args:
        rng: Where the chance comes from.
        article_type: Its type; by default any, each as likely as the others.

    Example:
        >>> random_spec(np.random.default_rng(1), "Jeans").article.master
        'Apparel'
    """
    article = find_article(article_type or _pick(rng, tuple(ARTICLES)))
    colour = _pick(rng, article.colours)
    # Every other product is plain, as in a shop.
    pattern = "solid" if "solid" in article.patterns and rng.random() < 0.5 else _pick(rng, article.patterns)
    return ProductSpec(
        article.name,
        colour,
        pick_contrast(colour, rng),
        pattern,
        sleeve=_pick(rng, article.sleeves) if article.sleeves else None,
        length=_pick(rng, article.lengths) if article.lengths else None,
        seed=int(rng.integers(2**31)),
    )


def random_view(rng: np.random.Generator, article: Article) -> View:
    """Choose how a product of a type is pictured: mostly as shops do, on white, upright, filling the frame."""
    tall = article.master != "Footwear"
    return View(
        angle=float(rng.normal(0, 1.2 if tall else 2.5)),
        zoom=float(rng.uniform(0.9, 1.0)),
        squeeze=float(rng.uniform(0.92, 1.0)),
        shift=(float(rng.normal(0, 2.0)), float(rng.normal(0, 2.0))),
        mirrored=bool(rng.random() < 0.06),
        light=float(rng.uniform(70, 140)),
        exposure=float(rng.normal(1.0, 0.03)),
        backdrop=str(rng.choice(BACKDROPS, p=(0.76, 0.12, 0.07, 0.05))),
        worn=bool(article.wearable and rng.random() < 0.55),
    )


def _pick(rng: np.random.Generator, values: Sequence[str]) -> str:
    return values[int(rng.integers(len(values)))]


def _check(kind: str, value: str | None, known: Sequence[str | None]) -> None:
    if value not in known:
        raise UnknownNameError(kind, str(value), [str(name) for name in known])
