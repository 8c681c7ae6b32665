"""Loading: from a source to items with vectors and tags, resumable; and what is changed later."""

from modiste.catalogue.loading.building import add_source, build_catalogue, sync_feed
from modiste.catalogue.loading.changing import Settings, apply_settings, parse_settings, update_from_table
from modiste.catalogue.loading.listing import Listing, read_listing
from modiste.catalogue.loading.pictures import add_items
from modiste.catalogue.loading.rebuilding import RebuildSummary, rebuild_catalogue
from modiste.catalogue.loading.summary import LoadError, LoadSummary

__all__ = [
    "Listing",
    "LoadError",
    "LoadSummary",
    "RebuildSummary",
    "Settings",
    "add_items",
    "add_source",
    "apply_settings",
    "build_catalogue",
    "parse_settings",
    "read_listing",
    "rebuild_catalogue",
    "sync_feed",
    "update_from_table",
]
