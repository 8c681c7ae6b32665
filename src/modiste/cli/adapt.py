"""``modiste adapt``: a bundle learns somebody's own labels."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from modiste.errors import UsageError, import_extra

if TYPE_CHECKING:
    from modiste.bundle import Bundle
    from modiste.training import TrainingRun
    from modiste.training.adapting import AdaptSettings

__all__ = ["adapt"]

_WHAT, _HOW, _DEEP = "What is learnt", "How it is learnt", "Fine-tuning"


def adapt(
    bundle: Annotated[str, typer.Argument(help="'shipped', or a bundle's folder; it stays as it is.")] = "shipped",
    data: Annotated[
        Path | None,
        typer.Option(help="Labelled pictures: anything 'modiste data inspect' understands.", rich_help_panel=_WHAT),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Folder of the bundle to write; it must not exist yet.", rich_help_panel=_WHAT
        ),
    ] = None,
    fields: Annotated[
        str | None,
        typer.Option(help="Learn only these fields of the data, separated by commas.", rich_help_panel=_WHAT),
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(
            help="Fields of the bundle that stay beside them, separated by commas; '' keeps none. By default all "
            "that the data does not redefine.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    reader: Annotated[
        str | None, typer.Option(help="Reader of the data; by default it is recognised.", rich_help_panel=_WHAT)
    ] = None,
    name: Annotated[
        str, typer.Option(help="Name of the new bundle; by default its folder's.", rich_help_panel=_WHAT)
    ] = "",
    min_count: Annotated[
        int, typer.Option(help="A value with fewer items to learn from is not learnt.", rich_help_panel=_HOW)
    ] = 8,
    rare_as: Annotated[
        str | None,
        typer.Option(
            help="Such values become one of this name, such as Other; by default their labels are masked.",
            rich_help_panel=_HOW,
        ),
    ] = None,
    class_weights: Annotated[
        Literal["none", "sqrt", "inverse"],
        typer.Option(help="'inverse': every value counts alike; 'sqrt': half the way.", rich_help_panel=_HOW),
    ] = "none",
    held_out: Annotated[
        float,
        typer.Option(
            help="Share of the items that only judges, where the data has no part 'validation'.", rich_help_panel=_HOW
        ),
    ] = 0.2,
    deep: Annotated[
        bool,
        typer.Option(
            "--deep",
            help="Fine-tune the whole network as far as that helps; it then says the fields of the data alone.",
            rich_help_panel=_DEEP,
        ),
    ] = False,
    from_run: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="With --deep: start from the last checkpoint of this run of 'modiste train', in place of a bundle.",
            rich_help_panel=_DEEP,
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(help="With --deep: how often each picture is seen; by default 6.", min=1, rich_help_panel=_DEEP),
    ] = None,
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="With --deep: where to compute.", rich_help_panel=_DEEP)
    ] = "auto",
    seed: Annotated[int, typer.Option(help="Another seed draws other parts.", min=0, rich_help_panel=_HOW)] = 1,
    threads: Annotated[
        int | None, typer.Option(help="Cores to use; by default all.", min=1, rich_help_panel=_HOW)
    ] = None,
) -> None:
    """Teach a bundle your own labels: new or renamed fields, in minutes, beside those that it has.

    Examples:

        modiste adapt --data my.csv -o mine

        modiste adapt shipped --data photos/ -o mine --keep gender,season

        modiste adapt --data my.csv -o mine --deep

        modiste tag new-photos/ -o tags.csv --bundle mine
    """
    if data is None or out is None:
        raise UsageError("modiste adapt needs --data SOURCE and -o FOLDER. Type: modiste adapt --help")
    _check_deep(bundle, deep, from_run, epochs)
    torch = import_extra("torch", purpose="Adapting", extra="train")
    import_extra("onnx", purpose="Adapting", extra="train")
    from modiste.readers import read_source
    from modiste.training.adapting import AdaptSettings, DeepSettings, adapt_bundle, adapt_deeply, render_adaptation

    if threads is not None:
        torch.set_num_threads(threads)
    settings = AdaptSettings(
        fields=_split(fields) or (),
        keep=_split(keep),
        held_out=held_out,
        min_count=min_count,
        rare_as=rare_as,
        class_weights=class_weights,
        seed=seed,
        threads=threads,
    )
    opened, start = _open(bundle, from_run)
    beginning = [Path(bundle).name] if from_run is None else ["--from", from_run.name]
    beginning += ["--deep"] * deep + (["--epochs", str(epochs)] if epochs else [])
    words = _describe_command(beginning, data.name, settings)
    options: dict[str, Any] = {
        "name": name,
        "training": {"command": words, "seed": seed},
        "say": lambda line: typer.echo(line, err=True),
    }
    manifest = read_source(data, reader=reader)
    if deep:
        tuned = DeepSettings(epochs=epochs or DeepSettings().epochs, device=device)
        adaptation = adapt_deeply(opened, manifest, out, settings, tuned, start=start, **options)
    else:
        adaptation = adapt_bundle(opened, manifest, out, settings, **options)
    typer.echo(render_adaptation(adaptation, source=data.name), nl=False)


def _check_deep(bundle: str, deep: bool, from_run: Path | None, epochs: int | None) -> None:
    """Refuse options that belong to --deep without it, and two beginnings at once."""
    if not deep and (from_run is not None or epochs is not None):
        raise UsageError("--from and --epochs fine-tune the network; add --deep, or leave them out")
    if from_run is not None and bundle != "shipped":
        raise UsageError(f"{bundle} and --from {from_run} are two beginnings; name one of them")


def _open(bundle: str, from_run: Path | None) -> tuple[Bundle, TrainingRun | None]:
    """Return the bundle to adapt, and the run whose checkpoint to start from, if any."""
    from modiste.bundle import Bundle

    if from_run is None:
        return Bundle.open(None if bundle == "shipped" else bundle), None
    from modiste.training import TrainingRun, open_run_bundle

    run = TrainingRun.reopen(from_run)
    return open_run_bundle(run, say=lambda line: typer.echo(line, err=True)), run


def _describe_command(beginning: Sequence[str], data: str, settings: AdaptSettings) -> str:
    """Return the command with what decides the result, for the card; file names instead of one machine's paths."""
    words = ["modiste", "adapt", *beginning, "--data", data]
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if field.name not in ("folds", "threads") and value != field.default:
            text = ",".join(value) if isinstance(value, tuple) else str(value)
            words += [f"--{field.name.replace('_', '-')}", text]
    return shlex.join(words)


def _split(names: str | None) -> tuple[str, ...] | None:
    """Return the names of an option; None where it is not given."""
    return None if names is None else tuple(name.strip() for name in names.split(",") if name.strip())
