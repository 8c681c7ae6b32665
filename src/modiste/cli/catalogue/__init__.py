"""``modiste catalogue``: one file a command; what is heavy is imported when a command is called."""

from __future__ import annotations

from modiste.cli.catalogue.add import add
from modiste.cli.catalogue.build import build
from modiste.cli.catalogue.duplicates import duplicates
from modiste.cli.catalogue.info import info
from modiste.cli.catalogue.rebuild import rebuild
from modiste.cli.catalogue.remove import remove
from modiste.cli.catalogue.sync import sync
from modiste.cli.catalogue.update import update
from modiste.cli.catalogue.verify import verify
from modiste.cli.groups import build_group

__all__ = ["app"]

app = build_group("Make a searchable catalogue of a shop, and keep it up to date.")
app.command()(build)
app.command()(add)
app.command()(sync)
app.command()(update)
app.command()(remove)
app.command()(info)
app.command()(verify)
app.command()(rebuild)
app.command()(duplicates)
