"""``modiste serve``: a catalogue as a web page, and as a REST interface for other programs."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from modiste.serving import ServerSettings

__all__ = ["open_catalogue", "serve"]

_WHERE = "Where it listens"
_WHO = "Who may do what"
_LIMITS = "Limits"
_RUN = "How it runs"
_COUNT = 240
_MB = 1_000_000


def serve(
    catalogue: Annotated[
        str | None,
        typer.Argument(
            metavar="[CATALOGUE]",
            help="The catalogue: a folder, or milvus://HOST:PORT/NAME. Without it, a small shop is drawn and served.",
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen at; 0.0.0.0 is every network (give --keys).", rich_help_panel=_WHERE)
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port; 0 is any that is free.", rich_help_panel=_WHERE)
    ] = 8000,
    browser: Annotated[
        bool,
        typer.Option("--open/--no-browser", help="Open the page in a browser, or do not.", rich_help_panel=_WHERE),
    ] = False,
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml", help="Keys that requests must bring; without, only this machine may ask.",
            rich_help_panel=_WHO,
        ),
    ] = None,
    cors: Annotated[
        list[str] | None,
        typer.Option(metavar="ORIGIN", help="Pages of this origin may ask; may be repeated.", rich_help_panel=_WHO),
    ] = None,
    new_key: Annotated[
        bool, typer.Option("--make-key", help="Print a new key and its line of the file.", rich_help_panel=_WHO)
    ] = False,
    body: Annotated[
        float, typer.Option("--max-body", min=0.001, help="Megabytes of one request.", rich_help_panel=_LIMITS)
    ] = 25,
    upload: Annotated[
        float, typer.Option("--max-upload", min=0.001, help="Megabytes of a batch to tag.", rich_help_panel=_LIMITS)
    ] = 2_000,
    pixels: Annotated[
        float, typer.Option("--max-pixels", min=0.001, help="Megapixels of one picture.", rich_help_panel=_LIMITS)
    ] = 40,
    seconds: Annotated[
        float, typer.Option("--max-seconds", min=0.1, help="Seconds for one request.", rich_help_panel=_LIMITS)
    ] = 20,
    rate: Annotated[
        float | None,
        typer.Option("--max-rate", min=0.01, help="Requests a second of one key or address.", rich_help_panel=_LIMITS),
    ] = None,
    waiting: Annotated[
        int, typer.Option("--max-waiting", min=1, help="Requests under way at a time.", rich_help_panel=_LIMITS)
    ] = 128,
    workers: Annotated[int, typer.Option(min=1, help="Processes.", rich_help_panel=_RUN)] = 1,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Cores of a process; by default all, shared out.", rich_help_panel=_RUN)
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(help="Folder of the catalogue's bundle; by default modiste's own.", rich_help_panel=_RUN),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="For uploads, opinions and jobs; by default 'serving' in the catalogue.",
            rich_help_panel=_RUN,
        ),
    ] = None,
    log: Annotated[
        bool, typer.Option("--log/--no-log", help="Write a line of JSON for each request.", rich_help_panel=_RUN)
    ] = True,
) -> None:  # fmt: skip
    """Open a catalogue as a web page, and as a REST interface for other programs; docs/serving.md has its routes.

    Without keys it answers the machine it runs on, and nobody else. Ctrl-C ends it; requests under way are finished.

    Examples:

        modiste serve

        modiste serve shop.catalogue --port 8080

        modiste serve shop.catalogue --host 0.0.0.0 --keys keys.toml --cors https://shop.example --workers 2
    """
    if new_key:
        _print_key()
        return
    from modiste.serving import ServerSettings
    from modiste.serving.settings import ServerLimits

    limits = ServerLimits(
        body=round(body * _MB), upload=round(upload * _MB), pixels=round(pixels * _MB), seconds=seconds, rate=rate,
        waiting=waiting,
    )  # fmt: skip
    if keys is None and host not in ("127.0.0.1", "localhost", "::1"):
        typer.echo("note: without --keys only this machine gets answers, whatever --host says", err=True)
    place = str(_draw(bundle)) if catalogue is None else catalogue
    settings = ServerSettings(
        place, bundle=bundle, state=state, keys=keys, cors=tuple(cors or ()), limits=limits, workers=workers,
        threads=threads, log=log,
    )  # fmt: skip
    _run(settings, host, port, browser=browser)


def open_catalogue(catalogue: Path, *, bundle: Path | None, browser: bool) -> None:
    """Serve a catalogue on a free port of this machine, and open it in a browser."""
    from modiste.serving import ServerSettings

    _run(ServerSettings(str(catalogue), bundle=bundle, log=False), "127.0.0.1", 0, browser=browser)


def _draw(bundle: Path | None) -> Path:
    from modiste.cli.demo_folder import find_drawn_catalogue

    return find_drawn_catalogue(_COUNT, 0, bundle)


def _run(settings: ServerSettings, host: str, port: int, *, browser: bool) -> None:
    from modiste.bundle import Bundle
    from modiste.catalogue import Catalogue
    from modiste.serving.keys import KeyRing
    from modiste.serving.server import open_port, serve

    # Whatever is wrong is told before a port is taken.
    with Catalogue.open(settings.catalogue, bundle=Bundle.open(settings.bundle)) as shop:
        count = len(shop)
    if settings.keys is not None:
        KeyRing.read(settings.keys)
    taken = open_port(host, port)
    name = f"[{host}]" if ":" in host else host
    address = f"http://{name}:{taken.getsockname()[1]}/"

    def tell() -> None:
        typer.echo(f"{settings.catalogue}: {count:,} items at {address}   (Ctrl-C ends it)")
        sys.stdout.flush()
        if browser:
            import webbrowser

            # A browser of the terminal runs until it is closed: the server does not wait for it.
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    serve(settings, taken, ready=tell)


def _print_key() -> None:
    from modiste.serving.keys import hash_key, make_key

    key = make_key()
    entry = f'[keys.NAME]\nkey = "sha256:{hash_key(key)}"\nmay = "read"'
    typer.echo(f"the key, to be sent: {key}\nfor the file of keys:\n\n{entry}")
