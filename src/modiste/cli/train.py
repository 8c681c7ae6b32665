"""``modiste train``: carry out a recipe, say what it does, or try several side by side."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from modiste.cli.explained_recipes import explain as explain_recipe
from modiste.cli.found_rate import find_stage_rate
from modiste.cli.swept_recipes import sweep_recipes
from modiste.errors import UsageError, import_extra

__all__ = ["train"]

_WHAT, _HOW, _INSTEAD = "What is trained", "How it runs", "Other than one training"


def train(
    recipe: Annotated[
        str | None,
        typer.Argument(help="A TOML file, or the name of a recipe that modiste brings; of a sweep the file names it."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="The data set: anything that 'modiste data inspect' understands.", rich_help_panel=_WHAT),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the run: checkpoints, logs, cached pictures; of a sweep, the folder of its runs.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    pictures: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder or archive with further pictures of the training items, named by their ids; may be repeated.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    teacher: Annotated[
        list[Path] | None,
        typer.Option(
            help="Finished run on the same data, whose answers a stage with teacher_answers learns; may be repeated, "
            "then their mean is learnt.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    reader: Annotated[
        str | None, typer.Option(help="Reader of the data set; by default it is recognised.", rich_help_panel=_WHAT)
    ] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Train nothing: show one picture through every step, what learns, and the rates; without --data on a "
            "drawn garment.",
            rich_help_panel=_INSTEAD,
        ),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(
            help="With --explain: the page to write; by default RECIPE-explained.html.", rich_help_panel=_INSTEAD
        ),
    ] = None,
    figures: Annotated[
        Path | None,
        typer.Option(help="With --explain: also draw its figures as PNG into this folder.", rich_help_panel=_INSTEAD),
    ] = None,
    sweep: Annotated[
        Path | None,
        typer.Option(
            help="TOML with a recipe and lists of values: every combination is trained, and the best on the validation "
            "part named.",
            rich_help_panel=_INSTEAD,
        ),
    ] = None,
    find_rate: Annotated[
        bool,
        typer.Option(
            "--find-rate",
            help="Train nothing: let the rate of the next stage rise for some steps, and say where its loss falls "
            "fastest; writes OUT/rate-STAGE.png and .json.",
            rich_help_panel=_INSTEAD,
        ),
    ] = False,
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

        modiste train my-recipe.toml --explain --data photos/

        modiste train my-recipe.toml --find-rate --data photos/ --out runs/mine

        modiste train pupil.toml --data photos/ --out runs/pupil --teacher runs/first --teacher runs/second

        modiste train --sweep grid.toml --data photos/ --out sweeps/rates

        modiste export runs/first my-bundle
    """
    if (recipe is None) == (sweep is None):
        raise UsageError("modiste train takes a RECIPE, or --sweep FILE, which names one. Type: modiste train --help")
    if (report is not None or figures is not None) and not explain:
        raise UsageError("--report and --figures belong to --explain; of a run: modiste evaluate RUN --report PAGE")
    if explain and sweep is not None:
        raise UsageError("--explain shows what one recipe does; name it instead of --sweep")
    if find_rate and (explain or sweep is not None):
        raise UsageError("--find-rate looks at one stage of one recipe; leave out --explain and --sweep")
    if teacher and (explain or find_rate or sweep is not None):
        raise UsageError("--teacher is of one training; leave out --explain, --find-rate and --sweep, or --teacher")
    if explain:
        explain_recipe(recipe or "", data, reader, report, figures)
        return
    if data is None or out is None:
        raise UsageError("modiste train needs --data SOURCE and --out RUN. Type: modiste train --help")
    if device not in ("auto", "cpu", "cuda"):
        raise UsageError(f"--device {device}: expected auto, cpu or cuda")
    torch = import_extra("torch", purpose="Training", extra="train")
    import_extra("pytorch_lightning", purpose="Training", extra="train")
    from modiste.training import TrainingRun, find_recipe, fit, load_recipe, open_teachers, read_data

    if threads is not None:
        torch.set_num_threads(threads)
    if sweep is not None:
        sweep_recipes(sweep, data, out, reader=reader, pictures=pictures or (), device=device, progress=progress)
        return
    if find_rate:
        find_stage_rate(recipe or "", data, out, reader=reader, pictures=pictures or (), device=device)
        return
    path = find_recipe(recipe or "")
    loaded = load_recipe(path)
    manifest = read_data(data, loaded.data, reader=reader)
    run = TrainingRun.prepare(loaded, path.parent, manifest, out, pictures=pictures or ())
    typer.echo(
        f"{len(run.train)} items to train on, {len(run.validation)} to choose by, {len(run.taxonomy)} fields", err=True
    )
    if run.finished:
        typer.echo(f"{out} is finished already. Next: modiste export {out} my-bundle, or choose another --out")
        return
    teachers = open_teachers(run, teacher or ())
    run.keep_command(
        shlex.join(["modiste", "train", recipe or "", *_name_only(data, out, pictures or [], teacher or [])])
    )
    fit(run, device=device, progress_seconds=progress, teachers=teachers)
    typer.echo(f"done. Next: modiste export {out} my-bundle")


def _name_only(data: Path, out: Path, pictures: Iterable[Path], teachers: Iterable[Path]) -> list[str]:
    """Return the options that decide the result, with file names instead of one machine's paths."""
    words = ["--data", data.name, "--out", out.name]
    words += [word for path in pictures for word in ("--pictures", path.name)]
    return words + [word for path in teachers for word in ("--teacher", path.name)]
