"""What the server serves: the catalogue and the bundle."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from modiste.bundle import Bundle
from modiste.catalogue import Catalogue
from modiste.serving.problems import ProblemError
from modiste.serving.schemas.about import BundleAnswer, CatalogueAnswer, ConfusionAnswer
from modiste.serving.schemas.problem import list_problems
from modiste.serving.schemas.shape import Said
from modiste.serving.state import State

__all__ = ["router"]

router = APIRouter(tags=["about"])

_FACETS = ("brand", "size", "price")
_CONFUSION = "confusion.json"
_MOST_BYTES = 50_000_000


@router.get("/catalogue", response_model=CatalogueAnswer)
async def read_catalogue(request: Request, state: State) -> Said:
    """Say what the catalogue holds, and whether whoever asks may change it."""
    said = await state.searching.run(_describe, state.catalogue)
    return {**said, "can_write": request.scope["state"]["caller"].can_write}


@router.get("/bundle", response_model=BundleAnswer)
async def read_bundle(state: State) -> Said:
    """Return the model in use: what it says, how it was made, how good it is."""
    bundle = state.bundle
    fields = [
        {name: field.to_json()[name] for name in ("name", "kind", "parent", "values", "allowed")}
        for field in bundle.taxonomy
    ]
    return {
        "name": bundle.spec.name,
        "fingerprint": bundle.fingerprint,
        "fields": fields,
        "card": bundle.card,
        "metrics": dict(bundle.spec.metrics),
        "preprocessing": dict(bundle.spec.preprocessing),
        "confusion": sorted(_read_confusion(bundle)),
    }


@router.get("/bundle/confusion", response_model=ConfusionAnswer, responses=list_problems("not-found"))
async def read_confusion(
    state: State, field: Annotated[str, Query(max_length=200, description="The field's name.")]
) -> Said:
    """Return how often each value of a field was taken for another, where the bundle says."""
    known = _read_confusion(state.bundle)
    if field not in known:
        raise ProblemError(
            "not-found",
            f"the bundle has no confusion matrix of {field!r}; it has those of: {', '.join(sorted(known)) or 'none'}",
        )
    return {"field": field, **known[field]}


def _describe(catalogue: Catalogue) -> Said:
    info = catalogue.info
    counted = catalogue.backend.count_facets([name for name in ("price", "currency") if name in info.columns])
    ranges, currencies = counted.get("price", []), counted.get("currency", [])
    edges = [edge for one in ranges for edge in (one.low, one.high) if edge is not None]
    names = (*info.head.taxonomy.names, *_FACETS)
    return {
        "items": info.items,
        "bundle": info.head.fingerprint,
        "columns": [{"name": name, "kind": kind} for name, kind in info.columns.items()],
        "index": info.index,
        "price": {"min": min(edges), "max": max(edges)} if edges else None,
        "currency": currencies[0].value if currencies else None,
        "facets": [name for name in names if name in info.columns],
    }


def _read_confusion(bundle: Bundle) -> dict[str, Any]:
    path = bundle.path / _CONFUSION
    if not path.is_file() or path.stat().st_size > _MOST_BYTES:
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {name: {"values": one["values"], "matrix": one["matrix"]} for name, one in data.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
