"""``modiste catalogue info``: what a catalogue holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modiste.cli.catalogue.shared_options import Place
from modiste.cli.tables import print_table

if TYPE_CHECKING:
    from modiste.catalogue import CatalogueInfo

__all__ = ["info"]


def info(
    catalogue: Place,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what a catalogue holds: items, bundle, columns for filters, index and why, size on disk.

    Examples:

        modiste catalogue info shop.catalogue

        modiste catalogue info shop.catalogue --json
    """
    from modiste.catalogue.stores import open_backend

    backend = open_backend(catalogue)
    try:
        found = _describe(backend.describe())
    finally:
        backend.close()
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    _print(found)


def _describe(said: CatalogueInfo) -> dict[str, Any]:
    head = said.head
    found: dict[str, Any] = {
        "place": said.place,
        "items": said.items,
        "bundle": {"name": head.bundle_name, "fingerprint": head.fingerprint, "embedding_size": head.embedding_size},
        "index": said.index,
        "bytes": _measure(Path(said.place)) if "://" not in said.place else None,
        "columns": dict(said.columns),
        "rebuild": None,
    }
    if said.rebuild is not None:
        found["rebuild"] = {"fingerprint": said.rebuild[0], "to_do": said.rebuild[1]}
    return found


def _measure(folder: Path) -> dict[str, int]:
    """Return how many bytes the catalogue itself and its cache take."""
    sizes = {"catalogue": 0, "cache": 0}
    for path in folder.rglob("*"):
        try:
            size = path.stat().st_size if path.is_file() else 0
        except OSError:  # a cache that is being replaced at this moment
            continue
        sizes["cache" if path.relative_to(folder).parts[0] == "cache" else "catalogue"] += size
    return sizes


def _print(found: dict[str, Any]) -> None:
    bundle = found["bundle"]
    typer.echo(f"{found['place']}: {found['items']:,} items")
    typer.echo(f"bundle: {bundle['name']} ({bundle['fingerprint'][:12]}), {bundle['embedding_size']} numbers a vector")
    typer.echo(f"index: {found['index']}")
    if found["bytes"] is not None:
        sizes = {name: f"{number / 1e6:,.1f} MB" for name, number in found["bytes"].items()}
        typer.echo(f"on disk: {sizes['catalogue']}, and {sizes['cache']} of cache that may be deleted at any time")
    if found["rebuild"] is not None:
        typer.echo(f"being rebuilt for {found['rebuild']['fingerprint'][:12]}: {found['rebuild']['to_do']:,} to do")
    typer.echo("")
    print_table("Columns, for --where", ("name", "kind"), list(found["columns"].items()))
