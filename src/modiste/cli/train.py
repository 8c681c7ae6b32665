"""``modiste train``: carry out a recipe."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from modiste.errors import UsageError, import_extra

__all__ = ["train"]

_WHAT, _HOW = "What is trained", "How it runs"


def train(
    recipe: Annotated[str, typer.Argument(help="A TOML file, or the name of a recipe that modiste brings.")],
    data: Annotated[
        Path | None,
        typer.Option(help="The data set: anything that 'modiste data inspect' understands.", rich_help_panel=_WHAT),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the run: checkpoints, logs, cached pictures.", rich_help_panel=_WHAT),
    ] = None,
    pictures: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder or archive with further pictures of the training items, named by their ids; may be repeated.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    reader: Annotated[
        str | None, typer.Option(help="Reader of the data set; by default it is recognised.", rich_help_panel=_WHAT)
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.", rich_help_panel=_HOW)] = "auto",
    threads: Annotated[
        int | None, typer.Option(help="CPU threads; by default all cores.", min=1, rich_help_panel=_HOW)
    ] = None,
    progress: Annotated[
        float, typer.Option(help="Seconds between two progress lines.", min=0.1, rich_help_panel=_HOW)
    ] = 30.0,
) -> None:
    """Train a tagger on your own labels: stage after stage, a checkpoint each epoch.

    A run that was interrupted goes on with the same command, from its last finished epoch. Curves and a grid of
    predictions are in RUN/logs: `tensorboard --logdir RUN/logs`.

    Examples:

        modiste train product-tagger --data fashion.zip --out runs/first

        modiste train my-recipe.toml --data photos/ --out runs/mine --device cuda

        modiste export runs/first my-bundle
    """
    if data is None or out is None:
        raise UsageError("modiste train needs --data SOURCE and --out RUN. Type: modiste train --help")
    if device not in ("auto", "cpu", "cuda"):
        raise UsageError(f"--device {device}: expected auto, cpu or cuda")
    torch = import_extra("torch", purpose="Training", extra="train")
    import_extra("pytorch_lightning", purpose="Training", extra="train")
    from modiste.readers import read_source
    from modiste.training import TrainingRun, find_recipe, fit, load_recipe

    if threads is not None:
        torch.set_num_threads(threads)
    path = find_recipe(recipe)
    manifest = read_source(data, reader=reader)
    run = TrainingRun.prepare(load_recipe(path), path.parent, manifest, out, pictures=pictures or ())
    typer.echo(
        f"{len(run.train)} items to train on, {len(run.validation)} to choose by, {len(run.taxonomy)} fields", err=True
    )
    if run.finished:
        typer.echo(f"{out} is finished already. Next: modiste export {out} my-bundle, or choose another --out")
        return
    run.keep_command(shlex.join(["modiste", "train", recipe, *_name_only(data, out, pictures or [])]))
    fit(run, device=device, progress_seconds=progress)
    typer.echo(f"done. Next: modiste export {out} my-bundle")


def _name_only(data: Path, out: Path, pictures: Iterable[Path]) -> list[str]:
    """Return the options that decide the result, with file names instead of one machine's paths."""
    words = ["--data", data.name, "--out", out.name]
    return words + [word for path in pictures for word in ("--pictures", path.name)]
