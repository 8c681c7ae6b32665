"""The OpenAPI document: what FastAPI writes, with the shapes that only bodies by hand and problems use."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from modiste.serving.schemas.items import ItemIn
from modiste.serving.schemas.problem import Problem
from modiste.serving.schemas.search import SearchIn

__all__ = ["describe"]

_SUMMARY: Final = "Tags photographs of fashion products, and finds what looks like them or fits some words."
_BY_HAND: Final[tuple[type[BaseModel], ...]] = (ItemIn, Problem, SearchIn)
_REFERENCE: Final = "#/components/schemas/{model}"


def describe(app: FastAPI) -> None:
    """Make an application describe itself in full."""

    def build() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app)
        return app.openapi_schema

    app.openapi = build  # type: ignore[method-assign]


def _build(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, summary=_SUMMARY, routes=app.routes)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for model in _BY_HAND:
        schema = model.model_json_schema(ref_template=_REFERENCE)
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own; problems stand in their place
        schemas.pop(name, None)
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{}, {"key": []}]
    return document
