"""The filter language: ``price <= 1500 and size = 'M' and stock > 0 and gender in ('Women', 'Unisex')``."""

from modiste.catalogue.filters.checking import check_filter
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
from modiste.catalogue.filters.literals import to_word, write_literal, write_name
from modiste.catalogue.filters.matching import matches_item
from modiste.catalogue.filters.parsing import parse_filter
from modiste.catalogue.filters.sql import to_sql
from modiste.catalogue.filters.tabulating import ItemColumns, choose_kind, tabulate_items
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
    "ItemColumns",
    "Like",
    "Membership",
    "Negation",
    "NumberColumn",
    "Presence",
    "VariantColumns",
    "WordColumn",
    "WordListColumn",
    "check_filter",
    "choose_kind",
    "evaluate_filter",
    "find_kind",
    "matches_item",
    "parse_filter",
    "tabulate_items",
    "to_sql",
    "to_word",
    "write_literal",
    "write_name",
]
