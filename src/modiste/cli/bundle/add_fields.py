"""``modiste bundle add-fields``: teach a bundle further fields, such as a shop's attributes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from modiste.cli.bundle.teaching import BundleFolder, DataSource, FieldsRecipe, NewFolder, ReaderName, teach_bundle

if TYPE_CHECKING:
    from modiste.bundle import Bundle

__all__ = ["add_fields"]


def add_fields(
    bundle: BundleFolder,
    new: NewFolder,
    data: DataSource = None,
    recipe: FieldsRecipe = "product-attributes",
    reader: ReaderName = None,
) -> None:
    """Teach a bundle further fields, in minutes: neck, sleeves, pattern and more, said only where a product has them.

    Heads on the finished network's features learn from the training part; what is chosen is chosen on the validation
    part. What the bundle says of its other fields stays to the last bit, and so do its vectors and its words.

    Examples:

        modiste bundle add-fields my-bundle my-bundle-with-necks --data fashion.zip

        modiste bundle add-fields my-bundle more --data shop.csv --recipe mine.toml
    """
    further = "modiste tag photos/ -o tags.csv --bundle {bundle}"
    teach_bundle("add-fields", bundle, new, data, recipe, reader, find_teaching=_find_teaching, further=further)


def _find_teaching() -> Callable[..., Bundle]:
    from modiste.training.adapting import add_fields as add

    return add
