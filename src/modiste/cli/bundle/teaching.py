"""What the commands that teach a bundle by a recipe share: reading both, and a bundle with the command in its card."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modiste.errors import UsageError, import_extra

if TYPE_CHECKING:
    from modiste.bundle import Bundle

__all__ = ["BundleFolder", "DataSource", "FieldsRecipe", "NewFolder", "ReaderName", "teach_bundle"]

BundleFolder = Annotated[Path, typer.Argument(help="Folder of a bundle; it stays as it is.")]
NewFolder = Annotated[Path, typer.Argument(help="Folder of the bundle to write; it must not exist yet.")]
DataSource = Annotated[Path | None, typer.Option(help="A labelled data set: what 'modiste data inspect' understands.")]
FieldsRecipe = Annotated[
    str,
    typer.Option(
        help="A TOML file, or the name of a recipe that modiste brings; its parts data, calibration and silence."
    ),
]
ReaderName = Annotated[str | None, typer.Option(help="Reader of the data set; by default it is recognised.")]


def teach_bundle(
    command: str,
    bundle: Path,
    new: Path,
    data: Path | None,
    recipe: str,
    reader: str | None,
    *,
    find_teaching: Callable[[], Callable[..., Bundle]],
    further: str,
) -> None:
    """Teach a bundle what a recipe says, and tell which bundle was written.

    Args:
        command: The command's name, such as ``add-search``.
        bundle: Folder of the bundle.
        new: Folder of the bundle to write.
        data: The labelled data set.
        recipe: A TOML file, or the name of a recipe that modiste brings.
        reader: The data's reader; by default it is recognised.
        find_teaching: Imports what teaches, once it is known that torch is there.
        further: The command to type next, in which ``{bundle}`` and ``{data}`` stand for the new bundle and the data.

    Raises:
        UsageError: No data is named.
        MissingExtraError: torch is missing.
    """
    if data is None:
        raise UsageError(f"modiste bundle {command} needs --data SOURCE. Type: modiste bundle {command} --help")
    import_extra("torch", purpose="Training", extra="train")
    from modiste.bundle import Bundle
    from modiste.training import find_recipe, load_recipe, read_data

    path = find_recipe(recipe)
    loaded = load_recipe(path)
    words = ["modiste", "bundle", command, bundle.name, new.name, "--data", data.name, "--recipe", recipe]
    written = find_teaching()(
        Bundle.open(bundle),
        read_data(data, loaded.data, reader=reader),
        loaded,
        path.parent,
        new,
        training={"command": shlex.join(words)},
        say=lambda line: typer.echo(line, err=True),
    )
    typer.echo(f"{written.path}: {written.spec.name}, fingerprint {written.fingerprint[:12]}")
    typer.echo(f"Next: {further.format(bundle=written.path, data=data.name)}")
