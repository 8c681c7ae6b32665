"""``modiste data``: one file a command; what is heavy is imported when a command is called."""

from __future__ import annotations

from modiste.cli.data.inspect import inspect
from modiste.cli.data.split import split
from modiste.cli.groups import build_group

__all__ = ["app"]

app = build_group("Read, inspect, convert, check, split and explore data sets.")
app.command()(inspect)
app.command()(split)
