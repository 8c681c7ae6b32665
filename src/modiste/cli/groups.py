"""Commands that are groups of commands, such as ``modiste data inspect``."""

from __future__ import annotations

import typer

__all__ = ["build_group"]


def build_group(text: str) -> typer.Typer:
    """Make an empty group; typed alone, it shows its help.

    Args:
        text: What the group does, in one sentence.

    Example:
        >>> build_group("Look at a data set.").registered_commands
        []
    """
    return typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        context_settings={"help_option_names": ["-h", "--help"]},
        help=text,
    )
