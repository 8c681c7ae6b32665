"""Fetching pictures by their addresses: from a list of a million to shards with a manifest."""

from modiste.collect.fetching.job import FetchSummary, Request, fetch_manifest, fetch_pictures
from modiste.collect.fetching.listing import list_addresses, read_addressed
from modiste.collect.fetching.options import FetchOptions

__all__ = [
    "FetchOptions",
    "FetchSummary",
    "Request",
    "fetch_manifest",
    "fetch_pictures",
    "list_addresses",
    "read_addressed",
]
