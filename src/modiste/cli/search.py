"""``modiste search``: what a catalogue has that is like a picture, an item, or what some words say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modiste.cli.tables import print_table
from modiste.cli.typed_lists import split_names
from modiste.errors import UsageError

if TYPE_CHECKING:
    from modiste.catalogue import Backend
    from modiste.catalogue.item import CatalogueItem
    from modiste.catalogue.search import Hit, Query, Results

__all__ = ["search"]

_SUBJECT, _WHICH, _ORDER, _SHOWN, _RUN = (
    "What is looked for",
    "What may be answered",
    "How it is ordered",
    "What is shown",
    "How it runs",
)
_TITLE_WIDTH = 48


def search(
    catalogue: Annotated[
        str,
        typer.Argument(
            metavar="CATALOGUE", help="A catalogue, made by: modiste catalogue build; or milvus://HOST:PORT/NAME."
        ),
    ],
    image: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Something like this picture; or ARCHIVE::MEMBER.", rich_help_panel=_SUBJECT),
    ] = None,
    box: Annotated[
        tuple[float, float, float, float] | None,
        typer.Option(
            metavar="L T W H",
            help="With --image: look at this box only: left, top, width, height in pixels.",
            rich_help_panel=_SUBJECT,
        ),
    ] = None,
    item: Annotated[
        str | None, typer.Option(metavar="ID", help="Something like this item.", rich_help_panel=_SUBJECT)
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(metavar="WORDS", help="What these words say; alone, or beside a look.", rich_help_panel=_SUBJECT),
    ] = None,
    where: Annotated[
        str | None, typer.Option(metavar="FILTER", help="Items that pass a filter only.", rich_help_panel=_WHICH)
    ] = None,
    min_score: Annotated[
        float | None,
        typer.Option(min=-1, max=1, help="Nothing below this score; perhaps nothing at all.", rich_help_panel=_WHICH),
    ] = None,
    fold: Annotated[
        bool,
        typer.Option("--fold", help="One hit a product, and of nearly the same pictures.", rich_help_panel=_WHICH),
    ] = False,
    weight: Annotated[
        float,
        typer.Option(min=0, max=1, help="With both, the share of the words beside the look.", rich_help_panel=_ORDER),
    ] = 0.5,
    colour: Annotated[
        float,
        typer.Option("--colour", min=0, max=1, help="The share of colours beside the rest.", rich_help_panel=_ORDER),
    ] = 0.0,
    diversity: Annotated[
        float, typer.Option(min=0, max=1, help="How much hits should differ.", rich_help_panel=_ORDER)
    ] = 0.0,
    count: Annotated[
        int, typer.Option("-k", "--count", min=1, max=10_000, help="Hits at most.", rich_help_panel=_SHOWN)
    ] = 10,
    offset: Annotated[
        int, typer.Option(min=0, max=100_000, help="Skip that many: the next page.", rich_help_panel=_SHOWN)
    ] = 0,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what hits have in common with the query.", rich_help_panel=_SHOWN)
    ] = False,
    facets: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Columns whose values are counted, too.", rich_help_panel=_SHOWN),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON list of hits and nothing else.", rich_help_panel=_SHOWN)
    ] = False,
    page: Annotated[
        Path | None,
        typer.Option(metavar="OUT.html", help="Write query and hits as pictures, too.", rich_help_panel=_SHOWN),
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(help="Folder of the catalogue's bundle; by default modiste's own.", rich_help_panel=_RUN),
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Cores; by default all.", rich_help_panel=_RUN)] = None,
) -> None:
    """Find what a catalogue has that is like a picture, an item, or what some words say.

    A score is a cosine from -1 to 1, higher is better. Typos are mended, and it is said how. That nothing fits is an
    answer, too: its reason is said, and the exit code is 0.

    Examples:

        modiste search shop.catalogue --image photo.jpg -k 5

        modiste search shop.catalogue --text "mens checked shirt" --where "price <= 1500 and size = 'M' and stock > 0"

        modiste search shop.catalogue --image photo.jpg --text "in navy" --weight 0.3 --page found.html

        modiste search shop.catalogue --item 10001 --fold --diversity 0.3 --explain

        modiste search shop.catalogue --item 10001 --min-score 0.8 --json
    """
    if image is None and item is None and text is None:
        raise UsageError(f'nothing is looked for. Type: modiste search {catalogue} --text "blue shirt"')
    if as_json and facets:
        raise UsageError("--json prints the hits and nothing else; leave out --facets, or leave out --json")
    from modiste.catalogue.search import Query, SearchEngine

    query = Query(
        image=image,
        box=box,
        item=item,
        text=text,
        weight=weight,
        colour_weight=colour,
        k=count,
        offset=offset,
        where=where,
        diversity=diversity,
        fold=fold,
        min_score=min_score,
        explain=explain,
        facets=split_names(facets),
    )
    if page is not None:
        from modiste.explore.writing import check_writable

        check_writable(page)
    backend = open_backend(catalogue)
    try:
        results = SearchEngine(backend, bundle, threads=threads).search(query)
        _show(results, query, backend, as_json=as_json, page=page)
    finally:
        backend.close()


def open_backend(catalogue: str) -> Backend:
    """Open a catalogue to read it, wherever it is kept."""
    from modiste.catalogue import stores

    return stores.open_backend(catalogue)


def _show(results: Results, query: Query, backend: Backend, *, as_json: bool, page: Path | None) -> None:
    if as_json:
        _print_json(results)
    else:
        _print_hits(results, query, backend)
    if results.reason:
        typer.echo(f"nothing found: {results.reason}", err=as_json)
    if page is not None:
        from modiste.catalogue.search.page import write_search_page

        own = None if query.item is None else backend.get([query.item]).get(query.item)
        write_search_page(page, query, results, own=own)
        typer.echo(f"{page}: query and hits as pictures", err=as_json)


def _print_json(results: Results) -> None:
    import json

    typer.echo(json.dumps([_round(hit.to_json()) | _describe(hit.item) for hit in results], ensure_ascii=False))


def _round(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _round(entry) for name, entry in value.items()}
    return round(value, 6) if isinstance(value, float) else value


def _describe(item: CatalogueItem) -> dict[str, Any]:
    facts = {
        "product_id": item.product_id,
        "title": item.title,
        "brand": item.brand,
        "price": item.price,
        "currency": item.currency,
        "image": item.image,
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def _print_hits(results: Results, query: Query, backend: Backend) -> None:
    if results.corrected is not None:
        typer.echo(f"read as: {results.corrected}")
    if results.unknown:
        typer.echo(f"no item has: {_plain(' '.join(results.unknown))}")
    if results.added:
        typer.echo(f"looked for, too: {_plain(' '.join(results.added))}")
    for note in results.notes:
        typer.echo(f"note: {note}")
    kind, colour = _choose_fields(backend)
    header = ["", "item", "title", "price", *(name for name in (kind, colour) if name), *_name_scores(results)]
    rows = [_list_cells(hit, place, kind, colour, results) for place, hit in enumerate(results, query.offset + 1)]
    print_table(f"{_count(results)}, best first", header, rows)
    if query.explain:
        _print_reasons(results)
    for name, values in results.facets.items():
        print_table(f"{name}: how many items", ("value", "items"), [(_plain(v.value), v.count) for v in values])


def _print_reasons(results: Results) -> None:
    for hit in results:
        if hit.reasons is not None:
            parts = ", ".join(f"{name} {part:.3f}" for name, part in hit.reasons.parts.items())
            typer.echo(f"{_plain(hit.item_id)}: {_plain(str(hit.reasons)) or 'nothing in common'}. Made of: {parts}")
    typer.echo()


def _list_cells(hit: Hit, place: int, kind: str | None, colour: str | None, results: Results) -> list[str]:
    item = hit.item
    more = f" (+{len(hit.folded)})" if hit.folded else ""
    title = _plain(item.title or "")
    short = title if len(title) <= _TITLE_WIDTH else title[: _TITLE_WIDTH - 1] + "…"
    price = "" if item.price is None else f"{item.price:g} {item.currency or ''}".strip()
    labels = [", ".join(item.values(name)) for name in (kind, colour) if name]
    values = {"score": hit.score, "words": hit.word_score, "colours": hit.colour_score}
    scores = ["" if values[name] is None else f"{values[name]:.3f}" for name in _name_scores(results)]
    return [str(place), _plain(item.item_id) + more, short, _plain(price), *map(_plain, labels), *scores]


def _name_scores(results: Results) -> list[str]:
    """Return which scores any hit has."""
    columns = {
        "score": any(hit.score is not None for hit in results),
        "words": any(hit.word_score is not None for hit in results),
        "colours": any(hit.colour_score is not None for hit in results),
    }
    return [name for name, is_there in columns.items() if is_there]


def _choose_fields(backend: Backend) -> tuple[str | None, str | None]:
    """Choose the fields that say what a thing is, the most detailed one, and which colour it has."""
    taxonomy = backend.describe().head.taxonomy
    parents = {field.parent for field in taxonomy}
    detailed = [field.name for field in taxonomy if field.parent is not None and field.name not in parents]
    kind = next(iter(detailed), next(iter(taxonomy.names), None))
    return kind, next((name for name in taxonomy.names if "colo" in name.casefold()), None)


def _count(results: Results) -> str:
    hits = "1 hit" if len(results) == 1 else f"{len(results)} hits"
    total = "" if results.total is None or results.total == len(results) else f" of {results.total:,}"
    return f"{hits}{total} in {1000 * results.seconds:.0f} ms"


def _plain(text: str) -> str:
    # A name may hold line ends or terminal escapes: only what can be printed is printed.
    return "".join(letter if letter.isprintable() else "�" for letter in text)
