"""``modiste bundle``: show a bundle, check that it is whole, or teach it words."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from modiste.cli.groups import build_group

__all__ = ["add_search", "add_text", "app", "figures", "info", "verify"]

app = build_group("Show or verify a bundle, a trained model as a folder, or teach it words.")
_Folder = Annotated[Path | None, typer.Argument(help="Folder of a bundle; by default the one inside modiste.")]


@app.command()
def info(
    bundle: _Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of bundle.json instead of the card.")] = False,
) -> None:
    """Print a bundle's card: what it says, how it was made, how good it is.

    Examples:

        modiste bundle info

        modiste bundle info my-bundle --json
    """
    from modiste.bundle import Bundle

    opened = Bundle.open(bundle)
    if as_json:
        typer.echo(opened.spec.to_text(), nl=False)
        return
    typer.echo(opened.card or f"# {opened.spec.name}\n\n(the bundle has no card)\n")
    typer.echo(f"{opened.path}\nfingerprint {opened.fingerprint}")
    if opened.has_text_encoder:
        typer.echo(f"text fingerprint {opened.text_fingerprint}")


@app.command()
def verify(bundle: _Folder = None) -> None:
    """Check that a bundle is whole and that its network keeps its promises.

    Examples:

        modiste bundle verify

        modiste bundle verify my-bundle
    """
    import numpy as np

    from modiste.bundle import Bundle
    from modiste.errors import BundleError
    from modiste.runtime import Decider, Network, TextEncoder

    opened = Bundle.open(bundle)
    size = (2, opened.preprocessing.height, opened.preprocessing.width, 3)
    output = Network(opened).run(np.random.default_rng(0).integers(0, 256, size, np.uint8))
    Decider(opened.spec).decide(output.logits)
    lengths = np.linalg.norm(output.embedding, axis=1)
    if not np.allclose(lengths, 1, atol=1e-3):
        raise BundleError(f"the embeddings of {opened.path} have the lengths {lengths.tolist()}; expected 1")
    if opened.has_text_encoder:
        length = float(np.linalg.norm(TextEncoder(opened).encode(["blue shirt"])))
        if not np.isclose(length, 1, atol=1e-3):
            raise BundleError(f"the text encoder of {opened.path} gives a vector of length {length}; expected 1")
    typer.echo(f"{opened.path} is whole: {opened.spec.name}, fingerprint {opened.fingerprint}")


@app.command()
def figures(
    bundle: Annotated[Path, typer.Argument(help="Folder of a bundle.")],
    report: Annotated[Path, typer.Argument(help="JSON that 'modiste bench accept accuracy' wrote.")],
) -> None:
    """Put measured figures into a bundle's card; its answers and its fingerprint stay as they are.

    Examples:

        modiste bundle figures my-bundle results/accuracy.json
    """
    import json

    from modiste.bundle import Bundle, add_figures
    from modiste.errors import UsageError

    try:
        data = json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{report} can't be read as JSON: {error}") from error
    written = add_figures(Bundle.open(bundle), data)
    typer.echo(f"{written.path / 'card.md'} holds the figures of {report}")


@app.command(name="add-text")
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


@app.command(name="add-search")
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
    from modiste.readers import read_source
    from modiste.training import find_recipe, load_recipe
    from modiste.training.search_head import add_search_head

    path = find_recipe(recipe)
    loaded = load_recipe(path)
    words = ["modiste", "bundle", "add-search", bundle.name, new.name, "--data", data.name, "--recipe", recipe]
    written = add_search_head(
        Bundle.open(bundle),
        read_source(data, reader=reader),
        loaded,
        path.parent,
        new,
        training={"command": shlex.join(words)},
        say=lambda line: typer.echo(line, err=True),
    )
    typer.echo(f"{written.path}: {written.spec.name}, fingerprint {written.fingerprint[:12]}")
    typer.echo(f"Next: modiste bundle add-text {written.path} --data {data.name}")
