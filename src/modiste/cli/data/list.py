"""``modiste data list``: the public sets of this field, and the readers."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer

from modiste.cli.data.source_options import option
from modiste.cli.tables import print_table

__all__ = ["list_sets"]


def list_sets(
    as_json: Annotated[bool, option("What is shown", "Print everything as one JSON document.", "--json")] = False,
) -> None:
    """List the public data sets of this field, and every format that modiste reads.

    Says of each set how large it is, what it labels, its licence, where to get it and which reader takes it.

    Examples:

        modiste data list

        modiste data list --json
    """
    from modiste.readers import list_public_sets, list_readers

    sets, readers = list_public_sets(), list_readers()
    if as_json:
        document = {
            "sets": [dataclasses.asdict(known) for known in sets],
            "readers": [
                {"name": item.name, "description": item.description, "options": sorted(item.options)}
                for item in readers
            ],
        }
        typer.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    header = ("set", "pictures", "labels", "licence", "reader")
    rows = [(known.name, known.pictures, known.labels, known.licence, known.reader) for known in sets]
    print_table("Public data sets", header, rows)
    print_table("Where to get them", ("set", "where"), [(known.name, known.get) for known in sets])
    print_table("Readers", ("reader", "what it reads"), [(item.name, item.description) for item in readers])
