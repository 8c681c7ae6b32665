"""Searching for pictures: terms, the image searches that answer them, and the labelled set that comes of it."""

from modiste.collect.searching.job import CollectSummary, TermCount, collect_pictures
from modiste.collect.searching.json_search import JsonSearch
from modiste.collect.searching.openverse import Openverse
from modiste.collect.searching.providers import Found, Page, PageRequest, Provider
from modiste.collect.searching.terms import Term, build_terms

__all__ = [
    "CollectSummary",
    "Found",
    "JsonSearch",
    "Openverse",
    "Page",
    "PageRequest",
    "Provider",
    "Term",
    "TermCount",
    "build_terms",
    "collect_pictures",
]
