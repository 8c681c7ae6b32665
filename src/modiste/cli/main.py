"""The front door of the command line: a table of commands, each imported when it is called."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from modiste import __version__
from modiste.errors import ModisteError, UnknownNameError

if TYPE_CHECKING:
    import typer

__all__ = ["COMMANDS", "build_app", "main"]


class Command(NamedTuple):
    """A command: the module that holds it, what it does in one line, and the group it is listed under."""

    module: str
    summary: str
    group: str


COMMANDS = {
    "demo": Command("demo", "Draw a small shop, tag it, show the result: what to run first.", "Start here"),
    "doctor": Command("doctor", "Say what is installed, which bundle is used, and what would help.", "Start here"),
    "tag": Command("tag", "Tag product photographs into a CSV, Excel, Parquet or JSON lines file.", "Use a model"),
    "embed": Command("embed", "Turn product photographs into vectors for search.", "Use a model"),
    "catalogue": Command("catalogue", "Make a searchable catalogue of a shop, and keep it up to date.", "Use a model"),
    "search": Command("search", "Find what a catalogue has like a picture, an item, or some words.", "Use a model"),
    "serve": Command(
        "serve", "Open a catalogue as a web page, and as a REST interface for other programs.", "Use a model"
    ),
    "bundle": Command("bundle", "Show, verify or mark a bundle: a trained model as a folder.", "Use a model"),
    "data": Command("data", "Read, convert, fetch, check, split and explore data sets.", "Train and judge"),
    "train": Command("train", "Train a tagger on your own labels.", "Train and judge"),
    "adapt": Command("adapt", "Teach a bundle your own labels, in minutes.", "Train and judge"),
    "export": Command("export", "Turn a training run into a bundle, checked against it.", "Train and judge"),
    "evaluate": Command(
        "evaluate", "Judge a bundle on labelled pictures, with intervals and baselines.", "Train and judge"
    ),
    "combine": Command("combine", "Average several runs or bundles into one bundle.", "Train and judge"),
    "compare": Command(
        "compare", "Put runs, bundles or predictions side by side: which is really better.", "Train and judge"
    ),
    "bench": Command("bench", "Measure speed, and run the long acceptance checks.", "Develop modiste"),
}

_EXAMPLES = (
    "modiste demo",
    "modiste tag photos/ -o tags.csv",
    "modiste tag catalogue.zip -o tags.xlsx --min-confidence 0.6",
    "modiste tag --help",
)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave the process: 0 done, 1 some items failed, 2 wrong use."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        sys.exit(_run(words))
    except ModisteError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
    except KeyboardInterrupt:  # while a command is imported; once it runs, typer leaves with 130 itself
        sys.stderr.write("stopped\n")
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has gone (such as `| head`); there is nobody left to tell.
        sys.stderr.close()
        sys.exit(0)


def _run(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        sys.stdout.write(_help())
        return 0
    if words[0] in ("-V", "--version"):
        sys.stdout.write(f"modiste {__version__}\n")
        return 0
    build_app(words[0])(words[1:], prog_name=f"modiste {words[0]}")
    return 0


def build_app(name: str) -> typer.Typer:
    """Import one command and wrap it as a Typer application.

    Raises:
        UnknownNameError: There is no such command; the text offers near ones.
    """
    if name not in COMMANDS:
        raise UnknownNameError("command", name, COMMANDS)
    import typer

    module = importlib.import_module(f"modiste.cli.{COMMANDS[name].module}")
    if hasattr(module, "app"):
        app: typer.Typer = module.app
        return app
    options = {"help_option_names": ["-h", "--help"]}
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown")
    app.command(context_settings=options)(getattr(module, name))
    return app


def _help() -> str:
    lines = ["modiste says what photographs of fashion products show.", "", "Usage: modiste COMMAND [OPTIONS]", ""]
    for group in dict.fromkeys(command.group for command in COMMANDS.values()):
        lines.append(f"{group}:")
        lines += [f"  {name:<10}{command.summary}" for name, command in COMMANDS.items() if command.group == group]
        lines.append("")
    lines += ["Examples:", *(f"  {example}" for example in _EXAMPLES), ""]
    lines += [
        "'modiste COMMAND --help' explains every option. Exit codes: 0 done, 1 some items failed, 2 wrong use.",
        "",
    ]
    return "\n".join(lines)
