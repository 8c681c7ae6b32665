"""``modiste bundle add-fields``: teach a bundle further fields, such as a shop's attributes."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

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
    from modiste.bundle import Bundle
    from modiste.errors import UsageError, import_extra

    if data is None:
        raise UsageError("modiste bundle add-fields needs --data SOURCE. Type: modiste bundle add-fields --help")
    import_extra("torch", purpose="Training", extra="train")
    from modiste.training import find_recipe, load_recipe, read_data
    from modiste.training.adapting import add_fields as add

    path = find_recipe(recipe)
    loaded = load_recipe(path)
    words = ["modiste", "bundle", "add-fields", bundle.name, new.name, "--data", data.name, "--recipe", recipe]
    written = add(
        Bundle.open(bundle),
        read_data(data, loaded.data, reader=reader),
        loaded,
        path.parent,
        new,
        training={"command": shlex.join(words)},
        say=lambda line: typer.echo(line, err=True),
    )
    typer.echo(f"{written.path}: {written.spec.name}, fingerprint {written.fingerprint[:12]}")
    typer.echo(f"Next: modiste tag photos/ -o tags.csv --bundle {written.path}")
