"""``modiste bundle``: show a bundle, or check that it is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modiste.cli.groups import build_group

__all__ = ["app", "figures", "info", "verify"]

app = build_group("Show or verify a bundle: a trained model as a folder.")
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
    from modiste.runtime import Decider, Network

    opened = Bundle.open(bundle)
    size = (2, opened.preprocessing.height, opened.preprocessing.width, 3)
    output = Network(opened).run(np.random.default_rng(0).integers(0, 256, size, np.uint8))
    Decider(opened.spec).decide(output.logits)
    lengths = np.linalg.norm(output.embedding, axis=1)
    if not np.allclose(lengths, 1, atol=1e-3):
        raise BundleError(f"the embeddings of {opened.path} have the lengths {lengths.tolist()}; expected 1")
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
