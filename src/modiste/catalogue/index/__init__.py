"""Nearest neighbours: kinds of index behind one interface, all with exact scores, and rows that come and go."""

from modiste.catalogue.index.answers import Neighbours
from modiste.catalogue.index.exact import ExactIndex
from modiste.catalogue.index.kinds import (
    IndexKind,
    build_index,
    choose_index_kind,
    explain_choice,
    find_index_kind,
    list_index_kinds,
    load_index,
)
from modiste.catalogue.index.merged import MergedIndex
from modiste.catalogue.index.vector_index import VectorIndex

__all__ = [
    "ExactIndex",
    "IndexKind",
    "MergedIndex",
    "Neighbours",
    "VectorIndex",
    "build_index",
    "choose_index_kind",
    "explain_choice",
    "find_index_kind",
    "list_index_kinds",
    "load_index",
]
