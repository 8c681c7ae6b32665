"""The client of a server of modiste, typed, for threads and for event loops; docs/client.md shows it at work."""

from __future__ import annotations

from modiste.client.clients import AsyncClient, Client
from modiste.client.pictures import Box, PictureLike
from modiste.client.shapes.about import (
    BundleAnswer,
    BundleField,
    CatalogueAnswer,
    Column,
    ConfusionAnswer,
    Health,
    PriceRange,
)
from modiste.client.shapes.explanations import Explanation, Neighbour, OcclusionMap
from modiste.client.shapes.items import (
    BulkAnswer,
    BulkProblem,
    Item,
    ItemIn,
    ItemList,
    ItemPage,
    ItemPatch,
    ItemTag,
    Variant,
)
from modiste.client.shapes.jobs import Job, JobError, JobErrors, JobList, JobRow, JobRows
from modiste.client.shapes.opinions import Opinion, OpinionAnswer, OpinionList, Review, ReviewItem
from modiste.client.shapes.problem import Place, Problem
from modiste.client.shapes.search import FacetValue, Hit, SearchAnswer
from modiste.client.shapes.tags import Alternative, EmbedAnswer, EmbeddedPicture, Tag, TagAnswer, TaggedPicture

__all__ = [
    "Alternative",
    "AsyncClient",
    "Box",
    "BulkAnswer",
    "BulkProblem",
    "BundleAnswer",
    "BundleField",
    "CatalogueAnswer",
    "Client",
    "Column",
    "ConfusionAnswer",
    "EmbedAnswer",
    "EmbeddedPicture",
    "Explanation",
    "FacetValue",
    "Health",
    "Hit",
    "Item",
    "ItemIn",
    "ItemList",
    "ItemPage",
    "ItemPatch",
    "ItemTag",
    "Job",
    "JobError",
    "JobErrors",
    "JobList",
    "JobRow",
    "JobRows",
    "Neighbour",
    "OcclusionMap",
    "Opinion",
    "OpinionAnswer",
    "OpinionList",
    "PictureLike",
    "Place",
    "PriceRange",
    "Problem",
    "Review",
    "ReviewItem",
    "SearchAnswer",
    "Tag",
    "TagAnswer",
    "TaggedPicture",
    "Variant",
]
