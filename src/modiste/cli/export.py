"""``modiste export``: from a training run to a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modiste.errors import import_extra

__all__ = ["export"]


def export(
    run: Annotated[Path, typer.Argument(help="Folder that 'modiste train --out' wrote.")],
    bundle: Annotated[Path, typer.Argument(help="Folder of the bundle to write; it must not exist yet.")],
    name: Annotated[str | None, typer.Option(help="Name of the bundle; by default the recipe's.")] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Checkpoint to export; by default RUN/checkpoints/last.ckpt.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(help="Field that the bundle is not to say, though it was learnt; may be repeated."),
    ] = None,
    data_note: Annotated[
        str, typer.Option("--data-note", help="What the card says of the pictures it was trained on.")
    ] = "",
    limits: Annotated[str, typer.Option(help="What the card says the bundle is bad at.")] = "",
    licence: Annotated[str, typer.Option(help="What the card says of the weights' licence.")] = "",
) -> None:
    """Turn a training run into a bundle: a folder that tags without torch.

    The averaged weights become an ONNX graph, which is refused if it answers otherwise than torch on real pictures
    (1e-4). Temperatures, thresholds and doubt are chosen, and the card's figures measured, on the run's validation
    part.

    Examples:

        modiste export runs/first my-bundle

        modiste tag photos/ -o tags.csv --bundle my-bundle
    """
    import_extra("torch", purpose="Export", extra="train")
    from modiste.training import TrainingRun, export_run

    opened = TrainingRun.reopen(run)
    notes = {**opened.describe(), "data": data_note, "limits": limits, "licence": licence}
    training = {key: value for key, value in notes.items() if value != ""}
    written = export_run(
        opened,
        bundle,
        name=name or opened.recipe.name,
        training=training,
        checkpoint=checkpoint,
        without=without or (),
    )
    typer.echo(f"{written.path}: {written.spec.name}, fingerprint {written.fingerprint[:12]}")
    typer.echo(f"Next: modiste tag photos/ -o tags.csv --bundle {written.path}")
