"""``modiste bundle add-search``: fit a bundle's vectors to search."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["add_search"]


def add_search(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle; it stays as it is.")],
    new: Annotated[Path, typer.Argument(help="Folder of the bundle to write; it must not exist yet.")],
    data: Annotated[
        Path | None, typer.Option(help="A labelled data set: what 'modiste data inspect' understands.")
    ] = None,
    recipe: Annotated[
        str, typer.Option(help="A TOML file, or the name of a recipe that modiste brings; its parts data and search.")
    ] = "product-tagger",
    reader: Annotated[str | None, typer.Option(help="Reader of the data set; by default it is recognised.")] = None,
) -> None:
    """Fit a bundle's vectors to search: pictures that share their labels come closer together.

    A linear layer on the finished network's features is fitted by a metric loss, in minutes. What the bundle says of
    pictures stays; its vectors and its fingerprint change, so catalogues are rebuilt and words are taught again.

    Examples:

        modiste bundle add-search my-bundle my-searcher --data fashion.zip

        modiste bundle add-search my-bundle my-searcher --data shop.csv --recipe mine.toml
    """
    from modiste.bundle import Bundle
    from modiste.errors import UsageError, import_extra

    if data is None:
        raise UsageError("modiste bundle add-search needs --data SOURCE. Type: modiste bundle add-search --help")
    import_extra("torch", purpose="Training", extra="train")
    from modiste.training import find_recipe, load_recipe, read_data
    from modiste.training.search_head import add_search_head

    path = find_recipe(recipe)
    loaded = load_recipe(path)
    words = ["modiste", "bundle", "add-search", bundle.name, new.name, "--data", data.name, "--recipe", recipe]
    written = add_search_head(
        Bundle.open(bundle),
        read_data(data, loaded.data, reader=reader),
        loaded,
        path.parent,
        new,
        training={"command": shlex.join(words)},
        say=lambda line: typer.echo(line, err=True),
    )
    typer.echo(f"{written.path}: {written.spec.name}, fingerprint {written.fingerprint[:12]}")
    typer.echo(f"Next: modiste bundle add-text {written.path} --data {data.name}")
