"""``modiste catalogue duplicates``: the same picture twice, and the same thing in other colours."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modiste.cli.catalogue.shared_options import Place
from modiste.cli.tables import print_table
from modiste.cli.typed_lists import split_names

if TYPE_CHECKING:
    from modiste.catalogue.duplicates import DuplicateGroup

__all__ = ["duplicates"]

_COUNTED, _OUTPUT = "What counts", "What is written"
_MEANINGS = {
    "exact": "the same file",
    "near": "the same photograph, resized or compressed again",
    "colour": "the same thing in another colour",
}


def duplicates(
    catalogue: Place,
    kinds: Annotated[
        str | None,
        typer.Option(help="exact, near, colour, separated by commas; by default all.", rich_help_panel=_COUNTED),
    ] = None,
    near_cosine: Annotated[
        float, typer.Option(min=-1, max=1, help="Least cosine of near copies.", rich_help_panel=_COUNTED)
    ] = 0.993,
    near_bits: Annotated[
        int, typer.Option(min=0, max=8, help="Bits in which their hashes may differ.", rich_help_panel=_COUNTED)
    ] = 2,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Table to write: .csv, .xlsx, .parquet or .jsonl.", rich_help_panel=_OUTPUT
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Replace a table that exists; by default refuse.", rich_help_panel=_OUTPUT),
    ] = False,
    groups: Annotated[
        int, typer.Option(min=0, help="Groups of each kind that are printed.", rich_help_panel=_OUTPUT)
    ] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print all groups as JSON.", rich_help_panel=_OUTPUT)] = False,
) -> None:
    """Find items that show the same picture, nearly the same, or the same thing in another colour.

    Nothing is changed; that there are some is no failure: the exit code is 0.

    Examples:

        modiste catalogue duplicates shop.catalogue

        modiste catalogue duplicates shop.catalogue --kinds exact,near -o copies.csv
    """
    from modiste.catalogue.duplicates import KINDS, DuplicateOptions, find_duplicates, tabulate_groups
    from modiste.catalogue.stores import open_backend
    from modiste.collect.checking.tables import choose_format, write_table

    chosen = split_names(kinds) or KINDS
    options = DuplicateOptions(kinds=chosen, near_cosine=near_cosine, near_bits=near_bits)  # type: ignore[arg-type]
    if output is not None:
        choose_format(output, overwrite=overwrite)
    backend = open_backend(catalogue)
    try:
        found = find_duplicates(backend, options)
        if output is not None:
            write_table(tabulate_groups(found, backend), output)
        if as_json:
            listed = [{"kind": one.kind, "score": one.score, "item_ids": list(one.item_ids)} for one in found]
            typer.echo(json.dumps(listed, ensure_ascii=False, indent=1))
        else:
            _print(found, groups)
    finally:
        backend.close()
    if output is not None:
        typer.echo(f"{output}: {sum(len(one.item_ids) for one in found):,} items in {len(found):,} groups", err=as_json)


def _print(found: list[DuplicateGroup], most: int) -> None:
    counts, items = Counter(one.kind for one in found), Counter[str]()
    for one in found:
        items[one.kind] += len(one.item_ids)
    rows = [(kind, f"{counts[kind]:,}", f"{items[kind]:,}", _MEANINGS[kind]) for kind in counts]
    print_table("Groups", ("kind", "groups", "items", ""), rows)
    for kind in counts:
        shown = [one for one in found if one.kind == kind][:most]
        print_table(
            f"{kind}, the largest",
            ("score", "items"),
            [(f"{one.score:.3f}", _list(one.item_ids)) for one in shown],
        )
    if not found:
        typer.echo("there are none")


def _list(item_ids: tuple[str, ...]) -> str:
    text = ", ".join(item_ids[:8]) + (f" and {len(item_ids) - 8} more" if len(item_ids) > 8 else "")
    return "".join(letter if letter.isprintable() else "�" for letter in text)
