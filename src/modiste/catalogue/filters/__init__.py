"""The filter language: ``price <= 1500 and size = 'M' and stock > 0 and gender in ('Women', 'Unisex')``."""

from modiste.catalogue.filters.columns import (
    Column,
    ColumnKind,
    ColumnSource,
    NumberColumn,
    VariantColumns,
    WordColumn,
    WordListColumn,
    find_kind,
)
from modiste.catalogue.filters.evaluating import evaluate_filter
from modiste.catalogue.filters.parsing import parse_filter
from modiste.catalogue.filters.tree import (
    All,
    Between,
    Comparison,
    Contains,
    Either,
    Filter,
    Like,
    Membership,
    Negation,
    Presence,
)

__all__ = [
    "All",
    "Between",
    "Column",
    "ColumnKind",
    "ColumnSource",
    "Comparison",
    "Contains",
    "Either",
    "Filter",
    "Like",
    "Membership",
    "Negation",
    "NumberColumn",
    "Presence",
    "VariantColumns",
    "WordColumn",
    "WordListColumn",
    "evaluate_filter",
    "find_kind",
    "parse_filter",
]
