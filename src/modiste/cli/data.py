"""``modiste data``: look at a data set before anything is made of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from modiste.cli.groups import build_group
from modiste.cli.tag import split_names

__all__ = ["app", "inspect", "split"]

_WHAT, _COLUMNS, _SHOWN = "What is read", "Columns of a table", "What is shown"

app = build_group("Look at a data set before anything is made of it.")


def _option(panel: str, text: str, *names: str, metavar: str | None = None) -> Any:
    return typer.Option(*names, help=text, metavar=metavar, rich_help_panel=panel)


def _column(text: str) -> Any:
    return _option(_COLUMNS, text, metavar="COLUMN")


_Source = Annotated[Path, typer.Argument(help="A folder, an archive, a table, a picture, or a manifest.")]
_Reader = Annotated[
    str | None, _option(_WHAT, "manifest, kaggle, table, class-folders or flat; by default the first that fits.")
]
_Fields = Annotated[
    str | None,
    _option(_WHAT, "Label columns of a table, or names for the levels of class folders, separated by commas."),
]
_Separator = Annotated[str | None, _option(_WHAT, "What stands between several labels in one cell, such as '|'.")]
_MultiFields = Annotated[
    str | None, _option(_WHAT, "The label columns to split; by default those that hold the separator.")
]
_Table = Annotated[str | None, _option(_WHAT, "Which table, where a folder or an archive holds several.")]
_Root = Annotated[Path | None, _option(_WHAT, "Folder or archive that a table's picture paths start from.")]
_Pattern = Annotated[
    str | None, _option(_WHAT, "Regular expression; its group, found in an item's id, is the product's id.")
]
_Details = Annotated[bool, _option(_WHAT, "Kaggle: also read styles/ID.json (slower).", "--details")]
_ImageColumn = Annotated[str | None, _column("Paths or URLs of the pictures.")]
_IdColumn = Annotated[str | None, _column("What the item is called.")]
_ProductColumn = Annotated[str | None, _column("The product that the picture shows.")]
_SplitColumn = Annotated[str | None, _column("train, validation, test ...")]
_TitleColumn = Annotated[str | None, _column("The product's name.")]
_BoxColumns = Annotated[
    str | None, _column("left,top,width,height in pixels, or two corners, or one column of four numbers.")
]
_AnnotatorColumn = Annotated[str | None, _column("Who labelled the row; rows of one item become one, by majority.")]
_Values = Annotated[int, typer.Option(help="Values shown of a field.", min=0, rich_help_panel=_SHOWN)]
_Examples = Annotated[int, typer.Option(help="Examples of a problem.", min=0, rich_help_panel=_SHOWN)]
_Json = Annotated[bool, _option(_SHOWN, "Print everything as one JSON document.", "--json")]


@app.command()
def inspect(
    source: _Source,
    reader: _Reader = None,
    fields: _Fields = None,
    separator: _Separator = None,
    multi_fields: _MultiFields = None,
    table: _Table = None,
    root: _Root = None,
    product_pattern: _Pattern = None,
    details: _Details = False,
    image_column: _ImageColumn = None,
    id_column: _IdColumn = None,
    product_column: _ProductColumn = None,
    split_column: _SplitColumn = None,
    title_column: _TitleColumn = None,
    box_columns: _BoxColumns = None,
    annotator_column: _AnnotatorColumn = None,
    values: _Values = 8,
    examples: _Examples = 3,
    as_json: _Json = False,
) -> None:
    """Show what a reader understands of a data set: rows, fields, values, splits, and what it left out.

    Nothing is written, and no picture is opened. docs/data-sources.md explains the JSON document.

    Examples:

        modiste data inspect fashion-product-images-small.zip

        modiste data inspect photos/ --reader class-folders --fields category

        modiste data inspect products.csv --image-column photo --separator '|' --json
    """
    from modiste.readers import ReaderOptions, describe_manifest, read_source

    options = ReaderOptions(
        fields=split_names(fields),
        separator=separator,
        multi_fields=split_names(multi_fields),
        table=table,
        image_column=image_column,
        id_column=id_column,
        product_column=product_column,
        split_column=split_column,
        title_column=title_column,
        box_columns=split_names(box_columns),
        annotator_column=annotator_column,
        root=root,
        product_pattern=product_pattern,
        details=details,
    )
    manifest = read_source(source, reader=reader, options=options)
    described = describe_manifest(manifest, source=str(source), examples=examples)
    if as_json:
        typer.echo(json.dumps(described, ensure_ascii=False, indent=1))
    else:
        _show(described, values)


@app.command()
def split(
    source: _Source,
    output: Annotated[Path, typer.Option("--output", "-o", help="Split file to write (CSV of hashed ids).")],
    published: Annotated[Path, typer.Option(help="CSV with the columns id and split; its test part is sealed whole.")],
    stratum: Annotated[str, typer.Option(help="Single field of whose every value a share is taken.")],
    test: Annotated[float, typer.Option(help="Share of the items outside the published split.")] = 0.15,
    validation: Annotated[float, typer.Option(help="Share of the items outside the test part.")] = 0.06,
    seed: Annotated[int, typer.Option(help="Another seed draws other items.", min=0)] = 1,
    reader: _Reader = None,
) -> None:
    """Seal a test part around a published split and draw a validation part; the rest is for training.

    Examples:

        modiste data split fashion.zip --published condition-cnn-split.csv --stratum articleType -o parts.csv
    """
    from collections import Counter

    from modiste.readers import read_source
    from modiste.splits import extend_published_split, read_published_split, write_split_file

    manifest = read_source(source, reader=reader)
    parts = extend_published_split(
        manifest, read_published_split(published), stratum=stratum, test=test, validation=validation, seed=seed
    )
    write_split_file(output, parts)
    counts = Counter(parts.values())
    typer.echo(f"{output}: {counts['test']} test, {counts['validation']} validation; the other items are for training")


def _show(described: Mapping[str, Any], values: int) -> None:
    _print_table("Data set", ("", ""), _list_facts(described))
    fields = described["fields"]
    _print_table(
        "Fields",
        ("field", "kind", "values", "labelled", "blank", "commonest values"),
        [_list_field(field, values) for field in fields],
    )
    splits = [(split["split"] or "(none)", split["count"]) for split in described["splits"]]
    _print_table("Splits", ("split", "items"), splits if splits != [("(none)", described["items"])] else [])
    free = [(column["name"], column["type"], column["filled"]) for column in described["metadata"]]
    _print_table("Metadata", ("column", "type", "filled"), free)
    problems = described["problems"]["reasons"]
    rows = [(problem["count"], problem["reason"], "; ".join(problem["examples"])) for problem in problems]
    _print_table("Problems", ("count", "reason", "such as"), rows)


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


def _print_table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table: drawn on a terminal, aligned with blanks where the output goes into a file or a program."""
    cells = [[str(cell) for cell in row] for row in rows]
    if not cells:
        return
    if sys.stdout.isatty():
        _draw_table(title, header, cells)
        return
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    typer.echo(f"{title}:")
    for row in [header, *cells] if any(header) else cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo(f"  {line}".rstrip())
    typer.echo()


def _draw_table(title: str, header: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    drawn = Table(title=title, title_justify="left", box=SIMPLE_HEAD, show_header=any(header))
    for name, column in zip(header, zip(*cells, strict=True), strict=True):
        drawn.add_column(name, justify="right" if all(map(str.isdecimal, column)) else "left", overflow="fold")
    for row in cells:
        drawn.add_row(*map(escape, row))
    Console().print(drawn)
