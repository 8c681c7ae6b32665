"""What the server serves: the catalogue and the bundle."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from modiste.bundle import Bundle, Confusion, load_confusion
from modiste.catalogue import Catalogue
from modiste.errors import BundleError
from modiste.serving.logs import LOGGER
from modiste.serving.problems import ProblemError
from modiste.serving.schemas.about import BundleAnswer, CatalogueAnswer, ConfusionAnswer
from modiste.serving.schemas.problem import list_problems
from modiste.serving.schemas.shape import Said
from modiste.serving.state import State

__all__ = ["router"]

router = APIRouter(tags=["about"])

_FACETS = ("brand", "size", "price")


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
        "confusion": _list_confused(_read_confusion(bundle)),
    }


@router.get("/bundle/confusion", response_model=ConfusionAnswer, responses=list_problems("not-found"))
async def read_confusion(
    state: State, field: Annotated[str, Query(max_length=200, description="The field's name.")]
) -> Said:
    """Return how often each value of a field was taken for another, where the bundle says."""
    told = _read_confusion(state.bundle)
    if told is None or field not in told.fields:
        known = ", ".join(_list_confused(told)) or "none"
        raise ProblemError(
            "not-found",
            f"the bundle has no confusion matrix of {field!r}; it has those of: {known}",
            next="Its maker can count what it confuses: modiste bundle confusion --help",
        )
    return {
        "field": field,
        "measured_on": told.measured_on,
        "values": told.fields[field].values,
        "matrix": told.count(field).tolist(),
    }


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


def _list_confused(told: Confusion | None) -> list[str]:
    return [] if told is None else sorted(told.fields)


def _read_confusion(bundle: Bundle) -> Confusion | None:
    try:
        return load_confusion(bundle)
    except BundleError as error:
        LOGGER.warning("the bundle's confusions can't be shown", extra={"facts": {"reason": str(error)}})
        return None
