"""What a catalogue knows of one item: where its picture is, what it costs, what it shows, which sizes are left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from modiste.catalogue.read_only import ReadOnlyDict
from modiste.errors import UsageError

if TYPE_CHECKING:  # opening a catalogue needs no decoder
    from modiste.imaging import Box

__all__ = ["COLOUR_BYTES", "ORIGINS", "CatalogueItem", "Detail", "ItemTag", "Origin", "Variant"]

Origin = Literal["corrected", "source", "predicted"]
Detail = str | float | int | bool | tuple[str, ...] | None

ORIGINS: Final[tuple[Origin, ...]] = ("corrected", "source", "predicted")  # the one that counts first
COLOUR_BYTES: Final = 64  # of `modiste.imaging.colour_shares`, which opening a catalogue does without
_RANK: Final = {origin: rank for rank, origin in enumerate(ORIGINS)}


@dataclass(frozen=True, slots=True)
class Variant:
    """A size of an item.

    Args:
        size: As the shop writes it, such as ``"M"`` or ``"42"``.
        stock: Pieces that are left; None where the shop does not count.
    """

    size: str
    stock: int | None = None


@dataclass(frozen=True, slots=True)
class ItemTag:
    """One value of one field, and who says so.

    Args:
        field: The field's name.
        value: One of its values; a multi field has a tag for each.
        confidence: In [0, 1]; 1 for what the source or a person says.
        origin: ``"predicted"`` by the bundle, ``"source"`` of the item's own table, or ``"corrected"`` by a person.
    """

    field: str
    value: str
    confidence: float = 1.0
    origin: Origin = "source"


@dataclass(frozen=True)
class CatalogueItem:
    """One picture of one product, with all that is known of it.

    Args:
        item_id: Unique within the catalogue.
        product_id: The product shown; by default the item itself.
        image: A picture reference (`modiste.imaging.references`), or None where the picture is not kept anywhere.
        box: Left, top, width, height in pixels of the picture as shown; None is the whole picture.
        title: The product's name.
        brand: The maker.
        price: What is paid, in the shop's currency.
        list_price: The price before a discount.
        currency: Three letters.
        variants: Sizes with their stock.
        tags: What is said of the item, of every origin.
        details: Anything else; by name, plain values. They are copied, and can't be changed afterwards.
        picture_hash: SHA-256 of the picture file's bytes, hexadecimal: tells whether a picture changed.
        look: Perceptual hash of the picture (`modiste.imaging.perceptual`), 64 bits.
        colours: Which colours the picture's product has (`modiste.imaging.colour_shares`), 64 bytes.

    Raises:
        UsageError: The id is empty or longer than 512 characters.

    Example:
        >>> item = CatalogueItem("7", title="Navy shirt", price=799.0, tags=(ItemTag("gender", "Men"),))
        >>> item.values("gender"), item.product_id
        (('Men',), '7')
    """

    item_id: str
    product_id: str = ""
    image: str | None = None
    box: Box | None = None
    title: str | None = None
    brand: str | None = None
    price: float | None = None
    list_price: float | None = None
    currency: str | None = None
    variants: tuple[Variant, ...] = ()
    tags: tuple[ItemTag, ...] = ()
    details: Mapping[str, Detail] = field(default_factory=dict)
    picture_hash: str | None = None
    look: int | None = None
    colours: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.item_id) <= 512:
            raise UsageError(f"an item's id has {len(self.item_id)} characters; expected 1 to 512")
        if not self.product_id:
            object.__setattr__(self, "product_id", self.item_id)
        if type(self.details) is not ReadOnlyDict:  # catalogues hand out one item to many
            object.__setattr__(self, "details", ReadOnlyDict(self.details))

    def values(self, name: str) -> tuple[str, ...]:
        """Return what counts of a field: corrected values before the source's before the bundle's; () if none."""
        return self.labels.get(name, ())

    @cached_property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """Field -> the values that count, of the best origin that says anything of the field."""
        best: dict[str, tuple[int, list[str]]] = {}
        for tag in self.tags:
            rank, known = _RANK[tag.origin], best.get(tag.field)
            if known is None or rank < known[0]:
                best[tag.field] = (rank, [tag.value])
            elif rank == known[0]:
                known[1].append(tag.value)
        return ReadOnlyDict({name: tuple(values) for name, (_, values) in best.items()})
