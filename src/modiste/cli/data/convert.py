"""``modiste data convert``: a data set in another format, with what is lost told before anything is written."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modiste.cli.data.reading import Reading, takes_reading
from modiste.cli.data.source_options import option
from modiste.cli.tables import print_table
from modiste.cli.typed_lists import split_names
from modiste.errors import UsageError

if TYPE_CHECKING:
    from modiste.manifest import Manifest
    from modiste.writers import Loss, WriterOptions, Written

__all__ = ["convert"]

_WRITTEN = "What is written"
_MEGABYTE = 1_000_000

_Format = Annotated[str | None, option(_WRITTEN, "The format; --list shows them all.", "--to", metavar="FORMAT")]
_Keep = Annotated[
    str | None,
    option(_WRITTEN, "Fields to write, separated by commas; class folders: one a level; by default all.", "--keep"),
]
_LabelSeparator = Annotated[
    str | None, option(_WRITTEN, "Between several labels in a cell; by default one that no label holds.")
]
_Rename = Annotated[
    str | None,
    option(_WRITTEN, "New names of fields, for formats whose fields have fixed ones.", metavar="FIELD=NAME,..."),
]
_Shard = Annotated[
    int, typer.Option(help="WebDataset, Hugging Face: megabytes a shard.", min=1, rich_help_panel=_WRITTEN)
]
_BaseUrl = Annotated[
    str | None, option(_WRITTEN, "Shop feeds: the address below which the pictures will lie.", metavar="ADDRESS")
]
_Overwrite = Annotated[bool, option(_WRITTEN, "Replace what modiste wrote there before.", "--overwrite")]
_Yes = Annotated[bool, option(_WRITTEN, "Do not ask whether what is lost may be lost.", "--yes", "-y")]
_List = Annotated[bool, option(_WRITTEN, "Print the formats and what each keeps, and stop.", "--list")]


@takes_reading
def convert(
    source: Annotated[
        Path | None, typer.Argument(help="A folder, an archive, a table, a picture, or a manifest.")
    ] = None,
    output: Annotated[Path | None, typer.Argument(metavar="OUT", help="The folder or table to write.")] = None,
    to: _Format = None,
    keep: _Keep = None,
    rename: _Rename = None,
    label_separator: _LabelSeparator = None,
    shard_mb: _Shard = 200,
    base_url: _BaseUrl = None,
    overwrite: _Overwrite = False,
    yes: _Yes = False,
    list_formats: _List = False,
    *,
    reading: Reading,
) -> None:
    """Write a data set in another format, pictures and all; say first what the format can't keep.

    Pictures are copied byte for byte, one by one, wherever they lie. Those that can't be read are listed with their
    reasons in OUT.errors.csv, and the exit code is then 1. The output appears whole or not at all.

    Examples:

        modiste data convert --list

        modiste data convert fashion.zip --to table shop.parquet

        modiste data convert fashion.zip --to class-folders shop/ --keep masterCategory,subCategory

        modiste data convert photos/ --to webdataset shards/ --reader class-folders --fields category --yes
    """
    if list_formats:
        _show_formats()
        return
    if source is None or output is None or to is None:
        raise UsageError(
            "modiste data convert needs a source, a format and an output. "
            "Type: modiste data convert SOURCE --to FORMAT OUT (--list shows the formats)"
        )
    from modiste.writers import WriterOptions, find_writer

    find_writer(to)  # a misspelt one is told before a large source is read
    writing = WriterOptions(
        fields=split_names(keep),
        rename=_split_pairs(rename),
        separator=label_separator,
        shard_bytes=shard_mb * _MEGABYTE,
        base_url=base_url,
    )
    manifest = reading.read(source)
    _convert(manifest, output, to, writing, overwrite=overwrite, yes=yes)


def _split_pairs(text: str | None) -> tuple[tuple[str, str], ...]:
    pairs = [part.partition("=") for part in split_names(text)]
    unfit = [old for old, sign, new in pairs if not (old and sign and new)]
    if unfit:
        raise UsageError(
            f"--rename {text!r} is no list of names. Type: --rename articleType=category,baseColour=colour"
        )
    return tuple((old.strip(), new.strip()) for old, _, new in pairs)


def _convert(
    manifest: Manifest, output: Path, name: str, options: WriterOptions, *, overwrite: bool, yes: bool
) -> None:
    from modiste.batch.progress import show_progress
    from modiste.writers import describe_losses, find_writer, write_dataset
    from modiste.writers.writing import check_target

    writer = find_writer(name)
    check_target(manifest, output, writer, overwrite=overwrite)
    losses = describe_losses(manifest, writer, options, name=output.name)
    _show_losses(losses, name)
    if losses and not yes:
        _ask()
    with show_progress(len(manifest), done=0, label="writing") as progress:
        written = write_dataset(manifest, output, format=name, options=options, overwrite=overwrite, progress=progress)
    _report(written)


def _show_losses(losses: Sequence[Loss], name: str) -> None:
    if not losses:
        typer.echo(f"{name} keeps everything.")
        return
    typer.echo(f"{name} can't keep everything:")
    for loss in losses:
        typer.echo(f"  {loss.to_text()}")


def _ask() -> None:
    """Ask whether to go on; refuse where nobody can answer."""
    if not sys.stdin.isatty():
        raise UsageError("nothing is written while something would be lost. To write it all the same, add --yes")
    if not typer.confirm("Write it all the same?"):
        raise typer.Exit(2)


def _report(written: Written) -> None:
    typer.echo(f"{written.path}: {written.items} items")
    typer.echo(f"Next: modiste data inspect {written.path} --reader {written.reader}{_to_words(written.reading)}")
    if written.failed:
        typer.echo(f"{written.errors}: {written.failed} that could not be read, with reasons")
        raise typer.Exit(1)


def _to_words(reading: Any) -> str:
    """Return what to tell the reader as words of a command."""
    import shlex

    words = []
    for name in reading.given():
        value = getattr(reading, name)
        text = ",".join(value) if isinstance(value, tuple) else str(value)
        words += [f"--{name.replace('_', '-')}", shlex.quote(text)]
    return "".join(f" {word}" for word in words)


def _show_formats() -> None:
    from modiste.writers import list_writers

    facts = {writer.name: writer.keeps.list_facts() for writer in list_writers()}
    rows = [(writer.name, writer.description) for writer in list_writers()]
    print_table("Formats", ("format", "what is written"), rows)
    aspects = list(next(iter(facts.values())))
    kept = [(name, *(_shorten(facts[name][aspect]) for aspect in aspects)) for name in facts]
    print_table("What each keeps", ("format", *aspects), kept)


def _shorten(text: str) -> str:
    return text if len(text) < 32 else f"{text.count(',') + 1} of its own"
