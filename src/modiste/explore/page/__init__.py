"""The page of an exploration, section by section."""

from modiste.explore.page.document import render_exploration, write_exploration

__all__ = ["render_exploration", "write_exploration"]
