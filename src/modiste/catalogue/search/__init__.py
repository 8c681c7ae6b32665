"""Search: queries by picture, item, words and vector, weighed, filtered, folded and explained."""

from modiste.catalogue.search.diversity import diversify
from modiste.catalogue.search.engine import SearchEngine
from modiste.catalogue.search.explanation import Explanation
from modiste.catalogue.search.folding import find_folds
from modiste.catalogue.search.query import Query
from modiste.catalogue.search.results import Hit, Results
from modiste.imaging.colour_shares import compare_colours, describe_colours

__all__ = [
    "Explanation",
    "Hit",
    "Query",
    "Results",
    "SearchEngine",
    "compare_colours",
    "describe_colours",
    "diversify",
    "find_folds",
]
