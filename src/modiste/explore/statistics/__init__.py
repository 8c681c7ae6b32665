"""The numbers of a data set: pure functions of its items, pixels and vectors."""

from modiste.explore.statistics.cooccurrence import (
    FieldPair,
    ValuePair,
    compare_fields,
    compute_lift,
    compute_pmi,
    find_cooccurrences,
)
from modiste.explore.statistics.counts import (
    FieldCounts,
    ValueCount,
    count_field,
    effective_number,
    entropy,
    imbalance_ratio,
)
from modiste.explore.statistics.embedding_map import draw_map
from modiste.explore.statistics.hierarchy import SharedValue, Tree, TreeNode, build_trees, list_lineages
from modiste.explore.statistics.histograms import BINS, CHANNELS, GroupHistograms, measure_histogram
from modiste.explore.statistics.incidence import list_incidences
from modiste.explore.statistics.mean_pictures import GroupMeans, choose_canvas
from modiste.explore.statistics.missing import ColumnGaps, GapPattern, count_gaps, list_gap_patterns
from modiste.explore.statistics.neighbour_embedding import (
    embed_neighbours,
    find_affinities,
    measure_gradient,
    reduce_dimensions,
)
from modiste.explore.statistics.parts import (
    NO_PART,
    FieldParts,
    PartShares,
    compare_parts,
    expect_distance,
    sort_parts,
    total_variation,
)
from modiste.explore.statistics.picture_sizes import CommonSize, Quantiles, SizeSummary, summarise_sizes

__all__ = [
    "BINS",
    "CHANNELS",
    "NO_PART",
    "ColumnGaps",
    "CommonSize",
    "FieldCounts",
    "FieldPair",
    "FieldParts",
    "GapPattern",
    "GroupHistograms",
    "GroupMeans",
    "PartShares",
    "Quantiles",
    "SharedValue",
    "SizeSummary",
    "Tree",
    "TreeNode",
    "ValueCount",
    "ValuePair",
    "build_trees",
    "choose_canvas",
    "compare_fields",
    "compare_parts",
    "compute_lift",
    "compute_pmi",
    "count_field",
    "count_gaps",
    "draw_map",
    "effective_number",
    "embed_neighbours",
    "entropy",
    "expect_distance",
    "find_affinities",
    "find_cooccurrences",
    "imbalance_ratio",
    "list_gap_patterns",
    "list_incidences",
    "list_lineages",
    "measure_gradient",
    "measure_histogram",
    "reduce_dimensions",
    "sort_parts",
    "summarise_sizes",
    "total_variation",
]
