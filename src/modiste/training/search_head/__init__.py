"""The vectors for search: a linear layer on a finished network's features, fitted by a metric loss."""

from modiste.training.bundle_graph import expose_features
from modiste.training.search_head.adding import add_search_head
from modiste.training.search_head.fitting import SearchHead, fit_search_head, list_pair_labels
from modiste.training.search_head.graph import attach_search_head

__all__ = [
    "SearchHead",
    "add_search_head",
    "attach_search_head",
    "expose_features",
    "fit_search_head",
    "list_pair_labels",
]
