"""``modiste demo``: what a stranger runs first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modiste.cli.demo_folder import FOLDER, claim_folder, draw_pictures, list_files
from modiste.cli.demo_search import CATALOGUE, LEAST, search_drawn
from modiste.errors import PictureError, UsageError

if TYPE_CHECKING:
    from modiste.explore import FieldScore, SheetRow, SheetSearch
    from modiste.runtime import Tagger
    from modiste.synthetic import DrawnProduct

__all__ = ["demo"]

_BATCH = 32
# Of the shipped bundle alone: what another one has learnt from, nobody knows.
_LEARNT = (
    "Its tags were learnt from photographs, no drawing among them: the shares say how far that carries over, not how "
    "good it is on photographs. "
)
_SHEET = "contact-sheet.html"
_LISTED = 10
_PRINTED = 3
_NAME_WIDTH = 18  # so that no answer is cut on a terminal of 80 columns
_SHOWN_FIELDS = ("masterCategory", "articleType", "baseColour")


def demo(
    images: Annotated[
        Path | None,
        typer.Option(help="Show your own pictures instead: a folder or an archive.", rich_help_panel="What is tagged"),
    ] = None,
    count: Annotated[
        int, typer.Option(min=1, max=2000, help="Number of pictures at most.", rich_help_panel="What is tagged")
    ] = 96,
    seed: Annotated[
        int, typer.Option(min=0, help="Another seed draws another shop.", rich_help_panel="What is tagged")
    ] = 0,
    out: Annotated[
        Path, typer.Option(help="Folder for the pictures and the page.", rich_help_panel="Where it goes")
    ] = FOLDER,
    bundle: Annotated[
        Path | None, typer.Option(help="Another bundle than the shipped one.", rich_help_panel="Where it goes")
    ] = None,
    serve: Annotated[
        bool,
        typer.Option("--serve", help="Open the shop in the browser afterwards.", rich_help_panel="The web page"),
    ] = False,
    browser: Annotated[
        bool,
        typer.Option(
            "--browser/--no-browser",
            help="With --serve: open a browser, or just print the address.",
            rich_help_panel="The web page",
        ),
    ] = True,
) -> None:
    """Draw a small shop, tag it, and show how often the tags were right.

    The pictures are drawn by modiste itself, so the truth is known; the tags of the shipped bundle were learnt from
    photographs alone. Everything goes into one folder, with a page (contact-sheet.html) to open in a browser.

    Examples:

        modiste demo

        modiste demo --images my-photos/

        modiste demo --serve
    """
    if serve and (images is not None or count < LEAST):
        raise UsageError(f"--serve shows a drawn shop of {LEAST} products or more. Type: modiste demo --serve")
    from modiste.explore import score_rows, write_contact_sheet
    from modiste.runtime import Tagger

    tagger = Tagger(bundle)
    folder = claim_folder(out)
    drawn = [] if images else draw_pictures(folder, count, seed)
    rows, problems = _tag_own(tagger, images, count) if images else (_tag_drawn(tagger, folder, drawn), [])
    searches = search_drawn(folder, drawn, list_files(folder, drawn), bundle) if len(drawn) >= LEAST else []
    title, note = _explain(images, len(rows), tagger, shipped=bundle is None)
    sheet = write_contact_sheet(folder / _SHEET, rows, title, note=note, searches=searches)
    _print_rows(rows)
    _print_scores(score_rows(rows))
    _print_searches(searches)
    _print_next(sheet, images or folder / "images", problems)
    if serve:
        from modiste.cli.serve import open_catalogue

        open_catalogue(folder / CATALOGUE, bundle=bundle, browser=browser)
    if problems:
        raise typer.Exit(1)


def _tag_drawn(tagger: Tagger, folder: Path, drawn: list[DrawnProduct]) -> list[SheetRow]:
    from modiste.explore import SheetRow

    files = list_files(folder, drawn)
    rows = []
    for start in range(0, len(drawn), _BATCH):
        batch = slice(start, start + _BATCH)
        # The stored files are tagged, not the drawings: what is shown is what 'modiste tag' says of them.
        said = tagger.tag(files[batch])
        for item, tags in zip(drawn[batch], said, strict=True):
            rows.append(SheetRow.from_tags(item.spec.title, item.picture, tags, item.labels))
    return rows


def _tag_own(tagger: Tagger, images: Path, count: int) -> tuple[list[SheetRow], list[tuple[str, str]]]:
    from itertools import islice

    from PIL import Image

    from modiste.explore import SheetRow
    from modiste.imaging import PictureSource, decode_picture, find_pictures

    rows: list[SheetRow] = []
    problems: list[tuple[str, str]] = []
    with PictureSource() as source:
        for reference in islice(find_pictures(images), count):
            try:
                picture = decode_picture(source.read(reference), at_least=(320, 320))
            except PictureError as error:
                problems.append((reference, str(error)))
                continue
            name = reference.removeprefix(str(images)).lstrip("/\\:")
            rows.append(SheetRow.from_tags(name or reference, Image.fromarray(picture), tagger.tag([picture])[0]))
    if not rows:
        raise UsageError(f"{images} holds no picture that can be read. Type: modiste demo --images FOLDER")
    return rows, problems


def _explain(images: Path | None, count: int, tagger: Tagger, *, shipped: bool) -> tuple[str, str]:
    name = tagger.bundle.spec.name
    if images:
        return f"{images.name}, tagged by modiste", f"{count} pictures, tagged by the bundle '{name}'."
    note = (
        f"{count} products drawn by modiste, tagged by the bundle '{name}'. {_LEARNT if shipped else ''}The last "
        "column, and the thin line in the bars, is what always saying the most frequent value would reach. Season, "
        "usage and most genders can't be read off a drawing, so nobody judges them."
    )
    return "A drawn shop, tagged by modiste", note


def _print_rows(rows: list[SheetRow]) -> None:
    from rich.table import Table

    from modiste.explore import score_rows

    fields = [field for field in _SHOWN_FIELDS if any(tag.field == field for tag in rows[0].tags)]
    fields = fields or [tag.field for tag in rows[0].tags[:3]]
    title = f"The first {min(_LISTED, len(rows))} of {len(rows)} pictures, and how sure modiste is"
    marks = "✓ right  ✗ wrong  " if score_rows(rows) else ""
    table = Table(
        title=title, title_justify="left", caption=f"{marks}? doubtful: look at it", caption_justify="left", box=None
    )
    table.add_column("picture", overflow="ellipsis", no_wrap=True, max_width=_NAME_WIDTH)
    for field in fields:
        table.add_column(field, no_wrap=True, overflow="ellipsis")
    for row in rows[:_LISTED]:
        tags = {tag.field: tag for tag in row.tags}
        table.add_row(_plain(row.name), *(_say(tags[field]) if field in tags else "" for field in fields))
    _console().print(table)


def _say(tag: Any) -> Any:
    mark = {True: " ✓", False: " ✗", None: ""}[tag.right]
    style = {True: "green", False: "red", None: ""}[tag.right]
    return _plain(f"{tag.value} {tag.confidence:.0%}{mark}{' ?' if tag.doubtful else ''}", style)


def _print_scores(scores: list[FieldScore]) -> None:
    from rich.table import Table

    if not scores:
        return
    table = Table(title="\nHow often it was right on drawings", title_justify="left", box=None)
    for name in ("field", "right", "share", "always the most frequent"):
        table.add_column(name, justify="left" if name == "field" else "right")
    order: Mapping[str, int] = {field: place for place, field in enumerate(_SHOWN_FIELDS)}
    for score in sorted(scores, key=lambda score: order.get(score.field, len(order))):
        share, baseline = f"{score.share:.1%}", f"{score.baseline_share:.1%}"
        table.add_row(score.field, f"{score.right} of {score.total}", share, baseline)
    _console().print(table)


def _print_searches(searches: list[SheetSearch]) -> None:
    for search in searches:
        typer.echo(f"\n{search.heading}. {search.note}")
        for place, (_, caption) in enumerate(search.found[:_PRINTED], 1):
            typer.echo(f"  {place}  {caption}")


def _print_next(sheet: Path, pictures: Path, problems: list[tuple[str, str]]) -> None:
    for reference, reason in problems:
        typer.echo(f"could not be read: {reference}: {reason}", err=True)
    typer.echo(f"\nPictures and tags side by side: {sheet}   (open it in a browser)")
    typer.echo(f"Tags as a file:                 modiste tag {_quote(pictures)} -o tags.csv")
    typer.echo("Your own pictures, as a page:   modiste demo --images YOUR_FOLDER --out my-demo")


def _console(*, stderr: bool = False) -> Any:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def _plain(text: str, style: str = "") -> Any:
    from rich.text import Text

    # A name may hold line ends or terminal escapes: only what can be printed is printed.
    return Text("".join(letter if letter.isprintable() else "�" for letter in text), style=style)


def _quote(path: Path) -> str:
    return f'"{path}"' if " " in str(path) else str(path)
