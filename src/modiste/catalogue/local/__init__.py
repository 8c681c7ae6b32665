"""A catalogue in a folder: SQLite as the truth, and a cache that is made from it."""

from modiste.catalogue.local.backend import LocalBackend
from modiste.catalogue.local.rebuilding import PendingItem
from modiste.catalogue.local.verification import Problem, verify

__all__ = ["LocalBackend", "PendingItem", "Problem", "verify"]
