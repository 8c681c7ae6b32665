"""``modiste bundle``: one file a command; what is heavy is imported when a command is called."""

from __future__ import annotations

from modiste.cli.bundle.add_fields import add_fields
from modiste.cli.bundle.add_search import add_search
from modiste.cli.bundle.add_text import add_text
from modiste.cli.bundle.calibrate import calibrate
from modiste.cli.bundle.confusion import confusion
from modiste.cli.bundle.figures import figures
from modiste.cli.bundle.info import info
from modiste.cli.bundle.mark import mark
from modiste.cli.bundle.quantise import quantise
from modiste.cli.bundle.verify import verify
from modiste.cli.groups import build_group

__all__ = ["app"]

app = build_group("Show, verify, mark, calibrate, quantise or teach a bundle, which is a trained model as a folder.")
app.command()(info)
app.command()(verify)
app.command()(mark)
app.command()(figures)
app.command()(confusion)
app.command("add-text")(add_text)
app.command("add-search")(add_search)
app.command("add-fields")(add_fields)
app.command()(calibrate)
app.command()(quantise)
