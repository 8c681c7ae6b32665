"""``modiste data audit``: anomalies of a product line, as one queue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modiste.cli.data.check import BundleFolder, Judge, Threads, Work
from modiste.cli.data.reading import Reading, takes_reading
from modiste.cli.data.source_options import Source, option
from modiste.cli.tables import print_table
from modiste.cli.typed_lists import split_names

if TYPE_CHECKING:
    from modiste.collect.auditing import AuditResult

__all__ = ["audit"]

_OUTPUT, _AUDITED = "What is written", "What is audited"
_Output = Annotated[
    Path | None, option(_OUTPUT, "The queue to write: .csv, .xlsx, .parquet or .jsonl.", "-o", "--output")
]
_Json = Annotated[bool, option(_OUTPUT, "Print the queue as one JSON document.", "--json")]
_Overwrite = Annotated[bool, option(_OUTPUT, "Replace a queue that exists; by default refuse.", "--overwrite")]
_Shown = Annotated[int, typer.Option(help="Rows shown on the terminal.", min=0, rich_help_panel=_OUTPUT)]
_Price = Annotated[
    str | None, option(_AUDITED, "Column with the price; by default price or discountedPrice.", metavar="COLUMN")
]
_Brand = Annotated[
    str | None, option(_AUDITED, "Column with the brand; by default brand or brandName.", metavar="COLUMN")
]
_Neighbours = Annotated[
    int, typer.Option(help="Look-alikes that are asked about each item.", min=5, rich_help_panel=_AUDITED)
]


@takes_reading
def audit(
    source: Source,
    output: _Output = None,
    as_json: _Json = False,
    shown: _Shown = 10,
    overwrite: _Overwrite = False,
    judge: Judge = None,
    price: _Price = None,
    brand: _Brand = None,
    neighbours: _Neighbours = 15,
    bundle: BundleFolder = None,
    work: Work = None,
    threads: Threads = None,
    *,
    reading: Reading,
) -> None:
    """Compare what a shop states with what look-alikes say: values, prices, brands, as one queue for a person.

    The most doubtful product comes first, and all doubts about it together. Anomalies are no failure: the exit code is
    0, and 1 only if some pictures could not be read. docs/cleaning.md explains the columns.

    Examples:

        modiste data audit fashion-product-images-small.zip --details -o queue.xlsx

        modiste data audit products.csv --price net_price --brand maker --work seen/ -o queue.csv
    """
    from modiste.collect.auditing import AuditOptions, audit_manifest
    from modiste.collect.checking.tables import choose_format, write_table

    options = AuditOptions(split_names(judge), price, brand, neighbours)
    if output is not None:
        choose_format(output, overwrite=overwrite)
    manifest = reading.read(source)
    result = audit_manifest(manifest, bundle=bundle, options=options, work=work, threads=threads)
    if output is not None:
        write_table(result.queue, output)
    if as_json:
        told = {"items": len(manifest), "audited": list(result.audited), "unreadable": result.unreadable}
        typer.echo(json.dumps(told | {"queue": result.queue.to_dicts()}, ensure_ascii=False, indent=1))
    else:
        _summarise(result, output, shown)
    if result.unreadable:
        raise typer.Exit(1)


def _summarise(result: AuditResult, output: Path | None, shown: int) -> None:
    columns = ("rank", "item_id", "kind", "field", "stated", "expected", "priority")
    rows = result.queue.head(shown).select(columns).iter_rows()
    print_table("Queue", columns, ((*row[:-1], f"{row[-1]:.3f}") for row in rows))
    counts = ", ".join(f"{kind} {count}" for kind, count in result.count().items())
    items = result.queue["item_id"].n_unique()
    typer.echo(f"{len(result.evidence.manifest)} items audited by {', '.join(result.audited)}")
    typer.echo(f"{result.queue.height} anomalies of {items} items: {counts}")
    if output is not None:
        typer.echo(f"{output}: the queue")
