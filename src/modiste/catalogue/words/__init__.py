"""Words: how they are compared, mended, looked for and fused with other lists."""

from modiste.catalogue.words.bm25 import K1, B, WordIndex, WordMatches
from modiste.catalogue.words.documents import list_item_words
from modiste.catalogue.words.fusion import FUSION_K, fuse_ranks, sum_ranks
from modiste.catalogue.words.normalising import split_words
from modiste.catalogue.words.spelling import ReadWords, correct_spelling, read_query

__all__ = [
    "FUSION_K",
    "K1",
    "B",
    "ReadWords",
    "WordIndex",
    "WordMatches",
    "correct_spelling",
    "fuse_ranks",
    "list_item_words",
    "read_query",
    "split_words",
    "sum_ranks",
]
