"""``modiste bundle add-search``: fit a bundle's vectors to search."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from modiste.cli.bundle.teaching import BundleFolder, DataSource, NewFolder, ReaderName, teach_bundle

if TYPE_CHECKING:
    from modiste.bundle import Bundle

__all__ = ["add_search"]


def add_search(
    bundle: BundleFolder,
    new: NewFolder,
    data: DataSource = None,
    recipe: Annotated[
        str, typer.Option(help="A TOML file, or the name of a recipe that modiste brings; its parts data and search.")
    ] = "product-tagger",
    reader: ReaderName = None,
) -> None:
    """Fit a bundle's vectors to search: pictures that share their labels come closer together.

    A linear layer on the finished network's features is fitted by a metric loss, in minutes. What the bundle says of
    pictures stays; its vectors and its fingerprint change, so catalogues are rebuilt and words are taught again.

    Examples:

        modiste bundle add-search my-bundle my-searcher --data fashion.zip

        modiste bundle add-search my-bundle my-searcher --data shop.csv --recipe mine.toml
    """
    further = "modiste bundle add-text {bundle} --data {data}"
    teach_bundle("add-search", bundle, new, data, recipe, reader, find_teaching=_find_teaching, further=further)


def _find_teaching() -> Callable[..., Bundle]:
    from modiste.training.search_head import add_search_head

    return add_search_head
