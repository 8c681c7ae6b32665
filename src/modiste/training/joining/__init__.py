"""Several networks as one bundle: the mean of their weights, or the mean of what they say."""

from modiste.training.joining.graph import join_graphs
from modiste.training.joining.job import Joined, join_by_predictions, join_by_weights
from modiste.training.joining.weights import average_networks

__all__ = ["Joined", "average_networks", "join_by_predictions", "join_by_weights", "join_graphs"]
