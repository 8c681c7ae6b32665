"""The article types that can be drawn, with the category, colours, patterns and cuts each of them has."""

from __future__ import annotations

from dataclasses import dataclass

from modiste.errors import UnknownNameError

__all__ = ["ARTICLES", "PATTERNS", "Article", "find_article"]

PATTERNS = ("solid", "striped", "checked", "dotted", "printed", "colourblocked", "floral")
_SLEEVES = ("sleeveless", "short", "long")
_WEAR = ("Black", "White", "Blue", "Navy Blue", "Red", "Green", "Yellow", "Pink", "Purple", "Grey", "Brown", "Beige")
_ALL = (*_WEAR, "Orange", "Maroon", "Olive", "Cream", "Teal", "Lavender", "Peach")
_LEGS = ("Black", "Navy Blue", "Grey", "Brown", "Beige", "Olive", "Blue", "White")
_LEATHER = ("Black", "Brown", "Beige", "Maroon", "Red", "White", "Navy Blue")
_SPORT = ("White", "White", "Grey", "Black", "Silver", "Blue", "Red", "Navy Blue")
_BRIGHT = ("Black", "White", "Red", "Pink", "Blue", "Purple", "Green", "Yellow", "Orange", "Teal", "Grey")


@dataclass(frozen=True)
class Article:
    """What is known of one article type.

    Args:
        name: The Kaggle set's name of the type.
        master: Its masterCategory.
        sub: Its subCategory.
        colours: The colours it is drawn in, by their names.
        patterns: The patterns it may have.
        sleeves: The sleeves it may have; empty where there are none.
        lengths: The lengths it may have; empty where it makes no difference.
        gender: "Men" or "Women" where the type decides it, else "".
        price: Typical price.
    """

    name: str
    master: str
    sub: str
    colours: tuple[str, ...] = _ALL
    patterns: tuple[str, ...] = PATTERNS
    sleeves: tuple[str, ...] = ()
    lengths: tuple[str, ...] = ()
    gender: str = ""
    price: int = 1000

    @property
    def wearable(self) -> bool:
        """Whether it can be shown on a figure."""
        return self.master == "Apparel"


_PLAIN = ("solid",)
_SIMPLE = ("solid", "striped", "checked", "colourblocked")
_ROWS = (
    Article("Tshirts", "Apparel", "Topwear", sleeves=("short", "long", "sleeveless"), price=700),
    Article("Shirts", "Apparel", "Topwear", patterns=PATTERNS, sleeves=("long", "short"), price=1500),
    Article("Tops", "Apparel", "Topwear", sleeves=_SLEEVES, lengths=("regular", "long"), gender="Women", price=900),
    Article("Kurtas", "Apparel", "Topwear", sleeves=_SLEEVES, lengths=("thigh", "knee"), price=1200),
    Article("Sweatshirts", "Apparel", "Topwear", sleeves=("long",), price=1800),
    Article("Jackets", "Apparel", "Topwear", patterns=_SIMPLE, sleeves=("long",), price=3000),
    Article("Dresses", "Apparel", "Dress", sleeves=_SLEEVES, lengths=("mini", "knee"), gender="Women", price=1900),
    Article("Jeans", "Apparel", "Bottomwear", ("Blue", "Navy Blue", "Black", "Grey"), _PLAIN, price=2000),
    Article("Trousers", "Apparel", "Bottomwear", _LEGS, ("solid", "striped", "checked"), price=1600),
    Article("Track Pants", "Apparel", "Bottomwear", _LEGS, ("solid", "striped", "colourblocked"), price=1300),
    Article("Shorts", "Apparel", "Bottomwear", _WEAR, lengths=("short", "knee"), price=900),
    Article("Skirts", "Apparel", "Bottomwear", lengths=("mini", "knee"), gender="Women", price=1100),
    Article("Casual Shoes", "Footwear", "Shoes", _WEAR, ("solid", "checked", "colourblocked", "printed"), price=2500),
    Article("Sports Shoes", "Footwear", "Shoes", _SPORT, ("solid", "colourblocked"), price=3500),
    Article("Formal Shoes", "Footwear", "Shoes", ("Black", "Black", "Brown"), _PLAIN, gender="Men", price=2800),
    Article("Heels", "Footwear", "Shoes", (*_LEATHER, "Pink", "Purple", "Gold"), _PLAIN, gender="Women", price=1800),
    Article("Flip Flops", "Footwear", "Flip Flops", _BRIGHT, ("solid", "striped", "dotted", "floral"), price=600),
    Article("Sandals", "Footwear", "Sandal", ("Black", "Brown", "Beige", "Grey", "Navy Blue"), _PLAIN, price=1500),
    Article("Handbags", "Accessories", "Bags", (*_LEATHER, "Pink", "Purple", "Yellow"), gender="Women", price=1700),
    Article("Backpacks", "Accessories", "Bags", _BRIGHT, price=1500),
    Article("Clutches", "Accessories", "Bags", (*_LEATHER, "Pink", "Purple", "Gold"), gender="Women", price=1000),
    Article("Wallets", "Accessories", "Wallets", _LEATHER, ("solid", "striped", "checked"), price=900),
    Article(
        "Watches", "Accessories", "Watches", ("Black", "White", "Silver", "Gold", "Blue", "Pink"), _PLAIN, price=4000
    ),
    Article("Sunglasses", "Accessories", "Eyewear", ("Black", "Brown", "Silver", "Gold", "Purple"), _PLAIN, price=2200),
    Article(
        "Belts", "Accessories", "Belts", ("Black", "Brown", "White", "Red", "Beige", "Navy Blue"), _PLAIN, price=800
    ),
    Article("Caps", "Accessories", "Headwear", _WEAR, ("solid", "checked", "colourblocked", "printed"), price=500),
    Article("Ties", "Accessories", "Ties", gender="Men", price=700),
    Article("Socks", "Accessories", "Socks", _WEAR, price=200),
    Article("Earrings", "Accessories", "Jewellery", ("Gold", "Silver", "Red", "Blue", "Green"), _PLAIN, gender="Women"),
    Article("Perfume and Body Mist", "Personal Care", "Fragrance", _BRIGHT, _PLAIN, price=1900),
    Article("Deodorant", "Personal Care", "Fragrance", _BRIGHT, ("solid", "colourblocked"), price=200),
    Article(
        "Lipstick",
        "Personal Care",
        "Lips",
        ("Red", "Pink", "Maroon", "Brown", "Peach", "Purple"),
        _PLAIN,
        gender="Women",
        price=500,
    ),
    Article("Nail Polish", "Personal Care", "Nails", _BRIGHT, _PLAIN, gender="Women", price=200),
)
ARTICLES: dict[str, Article] = {article.name: article for article in _ROWS}


def find_article(name: str) -> Article:
    """Return what is known of an article type.

    Raises:
        UnknownNameError: The type can't be drawn; the text names near ones.

    Example:
        >>> find_article("Ties").gender
        'Men'
    """
    if name not in ARTICLES:
        raise UnknownNameError("article type to draw", name, ARTICLES)
    return ARTICLES[name]
