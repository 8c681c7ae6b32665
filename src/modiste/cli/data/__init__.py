"""``modiste data``: one file a command; what is heavy is imported when a command is called."""

from __future__ import annotations

from modiste.cli.data.audit import audit
from modiste.cli.data.balance import balance
from modiste.cli.data.check import check
from modiste.cli.data.clean import clean
from modiste.cli.data.collect import collect
from modiste.cli.data.convert import convert
from modiste.cli.data.explore import explore
from modiste.cli.data.fetch import fetch
from modiste.cli.data.inspect import inspect
from modiste.cli.data.list import list_sets
from modiste.cli.data.split import split
from modiste.cli.data.submission import submission
from modiste.cli.groups import build_group

__all__ = ["app"]

app = build_group("Read, inspect, convert, check, split and explore data sets.")
app.command()(balance)
app.command()(convert)
app.command()(fetch)
app.command()(collect)
app.command()(inspect)
app.command()(audit)
app.command()(check)
app.command()(clean)
app.command()(explore)
app.command("list")(list_sets)
app.command()(split)
app.command()(submission)
