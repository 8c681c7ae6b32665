"""Whole folders and shops: the local, resumable pipeline from pictures to tables."""

from modiste.batch.items import ITEMS, ListingOptions, list_items
from modiste.batch.jobs import PART, Summary, embed_files, tag_files
from modiste.batch.mappers import EmbedMapper, Mapper, TagMapper, TagOptions
from modiste.batch.pipeline import BATCH

__all__ = [
    "BATCH",
    "ITEMS",
    "PART",
    "EmbedMapper",
    "ListingOptions",
    "Mapper",
    "Summary",
    "TagMapper",
    "TagOptions",
    "embed_files",
    "list_items",
    "tag_files",
]
