"""``modiste bundle info``: what a bundle says, how it was made, how good it is."""

from __future__ import annotations

from typing import Annotated

import typer

from modiste.cli.bundle.shared_options import Folder

__all__ = ["info"]


def info(
    bundle: Folder = None,
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
