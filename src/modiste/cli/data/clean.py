"""``modiste data clean``: a cleaned manifest, and the list of what was done."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from modiste.cli.data.check import BundleFolder, Judge, MinSide, Threads, Work
from modiste.cli.data.reading import Reading, takes_reading
from modiste.cli.data.source_options import Source, option
from modiste.cli.typed_lists import split_names
from modiste.errors import UsageError

__all__ = ["clean"]

_CLEANED = "What is done"
_Out = Annotated[Path, typer.Argument(help="Folder of the cleaned manifest; the changes go into OUT.changes.csv.")]
_Drop = Annotated[
    str | None,
    option(
        _CLEANED,
        "Checks whose items are left out, separated by commas; by default unreadable, not-a-picture, blank, tiny, "
        "exact-copy, pixel-copy, near-copy. 'none' drops nothing.",
    ),
]
_Conflicts = Annotated[
    Literal["majority", "blank", "keep"],
    option(_CLEANED, "Labels that differ between copies: what most say (a tie: blank), blank, or kept."),
]
_Suspects = Annotated[
    Literal["keep", "blank"],
    option(_CLEANED, "Labels that are likely wrong: kept, or blank. (--drop wrong-label leaves their items out.)"),
]


@takes_reading
def clean(
    source: Source,
    out: _Out,
    drop: _Drop = None,
    conflicts: _Conflicts = "majority",
    suspects: _Suspects = "keep",
    judge: Judge = None,
    min_side: MinSide = 32,
    bundle: BundleFolder = None,
    work: Work = None,
    threads: Threads = None,
    *,
    reading: Reading,
) -> None:
    """Write a cleaned manifest: without what can't be used, one of each group of copies, contradictions settled.

    The source is never touched, and every change has its row, with the reason, in OUT.changes.csv. OUT can be given to
    every command that reads a data set.

    Examples:

        modiste data clean fashion-product-images-small.zip cleaned

        modiste data clean photos/ cleaned --reader class-folders --drop blank,exact-copy --work seen/

        modiste data clean products.csv cleaned --conflicts blank --suspects blank
    """
    from modiste.collect.checking import CheckOptions, CleanOptions, check_manifest, clean_manifest
    from modiste.collect.checking.tables import choose_format, write_table

    changes = out.with_name(out.name + ".changes.csv")
    if out.exists():
        raise UsageError(f"{out} exists already; choose a new name or remove it first")
    choose_format(changes)
    dropped = CleanOptions.drop if drop is None else () if drop == "none" else split_names(drop)
    options = CleanOptions(dropped, conflicts, suspects)
    needed = (*options.drop, "label-conflict", *(("wrong-label",) if suspects == "blank" else ()))
    checks = CheckOptions(checks=needed, fields=split_names(judge), min_side=min_side)
    manifest = reading.read(source)
    result = check_manifest(manifest, bundle=bundle, options=checks, work=work, threads=threads)
    cleaned = clean_manifest(result, options)
    write_table(cleaned.changes, changes)
    cleaned.manifest.write(out)
    typer.echo(
        f"{out}: {len(cleaned.manifest)} of {len(manifest)} items; {cleaned.relabelled} labels changed or blanked"
    )
    typer.echo(f"{changes}: {cleaned.changes.height} changes with their reasons")
    if result.unreadable:
        typer.echo(f"{result.unreadable} pictures could not be read")
        raise typer.Exit(1)
