"""``modiste bundle add-fields``: teach a bundle further fields, such as a shop's attributes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modiste.cli.bundle.teaching import teach_bundle

if TYPE_CHECKING:
    from modiste.bundle import Bundle

__all__ = ["add_fields"]


def add_fields(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle; it stays as it is.")],
    new: Annotated[Path, typer.Argument(help="Folder of the bundle to write; it must not exist yet.")],
    data: Annotated[
        Path | None, typer.Option(help="A labelled data set: what 'modiste data inspect' understands.")
    ] = None,
    recipe: Annotated[
        str,
        typer.Option(
            help="A TOML file, or the name of a recipe that modiste brings; its parts data, calibration and silence."
        ),
    ] = "product-attributes",
    reader: Annotated[str | None, typer.Option(help="Reader of the data set; by default it is recognised.")] = None,
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
