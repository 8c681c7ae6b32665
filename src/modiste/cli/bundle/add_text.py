"""``modiste bundle add-text``: teach a bundle words."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["add_text"]


def add_text(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle; it gets the text encoder.")],
    data: Annotated[
        Path | None, typer.Option(help="A data set with pictures and titles: what 'modiste data inspect' understands.")
    ] = None,
    recipe: Annotated[str, typer.Option(help="A TOML file, or the name of a recipe that modiste brings.")] = "shopper",
    reader: Annotated[str | None, typer.Option(help="Reader of the data set; by default it is recognised.")] = None,
    details: Annotated[bool, typer.Option("--details", help="Kaggle: also read styles/ID.json, for brands.")] = False,
    threads: Annotated[int | None, typer.Option(help="Cores to use; by default all.", min=1)] = None,
    data_note: Annotated[str, typer.Option("--data-note", help="What the card says of the data.")] = "",
    licence: Annotated[str, typer.Option(help="What the card says of the weights' licence.")] = "",
) -> None:
    """Teach a bundle words: train a small text encoder beside its pictures' vectors, and put it into the bundle.

    Answers, vectors and fingerprint of pictures stay as they are: a catalogue made before understands words after.

    Examples:

        modiste bundle add-text my-bundle --data fashion.zip --details

        modiste bundle add-text my-bundle --data shop.csv --recipe my-words.toml
    """
    from modiste.bundle import Bundle
    from modiste.errors import UsageError, import_extra

    if data is None:
        raise UsageError("modiste bundle add-text needs --data SOURCE. Type: modiste bundle add-text --help")
    torch = import_extra("torch", purpose="Training", extra="train")
    from modiste.readers import ReaderOptions, read_source
    from modiste.training.text import add_text_encoder, find_text_recipe, load_text_recipe

    if threads is not None:
        torch.set_num_threads(threads)
    opened, path = Bundle.open(bundle), find_text_recipe(recipe)
    loaded = load_text_recipe(path)
    manifest = read_source(data, reader=reader, options=ReaderOptions(details=details))
    words = ["modiste", "bundle", "add-text", bundle.name, "--data", data.name, "--recipe", Path(recipe).name]
    notes = {
        "recipe": f"{loaded.name}: {loaded.description}",
        "command": shlex.join([*words, *(["--details"] if details else [])]),
        "seed": loaded.seed,
        "data": data_note,
        "licence": licence,
    }
    written = add_text_encoder(
        opened,
        manifest,
        loaded,
        path.parent,
        training={key: value for key, value in notes.items() if value != ""},
        threads=threads,
        say=lambda line: typer.echo(line, err=True),
    )
    typer.echo(f"{written.path}: {written.spec.name} with words, text fingerprint {written.text_fingerprint[:12]}")
