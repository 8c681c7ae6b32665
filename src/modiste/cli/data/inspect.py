"""``modiste data inspect``: what a reader understands of a data set."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from modiste.cli.data.reading import Reading, takes_reading
from modiste.cli.data.source_options import Source, option
from modiste.cli.tables import print_table

__all__ = ["inspect"]

_SHOWN = "What is shown"

_Values = Annotated[int, typer.Option(help="Values shown of a field.", min=0, rich_help_panel=_SHOWN)]
_Examples = Annotated[int, typer.Option(help="Examples of a problem.", min=0, rich_help_panel=_SHOWN)]
_Json = Annotated[bool, option(_SHOWN, "Print everything as one JSON document.", "--json")]


@takes_reading
def inspect(
    source: Source,
    values: _Values = 8,
    examples: _Examples = 3,
    as_json: _Json = False,
    *,
    reading: Reading,
) -> None:
    """Show what a reader understands of a data set: rows, fields, values, splits, and what it left out.

    Nothing is written, and no picture is opened. docs/data-sources.md explains the JSON document.

    Examples:

        modiste data inspect fashion-product-images-small.zip

        modiste data inspect photos/ --reader class-folders --fields category

        modiste data inspect products.csv --image-column photo --separator '|' --json
    """
    from modiste.readers import describe_manifest

    manifest = reading.read(source)
    described = describe_manifest(manifest, source=str(source), examples=examples)
    if as_json:
        typer.echo(json.dumps(described, ensure_ascii=False, indent=1))
    else:
        _show(described, values)


def _show(described: Mapping[str, Any], values: int) -> None:
    print_table("Data set", ("", ""), _list_facts(described))
    fields = described["fields"]
    print_table(
        "Fields",
        ("field", "kind", "values", "labelled", "blank", "commonest values"),
        [_list_field(field, values) for field in fields],
    )
    splits = [(split["split"] or "(none)", split["count"]) for split in described["splits"]]
    print_table("Splits", ("split", "items"), splits if splits != [("(none)", described["items"])] else [])
    free = [(column["name"], column["type"], column["filled"]) for column in described["metadata"]]
    print_table("Metadata", ("column", "type", "filled"), free)
    problems = described["problems"]["reasons"]
    rows = [(problem["count"], problem["reason"], "; ".join(problem["examples"])) for problem in problems]
    print_table("Problems", ("count", "reason", "such as"), rows)


def _list_facts(described: Mapping[str, Any]) -> list[tuple[str, object]]:
    pictures, opinions = described["pictures"], described["opinions"]
    kinds = ", ".join(f"{kind['suffix'] or 'no suffix'} {kind['count']}" for kind in pictures["kinds"])
    places = {"files": pictures["files"], "in archives": pictures["in_archives"], "to fetch": pictures["addresses"]}
    facts = {
        "source": described["source"],
        "reader": ", ".join(described["readers"]),
        "rows": "unknown" if described["rows"] is None else described["rows"],
        "items": described["items"],
        "products": described["products"],
        "pictures": f"{kinds} ({', '.join(f'{count} {place}' for place, count in places.items() if count)})",
        "titles": described["titles"],
        "boxes": described["boxes"],
        "opinions": f"{opinions['count']} of {opinions['annotators']} annotators" if opinions["count"] else 0,
        "problems": described["problems"]["count"],
    }
    return [(name, fact) for name, fact in facts.items() if fact or name in ("rows", "items", "problems")]


def _list_field(field: Mapping[str, Any], values: int) -> tuple[object, ...]:
    shown = [f"{value['value']} {value['count']}" for value in field["values"][:values]]
    rest = ["..."] if len(field["values"]) > values else []
    name = field["name"] if field["parent"] is None else f"{field['name']} (in {field['parent']})"
    return name, field["kind"], len(field["values"]), field["labelled"], field["blank"], ", ".join(shown + rest)
