"""``modiste adapt``: a bundle learns somebody's own labels."""

from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from modiste.errors import UsageError, import_extra

if TYPE_CHECKING:
    from modiste.training.adapting import AdaptSettings

__all__ = ["adapt"]

_WHAT, _HOW = "What is learnt", "How it is learnt"


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
        typer.Option("--deep", help="Fine-tune the network too: says which commands do that.", rich_help_panel=_HOW),
    ] = False,
    seed: Annotated[int, typer.Option(help="Another seed draws other parts.", min=0, rich_help_panel=_HOW)] = 1,
    threads: Annotated[
        int | None, typer.Option(help="Cores to use; by default all.", min=1, rich_help_panel=_HOW)
    ] = None,
) -> None:
    """Teach a bundle your own labels: new or renamed fields, in minutes, beside those that it has.

    Examples:

        modiste adapt --data my.csv -o mine

        modiste adapt shipped --data photos/ -o mine --keep gender,season

        modiste tag new-photos/ -o tags.csv --bundle mine
    """
    if data is None or out is None:
        raise UsageError("modiste adapt needs --data SOURCE and -o FOLDER. Type: modiste adapt --help")
    if deep:
        raise UsageError(
            "--deep: the network of a bundle is an ONNX graph, whose trunk is not fine-tuned. Type: modiste train "
            "RECIPE --data SOURCE --out RUN, then modiste export RUN BUNDLE; or leave out --deep"
        )
    torch = import_extra("torch", purpose="Adapting", extra="train")
    import_extra("onnx", purpose="Adapting", extra="train")
    from modiste.bundle import Bundle
    from modiste.readers import read_source
    from modiste.training.adapting import AdaptSettings, adapt_bundle, render_adaptation

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
    opened = Bundle.open(None if bundle == "shipped" else bundle)
    adaptation = adapt_bundle(
        opened,
        read_source(data, reader=reader),
        out,
        settings,
        name=name,
        training={"command": _describe_command(Path(bundle).name, data.name, settings), "seed": seed},
        say=lambda line: typer.echo(line, err=True),
    )
    typer.echo(render_adaptation(adaptation, source=data.name), nl=False)


def _describe_command(bundle: str, data: str, settings: AdaptSettings) -> str:
    """Return the command with what decides the result, for the card; file names instead of one machine's paths."""
    words = ["modiste", "adapt", bundle, "--data", data]
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if field.name not in ("folds", "threads") and value != field.default:
            text = ",".join(value) if isinstance(value, tuple) else str(value)
            words += [f"--{field.name.replace('_', '-')}", text]
    return shlex.join(words)


def _split(names: str | None) -> tuple[str, ...] | None:
    """Return the names of an option; None where it is not given."""
    return None if names is None else tuple(name.strip() for name in names.split(",") if name.strip())
